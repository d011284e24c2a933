#include <algorithm>

#include "core/text.h"
#include "workflow/net/certificate.h"
#include "workflow/net/cookies.h"
#include "workflow/net/url.h"
#include "workflow/probe/probers.h"

namespace finwatch::workflow {
namespace {

constexpr MetricDesc kStatus{MetricType::gauge, "probe_http_status_code",
                             "The status of the last answer; 0 when there was none."};
constexpr MetricDesc kVersion{MetricType::gauge, "probe_http_version", "The version of HTTP of the last answer."};
constexpr MetricDesc kLength{MetricType::gauge, "probe_http_content_length",
                             "What the last answer says of its length; -1 when nothing."};
constexpr MetricDesc kUnpacked{MetricType::gauge, "probe_http_uncompressed_body_length", "Bytes of the last body, unpacked."};
constexpr MetricDesc kRedirects{MetricType::gauge, "probe_http_redirects", "How many redirects came."};
constexpr MetricDesc kSsl{MetricType::gauge, "probe_http_ssl", "Whether the last answer came over TLS."};
constexpr MetricDesc kRegex{MetricType::gauge, "probe_failed_due_to_regex",
                            "Whether a header or the body was not as expected."};
constexpr MetricDesc kModified{MetricType::gauge, "probe_http_last_modified_timestamp_seconds", "The header Last-Modified."};
constexpr MetricDesc kDuration{MetricType::gauge, "probe_http_duration_seconds", "What each phase took, of all redirects.",
                               "phase"};
constexpr MetricDesc kCipher{MetricType::gauge, "probe_tls_cipher_info", "The cipher that was agreed on.", "cipher"};

std::string version_text(HttpVersion version) {
  return version == HttpVersion::http2 ? "2.0" : std::string(to_string(version));
}

bool is_redirect(const HttpHop& hop) {
  constexpr int kCodes[] = {301, 302, 303, 307, 308};
  return std::find(std::begin(kCodes), std::end(kCodes), hop.status) != std::end(kCodes) && hop.header("Location");
}

long long content_length(const HttpHop& hop) {
  if (const auto text = hop.header("Content-Length")) return to_number<long long>(*text).value_or(-1);
  return hop.status == 0 || hop.status == 204 || hop.status == 304 ? 0 : -1;
}

// One of the values of the header matches; nothing when there is no such header.
std::optional<bool> any_matches(const HttpHop& hop, const HeaderMatch& wanted) {
  std::optional<bool> found;
  for (const Header& header : hop.headers)
    if (same_word(header.name, wanted.header)) found = found.value_or(false) || wanted.pattern.matches(header.value);
  return found;
}

class HttpProbe final : public Probe {
 public:
  HttpProbe(const Network& network, ProbeOrder order) : Probe(network, std::move(order)), call_(network.http) {}

 private:
  const HttpModule& module() const { return std::get<HttpModule>(order_.module->how); }

  void begin() override {
    Result<Url> url = Url::parse(url_of(order_.target));
    if (!url) {
      looked_up_ = true;
      return end("invalid", url.error().message);
    }
    host_ = url->host();
    if (!module().request.proxy.empty() && !module().resolve_before_proxy) return send({});
    find(host_);
  }

  void call(const Address& address) override {
    send(is_address(host_) ? std::vector<Address>{} : std::vector<Address>{address});
  }

  void send(std::vector<Address> addresses) {
    HttpRequest request = module().request;
    request.url = url_of(order_.target);
    request.addresses = std::move(addresses);
    request.family = order_.module->family;
    request.may_visit = [hosts = order_.hosts](const Url& url) { return hosts->allows(url.host()); };
    name_host(request);
    cookies_.clear();
    request.cookies = &cookies_;
    note(request.method + " " + without_user(request.url) + ", " + std::to_string(request.body.size()) + " bytes");
    call_.start(std::move(request), order_.deadline, [this](HttpResult&& result) {
      result_ = std::move(result);
      judge();
    });
  }

  // What is asked for by another name than that of the URL is secured by that name as well.
  void name_host(HttpRequest& request) const {
    if (!order_.hostname.empty()) {
      std::erase_if(request.headers, [](const Header& header) { return same_word(header.name, "Host"); });
      request.headers.push_back({"Host", order_.hostname});
    }
    if (!request.tls.server_name.empty()) return;
    for (const Header& header : request.headers)
      if (same_word(header.name, "Host")) request.tls.server_name = header.value;
  }

