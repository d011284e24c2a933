#include "web/exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <exception>
#include <vector>

#include "core/exposition.h"
#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::size_t kIgnoredBody = std::size_t{64} << 10;  // a body that nobody asked for, read and forgotten

std::string_view view_of(const char* text) { return text == nullptr ? std::string_view{} : std::string_view(text); }

}  // namespace

struct Exchange::View final : WebRequest {
  explicit View(const Exchange& exchange) : exchange_(exchange) {}
  std::string_view path() const override { return exchange_.path_; }
  std::string_view query() const override { return exchange_.query_; }
  std::string_view body() const override { return exchange_.body_; }
  std::string_view header(const char* name) const override { return exchange_.header(name); }
  std::vector<std::string> client_names() const override { return exchange_.client_names(); }
  std::string peer() const override { return exchange_.peer(); }
  const Exchange& exchange_;
};

void Exchange::request_line(const char* target) {
  target_ = target;
  stage_ = Stage::head;
}

MHD_Result Exchange::handle(const char* method, const char* body, std::size_t* body_size) {
  switch (stage_) {
    case Stage::head: return head(method);
    case Stage::body:
      if (*body_size == 0) return admit();
      body_seen_ += *body_size;
      if (body_seen_ <= most_body_) body_.append(body, *body_size);
      *body_size = 0;
      return body_seen_ > most_body_ + kIgnoredBody ? MHD_NO : MHD_YES;
    case Stage::password:
      if (pending_->was_cut()) return MHD_NO;
      return pending_->allowed() ? dispatch() : text(401, "wrong user or password\n", {{"WWW-Authenticate", "Basic"}});
    case Stage::page: return pending_->was_cut() ? text(503, "the server is stopping\n") : metrics_page();
    case Stage::reply: return pending_->was_cut() ? text(503, "the server is stopping\n") : reply();
  }
  return MHD_NO;
}

MHD_Result Exchange::head(std::string_view method) {
  site_.request_began();
  counted_ = true;
  allow(site_.reaper.limits().request);
  verb_ = method == "GET" ? Verb::get : method == "HEAD" ? Verb::head : method == "POST" ? Verb::post : Verb::other;
  body_.clear();
  body_seen_ = 0;
  find_place();
  const auto announced = to_number<std::uint64_t>(header("Content-Length"));
  if (announced && *announced > most_body_ + kIgnoredBody) return text(413, "the body is too large\n");
  stage_ = Stage::body;
  return MHD_YES;
}

bool Exchange::is_place(std::string_view path, Verb verb, std::size_t most_body) {
  if (path_ != path) return false;
  found_ = true;
  (verb == Verb::post ? takes_post_ : takes_get_) = true;
  if (verb_ != verb && !(verb_ == Verb::head && verb == Verb::get)) return false;
  verb_fits_ = true;
  most_body_ = most_body;
  return true;
}

void Exchange::find_place() {
  const RequestTarget target = split_target(target_);
  query_ = target.query;
  path_ = target.path;
  bad_target_ = false;
  if (path_.find('%') != std::string::npos) {
    auto decoded = percent_decode(target.path, false);
    bad_target_ = !decoded;
    if (decoded) path_ = std::move(*decoded);
  }
  route_ = nullptr;
  most_body_ = 0;
  found_ = verb_fits_ = takes_get_ = takes_post_ = false;
  for (const std::string_view path : {std::string_view(site_.options.telemetry_path), std::string_view("/"),
                                      std::string_view("/-/healthy"), std::string_view("/-/ready")})
    is_place(path, Verb::get, 0);
  is_place("/-/reload", Verb::post, 0);
  for (const Route& route : site_.hooks.routes)
    if (is_place(route.path, route.verb == Route::Verb::post ? Verb::post : Verb::get, route.most_body)) route_ = &route;
}

MHD_Result Exchange::admit() {
  if (site_.stopping) return text(503, "the server is stopping\n");
  if (site_.guard == nullptr) return dispatch();
  policy_ = site_.guard->current();
  if (policy_ == nullptr) return text(500, "the web configuration file is broken; the reason is in the log\n");
  if (!site_.guard->within_rate(*policy_)) return text(429, "too many requests\n", {{"Retry-After", "1"}});
  return policy_->config.users.empty() ? dispatch() : check_password();
}

