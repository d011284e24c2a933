#include "workflow/net/http.h"

#include <algorithm>
#include <unordered_map>

#include "core/text.h"
#include "workflow/net/http_transfer.h"

namespace finwatch::workflow {
namespace {

NetError to_error(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return NetError::dns;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY: return NetError::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_USE_SSL_FAILED: return NetError::tls;
    case CURLE_OPERATION_TIMEDOUT: return NetError::timeout;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_BAD_FUNCTION_ARGUMENT: return NetError::invalid;
    default: return NetError::protocol;
  }
}

}  // namespace

// --- the client: curl's multi handle on our loop -----------------------------------------------------------------------------------

struct HttpClient::Body {
  Body(Loop& its_loop, Resolver& its_resolver, TlsStore& its_tls, HttpClientOptions its_options);
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  void watch(int descriptor, int what);
  void wait(long milliseconds);
  void act(int descriptor, int events);
  std::unique_ptr<Transfer> take();
  void give_back(std::unique_ptr<Transfer> transfer);

  Loop& loop;
  Resolver& resolver;
  TlsStore& tls;
  HttpClientOptions options;
  std::uint64_t sockets = 0;  // opened so far
  CURLM* multi;
  Timer timer;
  std::unordered_map<int, std::unique_ptr<Watch>> watches;
  std::vector<std::unique_ptr<Transfer>> idle;
};

struct HttpCall::Body {
  explicit Body(HttpClient::Body& its_client) : client(its_client), resolve(its_client.resolver), timer(its_client.loop) {}
  ~Body() { drop_transfer(); }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  void start(HttpRequest its_request, SteadyTime deadline, Callback its_callback);
  void next_hop(Url to);
  void send();
  void ended(CURLcode code);
  void read_answer();
  Outcome explain(CURLcode code) const;
  Result<Url> redirection() const;
  void close_hop();
  void drop_transfer();
  void end(Outcome how);
  void end_soon(Outcome how);

  HttpClient::Body& client;
  ResolveCall resolve;
  Timer timer;  // the deadline
  HttpRequest request;
  Callback callback;
  HttpResult result;
  Outcome outcome;  // that is on its way
  Url url;          // of this hop
  Url origin;       // of the first, which may hear who we are
  std::string method;
  Peer peer;
  PhaseClock clock{SteadyTime{}};
  bool in_hop = false;
  std::unique_ptr<Transfer> transfer;
};

HttpClient::HttpClient(Loop& loop, Resolver& resolver, TlsStore& tls, HttpClientOptions options)
    : body_(std::make_unique<Body>(loop, resolver, tls, options)) {}
HttpClient::~HttpClient() = default;
std::uint64_t HttpClient::opened_sockets() const { return body_->sockets; }

HttpClient::Body::Body(Loop& its_loop, Resolver& its_resolver, TlsStore& its_tls, HttpClientOptions its_options)
    : loop(its_loop), resolver(its_resolver), tls(its_tls), options(its_options), multi(curl_multi_init()), timer(its_loop) {
  curl_multi_setopt(
      multi, CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t socket, int what, void* self, void*) {
        static_cast<Body*>(self)->watch(socket, what);
        return 0;
      });
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(
      multi, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long milliseconds, void* self) {
        static_cast<Body*>(self)->wait(milliseconds);
        return 0;
      });
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  // Requests that share a connection fail together when the server closes it: measured, 43 of 8,000.
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options.most_idle_connections));
}

HttpClient::Body::~Body() {
  idle.clear();
  curl_multi_cleanup(multi);
}

void HttpClient::Body::watch(int descriptor, int what) {
  if (what == CURL_POLL_REMOVE) {
    watches.erase(descriptor);
    return;
  }
  const unsigned events = ((what & CURL_POLL_IN) != 0 ? Watch::kRead : 0U) | ((what & CURL_POLL_OUT) != 0 ? Watch::kWrite : 0U);
  std::unique_ptr<Watch>& entry = watches[descriptor];
  if (entry) return entry->change(events);
  entry = std::make_unique<Watch>(loop, descriptor, events, [this, descriptor](unsigned ready) {
    act(descriptor, ((ready & Watch::kRead) != 0 ? CURL_CSELECT_IN : 0) |
                        ((ready & Watch::kWrite) != 0 ? CURL_CSELECT_OUT : 0) |
                        ((ready & Watch::kError) != 0 ? CURL_CSELECT_ERR : 0));
  });
}

void HttpClient::Body::wait(long milliseconds) {
  if (milliseconds < 0) return timer.cancel();
  timer.start(loop.now() + std::chrono::milliseconds{milliseconds}, [this] { act(CURL_SOCKET_TIMEOUT, 0); });
}