  void judge() {
    for (const HttpHop& hop : result_->hops)
      note(hop.url + " " + hop.remote + ": " + (hop.status == 0 ? "no answer" : "status " + std::to_string(hop.status)));
    if (result_->outcome.error == NetError::permission) return end("not_allowed", result_->outcome.text + ": see probe.hosts");
    if (!result_->outcome) return end(result_->outcome);
    if (const std::string text = status_fault(); !text.empty()) return end("status", text);
    judge_answer();
  }

  void judge_answer() {
    const HttpHop& last = result_->last();
    if (const std::string text = header_fault(); !text.empty()) return fail_regex("header", text);
    if (!module().compression.empty() && last.header("Content-Encoding") != module().compression) {
      result_->body_bytes = 0;
      return end("compression", "the body did not come as " + module().compression);
    }
    if (const std::string text = body_fault(); !text.empty()) return fail_regex("body", text);
    const std::vector<std::string>& versions = module().valid_http_versions;
    const std::string version = "HTTP/" + version_text(last.version);
    if (!versions.empty() && std::find(versions.begin(), versions.end(), version) == versions.end())
      return end("http_version", "the answer is " + version);
    if (module().fail_if_ssl && last.tls) return end("ssl", "the answer came over TLS");
    if (module().fail_if_not_ssl && !last.tls) return end("ssl", "the answer did not come over TLS");
    end("");
  }

  void fail_regex(std::string_view reason, const std::string& text) {
    by_regex_ = true;
    end(reason, text);
  }

  std::string status_fault() const {
    const int status = result_->status();
    const std::vector<int>& valid = module().valid_status_codes;
    const bool good =
        valid.empty() ? status >= 200 && status < 300 : std::find(valid.begin(), valid.end(), status) != valid.end();
    return good ? "" : "the status is " + std::to_string(status);
  }

  std::string header_fault() const {
    for (const HeaderMatch& match : module().header_must_not_match) {
      const std::optional<bool> found = any_matches(result_->last(), match);
      if (found.value_or(!match.allow_missing)) return "the header " + match.header + (found ? " matches" : " is missing");
    }
    for (const HeaderMatch& match : module().header_must_match) {
      const std::optional<bool> found = any_matches(result_->last(), match);
      if (!found.value_or(match.allow_missing))
        return "the header " + match.header + (found ? " does not match" : " is missing");
    }
    return {};
  }

  std::string body_fault() const {
    for (const Pattern& pattern : module().body_must_not_match)
      if (pattern.matches(result_->body)) return "the body matches an expression of fail_if_body_matches_regexp";
    for (const Pattern& pattern : module().body_must_match)
      if (!pattern.matches(result_->body)) return "the body does not match an expression of fail_if_body_not_matches_regexp";
    return {};
  }

  void write(MetricSink& sink) override {
    const HttpHop nothing;
    const HttpHop& last = result_ ? result_->last() : nothing;
    const bool left_alone = is_redirect(last);  // not followed, or one too many
    sink.add(kRegex, by_regex_);
    sink.add(kStatus, last.status);
    sink.add(kVersion, last.status == 0 ? 0.0 : to_number<double>(version_text(last.version)).value_or(0));
    sink.add(kLength, content_length(last));
    sink.add(kUnpacked, result_ ? result_->body_bytes : 0);
    sink.add(kRedirects, result_ ? result_->redirects() + (left_alone ? 1 : 0) : 0);
    sink.add(kSsl, last.status != 0 && last.tls != nullptr);
    if (const auto modified = last.header("Last-Modified"))
      if (const auto when = parse_cookie_date(*modified)) sink.add(kModified, to_seconds(*when));
    write_phases(sink);
    if (!last.tls) return;
    write_certificates(*last.tls, sink);
    if (last.tls->complete) sink.family(kCipher).add(1, last.tls->cipher);
  }

  void write_phases(MetricSink& sink) {
    auto duration = sink.family(kDuration);
    if (!result_) {
      duration.add(lookup_seconds_, "resolve");
      return;
    }
    const PhaseTimes& times = result_->times;
    duration.add(lookup_seconds_ + times.seconds(Phase::dns), "resolve");
    duration.add(times.seconds(Phase::connect), "connect");
    duration.add(times.seconds(Phase::tls), "tls");
    duration.add(times.seconds(Phase::send) + times.seconds(Phase::processing), "processing");
    duration.add(times.seconds(Phase::transfer), "transfer");
  }

  std::string host_;
  CookieJar cookies_;
  std::optional<HttpResult> result_;
  bool by_regex_ = false;
  HttpCall call_;
};

}  // namespace

std::unique_ptr<Probe> make_http_probe(const Network& network, ProbeOrder order) {
  return std::make_unique<HttpProbe>(network, std::move(order));
}

}  // namespace finwatch::workflow