MHD_Result Exchange::check_password() {
  const Guard::Answer answer = site_.guard->check(*policy_, header("Authorization"), pending_);
  if (answer == Guard::Answer::allowed) return dispatch();
  if (answer == Guard::Answer::busy) return text(503, "too many passwords wait to be checked\n", {{"Retry-After", "1"}});
  if (answer == Guard::Answer::asked) return park(Stage::password);
  return text(401, "this page needs a user and a password\n", {{"WWW-Authenticate", "Basic"}});
}

// Aside until Pending brings the connection back; then libmicrohttpd calls handle() again.
MHD_Result Exchange::park(Stage stage) {
  stage_ = stage;
  if (!pending_->ready_or_park(connection_, site_.cutting)) return MHD_YES;
  std::size_t none = 0;
  return handle("", nullptr, &none);
}

MHD_Result Exchange::dispatch() {
  if (bad_target_) return text(400, "the path has a broken %-escape\n");
  if (!found_) return text(404, "nothing is here; the start page / lists what there is\n");
  if (!verb_fits_) {
    const std::string_view allow = !takes_post_ ? "GET, HEAD" : takes_get_ ? "GET, HEAD, POST" : "POST";
    return text(405, "this path does not take that method\n", {{"Allow", allow}});
  }
  if (body_seen_ > most_body_ && route_ != nullptr) return text(413, "the body is too large\n");
  if (route_ != nullptr) {
    pending_->open();
    route_->handler(View(*this), WebReply(pending_));
    return park(Stage::reply);
  }
  if (path_ == site_.options.telemetry_path) return metrics();
  if (path_ == "/-/healthy") return text(200, "healthy\n");
  if (path_ == "/-/ready") {
    const bool ready = !site_.hooks.ready || site_.hooks.ready();
    return ready ? text(200, "ready\n") : text(503, "not ready yet\n");
  }
  if (path_ == "/-/reload") return reload();
  return text(200, site_.landing, {{"Content-Type", "text/html; charset=utf-8"}});
}

MHD_Result Exchange::metrics() {
  if (site_.metrics_in_flight.fetch_add(1) >= site_.options.max_requests && site_.options.max_requests > 0) {
    site_.metrics_in_flight.fetch_sub(1);
    site_.reaper.make_room();
    return text(503, "too many metrics requests at once; the limit is --web.max-requests\n", {{"Retry-After", "1"}});
  }
  has_slot_ = true;
  std::vector<std::string> named[2];
  QueryReader query(query_);
  while (query.next()) {
    if (query.name() == "collect[]") named[0].push_back(query.value());
    if (query.name() == "exclude[]") named[1].push_back(query.value());
  }
  if (query.malformed()) return text(400, "the query has a broken %-escape\n");
  const std::vector<std::string_view> collect(named[0].begin(), named[0].end());
  const std::vector<std::string_view> exclude(named[1].begin(), named[1].end());
  const Result<Selection> selection = site_.runner.select(collect, exclude);
  if (!selection) return text(400, selection.error().message + "\n");

  shape_.format = negotiate_format(header("Accept"));
  shape_.encoding = accepts_gzip(header("Accept-Encoding")) ? Encoding::gzip : Encoding::identity;
  const double timeout = to_number<double>(header("X-Prometheus-Scrape-Timeout-Seconds")).value_or(0);
  pending_->open();
  pending_->hold_for_page();
  site_.runner.scrape({.selection = *selection, .deadline = site_.runner.deadline(timeout), .shape = shape_}, *pending_);
  return park(Stage::page);
}

MHD_Result Exchange::metrics_page() {
  page_ = pending_->take_page();
  if (!page_) return text(500, "no page could be made; the reason is in the log\n");
  if (page_->body(shape_).empty()) shape_.encoding = Encoding::identity;  // there was no memory to compress
  const std::string_view body = page_->body(shape_);
  // The page is sent from where the runner wrote it: nothing is copied, and libmicrohttpd never writes to it.
  void* data = const_cast<char*>(body.empty() ? "" : body.data());
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(body.size(), data, &let_go, this);
  if (response == nullptr) return MHD_NO;
  holders_.fetch_add(1);
  if (shape_.encoding == Encoding::identity)
    return send(response, 200, {{"Content-Type", content_type(shape_.format)}, {"Vary", "Accept, Accept-Encoding"}});
  return send(
      response, 200,
      {{"Content-Type", content_type(shape_.format)}, {"Content-Encoding", "gzip"}, {"Vary", "Accept, Accept-Encoding"}});
}