// NOLINTNEXTLINE(readability-make-member-function-const): what it leads to changes this
void HttpClient::Body::act(int descriptor, int events) {
  int running = 0;
  {
    const TlsContext::Lent lent(tls.context());
    curl_multi_socket_action(multi, descriptor, events, &running);
  }
  // What is called below may start, cancel and destroy calls: one message at a time.
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    const auto* transfer = info<Transfer*>(message->easy_handle, CURLINFO_PRIVATE);
    static_cast<HttpCall::Body*>(transfer->owner)->ended(message->data.result);
  }
}

std::unique_ptr<Transfer> HttpClient::Body::take() {
  if (idle.empty()) return std::make_unique<Transfer>(loop, tls, sockets);
  std::unique_ptr<Transfer> transfer = std::move(idle.back());
  idle.pop_back();
  return transfer;
}

void HttpClient::Body::give_back(std::unique_ptr<Transfer> transfer) {
  curl_multi_remove_handle(multi, transfer->easy);
  transfer->release();
  if (idle.size() < options.most_idle_handles) idle.push_back(std::move(transfer));
}

// --- one call: its hops ------------------------------------------------------------------------------------------------------------

namespace {

// Where curl has to connect: the host itself, or the proxy.
Result<Peer> peer_of(const HttpRequest& request, const Url& url) {
  if (request.proxy.empty()) return Peer{url.host(), url.port(), {}};
  constexpr std::string_view kSchemes[] = {"http://", "socks5h://"};
  const std::string shown = without_user(request.proxy);
  for (const std::string_view scheme : kSchemes) {
    if (!shown.starts_with(scheme)) continue;
    std::string_view rest = std::string_view(shown).substr(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (const std::optional<HostPort> found = split_host_port(rest)) return Peer{found->host, found->port, {}};
  }
  return {Errc::config, "proxy \"" + shown + "\": expected http://host:port or socks5h://host:port"};
}

HttpVersion to_version(long curl_version) {
  if (curl_version == CURL_HTTP_VERSION_1_0) return HttpVersion::http1_0;
  return curl_version >= CURL_HTTP_VERSION_2_0 ? HttpVersion::http2 : HttpVersion::http1_1;
}

}  // namespace

HttpCall::HttpCall(HttpClient& client) : body_(std::make_unique<Body>(*client.body_)) {}
HttpCall::~HttpCall() = default;

void HttpCall::start(HttpRequest request, SteadyTime deadline, Callback callback) {
  body_->start(std::move(request), deadline, std::move(callback));
}

void HttpCall::cancel() {
  if (body_->callback) body_->end_soon({NetError::cancelled, "cancelled"});
}

void HttpCall::Body::start(HttpRequest its_request, SteadyTime deadline, Callback its_callback) {
  request = std::move(its_request);
  callback = std::move(its_callback);
  result = {};
  method = request.method;
  clock = PhaseClock(client.loop.now());
  timer.start(deadline, [this] {
    end({NetError::timeout, "the deadline passed in phase " + std::string(to_string(clock.phase()))});
  });
  Result<Url> parsed = Url::parse(request.url);
  if (!parsed) {
    result.hops.push_back({.url = without_user(request.url)});
    return end_soon({NetError::invalid, parsed.error().message});
  }
  origin = *parsed;
  next_hop(std::move(*parsed));
}

void HttpCall::Body::next_hop(Url to) {
  url = std::move(to);
  in_hop = true;
  result.hops.push_back({.url = url.text()});
  result.body.clear();
  result.body_bytes = 0;
  if (request.may_visit && !request.may_visit(url))
    return end_soon({NetError::permission, "nothing may be sent to " + url.host() + ':' + std::to_string(url.port())});
  Result<Peer> found = peer_of(request, url);
  if (!found) return end_soon({NetError::invalid, found.error().message});
  peer = std::move(*found);
  if (!request.addresses.empty() && request.proxy.empty() && url.host() == origin.host()) {
    peer.addresses = request.addresses;
    return send();
  }
  if (const Resolved* known = client.resolver.known(peer.host, request.family)) {
    if (!known->outcome) return end_soon(known->outcome);
    if (known->cached) peer.addresses = known->addresses;  // of an address there is nothing to tell curl
    return send();
  }
  resolve.start(peer.host, request.family, [this](const Resolved& answer) {
    if (!answer.outcome) return end(answer.outcome);
    peer.addresses = answer.addresses;
    send();
  });
}

void HttpCall::Body::send() {
  clock.enter(Phase::connect, client.loop.now());
  transfer = client.take();
  transfer->owner = this;
  transfer->hop = &result.hops.back();
  transfer->answer = &result;
  transfer->clock = &clock;
  const bool with_body = method == request.method;  // a redirect that makes it a GET leaves the body behind
  transfer->configure(request, url, method, with_body ? std::string_view(request.body) : std::string_view(),
                      url.same_origin(origin), peer);
  curl_multi_add_handle(client.multi, transfer->easy);
}

void HttpCall::Body::ended(CURLcode code) {
  Outcome answer = explain(code);
  close_hop();
  if (!answer) return end(std::move(answer));
  Result<Url> next = redirection();
  if (!next && next.error().code == Errc::no_data) return end({});
  if (!next) return end({NetError::protocol, next.error().message});
  const int status = result.status();
  if (status == 303 ? method != "HEAD" : (status <= 302 && method == "POST")) method = "GET";
  next_hop(std::move(*next));
}

void HttpCall::Body::read_answer() {
  HttpHop& hop = result.hops.back();
  CURL* easy = transfer->easy;
  hop.status = static_cast<int>(info<long>(easy, CURLINFO_RESPONSE_CODE));
  hop.version = to_version(info<long>(easy, CURLINFO_HTTP_VERSION));
  hop.reused = transfer->begun > 0 && info<long>(easy, CURLINFO_NUM_CONNECTS) == 0;
  const std::string ip = info<char*>(easy, CURLINFO_PRIMARY_IP);
  if (const auto address = Address::parse(ip, static_cast<std::uint16_t>(info<long>(easy, CURLINFO_PRIMARY_PORT))))
    hop.remote = address->text();
  result.received = static_cast<std::uint64_t>(info<curl_off_t>(easy, CURLINFO_SIZE_DOWNLOAD_T));
  result.header_bytes = transfer->header_bytes;
  if (transfer->handshake) hop.tls = transfer->handshake->facts();
  if (request.cookies != nullptr)
    for (const Header& header : hop.headers)
      if (same_word(header.name, "Set-Cookie")) request.cookies->take(header.value, url, client.loop.wall_now());
}

Outcome HttpCall::Body::explain(CURLcode code) const {
  if (code == CURLE_OK) return {};
  if (!transfer->fault) return transfer->fault;
  NetError error = to_error(code);
  if (error == NetError::invalid && transfer->begun > 0) error = NetError::protocol;  // what answers speaks no HTTP
  if (error == NetError::protocol && transfer->begun == 0)                            // it never came to a request
    error = clock.phase() == Phase::tls ? NetError::tls : NetError::connect;
  const std::shared_ptr<const TlsFacts> facts = transfer->handshake ? transfer->handshake->facts() : nullptr;
  if (error == NetError::tls && facts && !facts->verified && request.tls.verify)
    return {error, "the certificate was refused: " + facts->verify_text};
  const char* detail = transfer->error_text.data();
  return {error, *detail != '\0' ? detail : curl_easy_strerror(code)};
}

// Where to next; no_data when this is the answer.
Result<Url> HttpCall::Body::redirection() const {
  const int status = result.status();
  if (!request.follow_redirects || (status != 301 && status != 302 && status != 303 && status != 307 && status != 308))
    return Errc::no_data;
  const std::optional<std::string_view> location = result.last().header("Location");
  if (!location) return Errc::no_data;
  if (result.redirects() >= static_cast<std::size_t>(request.most_redirects))
    return {Errc::malformed, "more than " + std::to_string(request.most_redirects) + " redirects"};
  Result<Url> next = url.join(std::string(*location));
  if (!next) return {Errc::malformed, "redirected to what cannot be followed: " + next.error().message};
  return next;
}

void HttpCall::Body::close_hop() {
  if (!in_hop) return;
  in_hop = false;
  const SteadyTime now = client.loop.now();
  clock.stop(now);
  result.hops.back().times = clock.times();
  result.times += clock.times();
  clock = PhaseClock(now);
  if (transfer) read_answer();  // a call that runs out of time in the body has a status as well
  drop_transfer();
}

void HttpCall::Body::drop_transfer() {
  if (transfer) client.give_back(std::move(transfer));
}

void HttpCall::Body::end(Outcome how) {
  timer.cancel();
  resolve.cancel();
  close_hop();
  result.outcome = std::move(how);
  HttpResult finished = std::move(result);
  const Callback tell = std::move(callback);
  callback = nullptr;
  tell(std::move(finished));  // may destroy this
}

void HttpCall::Body::end_soon(Outcome how) {
  resolve.cancel();
  close_hop();
  outcome = std::move(how);
  timer.start(client.loop.now(), [this] { end(std::move(outcome)); });
}

}  // namespace finwatch::workflow