MHD_Result Exchange::reload() {
  if (!site_.hooks.reload) return text(404, "this program has nothing to reload\n");
  pending_->open();
  const bool posted = site_.reloads.post([pending = pending_, &hook = site_.hooks.reload] {
    WebAnswer answer{.body = "reloaded\n"};
    try {
      if (const Status status = hook(); !status) answer = {.code = 500, .body = status.error().message + "\n"};
    } catch (const std::exception& error) {
      answer = {.code = 500, .body = std::string("the reload failed: ") + error.what() + "\n"};
    }
    pending->receive(std::move(answer));
  });
  if (!posted) return text(503, "other reloads are waiting already\n", {{"Retry-After", "1"}});
  return park(Stage::reply);
}

MHD_Result Exchange::reply() {
  const WebAnswer answer = pending_->take_answer();
  void* data = const_cast<char*>(answer.body.data());
  MHD_Response* response = MHD_create_response_from_buffer(answer.body.size(), data, MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  for (const auto& [name, value] : answer.headers) MHD_add_response_header(response, name.c_str(), value.c_str());
  return send(response, static_cast<unsigned>(answer.code), {{"Content-Type", answer.content_type}});
}

std::string_view Exchange::header(const char* name) const {
  return view_of(MHD_lookup_connection_value(connection_, MHD_HEADER_KIND, name));
}

std::vector<std::string> Exchange::client_names() const {
  if (tls_policy == nullptr || tls_policy->tls == nullptr) return {};
  const MHD_ConnectionInfo* info = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info == nullptr || info->tls_session == nullptr ? std::vector<std::string>()
                                                         : tls_policy->tls->client_names(info->tls_session);
}

std::string Exchange::peer() const {
  const MHD_ConnectionInfo* info = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const sockaddr* address = info == nullptr ? nullptr : info->client_addr;
  if (address == nullptr) return {};
  if (address->sa_family == AF_UNIX) return "unix";
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six))  // an IPv4 client of a socket that takes both
      ::inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof text);
    else
      ::inet_ntop(AF_INET6, &six, text, sizeof text);
  }
  return text;
}

MHD_Result Exchange::text(unsigned code, std::string_view text, std::initializer_list<Header> headers) {
  void* data = const_cast<char*>(text.data());
  MHD_Response* response = MHD_create_response_from_buffer(text.size(), data, MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  bool typed = false;
  for (const Header& each : headers) typed = typed || view_of(each.first) == "Content-Type";
  if (!typed) MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
  return send(response, code, headers);
}

MHD_Result Exchange::send(MHD_Response* response, unsigned code, std::initializer_list<Header> headers) {
  // Header values are literals or std::string, so each view ends in a NUL.
  for (const Header& each : headers) MHD_add_response_header(response, each.first, each.second.data());
  if (policy_ != nullptr)
    for (const auto& [name, value] : policy_->config.headers) MHD_add_response_header(response, name.c_str(), value.c_str());
  if (site_.stopping) MHD_add_response_header(response, "Connection", "close");
  sending();
  const MHD_Result queued = MHD_queue_response(connection_, code, response);
  MHD_destroy_response(response);
  if (queued == MHD_YES && site_.hooks.answered) site_.hooks.answered(static_cast<int>(code));
  return queued;
}

void Exchange::let_go(void* exchange) {
  auto* self = static_cast<Exchange*>(exchange);
  self->page_ = PageRef();
  self->drop();
}

void Exchange::completed() {
  policy_.reset();
  if (has_slot_) site_.metrics_in_flight.fetch_sub(1);
  has_slot_ = false;
  if (counted_) site_.request_ended();
  counted_ = false;
  stage_ = Stage::head;
  allow(site_.reaper.limits().idle);
}

void Exchange::closed() {
  site_.reaper.remove(*this);
  drop();
}

void Exchange::drop() {
  if (holders_.fetch_sub(1) == 1) delete this;
}

}  // namespace finwatch
