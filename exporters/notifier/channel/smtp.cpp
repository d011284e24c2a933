#include "notifier/channel/smtp.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "core/text.h"
#include "http/http.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kImplicitTls = "465";
constexpr int kGoodbye = 221;  // to the QUIT that libcurl says after a refusal, which would hide it

struct Dialogue {
  std::string_view rest;  // of the letter, what was not given to libcurl yet
  int code = 0;           // of the server's last answer
  std::string words;      // its last line
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* from) {
  auto& dialogue = *static_cast<Dialogue*>(from);
  const std::size_t part = std::min(size * count, dialogue.rest.size());
  std::copy_n(dialogue.rest.data(), part, to);
  dialogue.rest.remove_prefix(part);
  return part;
}

// libcurl shows every line of the server's as a header: "250-SIZE", "250 HELP".
std::size_t hear(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& dialogue = *static_cast<Dialogue*>(into);
  const std::string_view line = trim(std::string_view(data, size * count));
  const std::optional<int> code = line.size() >= 3 ? to_number<int>(line.substr(0, 3)) : std::nullopt;
  if (code && code != kGoodbye && (line.size() == 3 || line[3] == ' ')) {
    dialogue.code = *code;
    dialogue.words = line.size() > 4 ? line.substr(4) : std::string_view();
  }
  return size * count;
}

class Lines {
 public:
  Lines() = default;
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  ~Lines() { curl_slist_free_all(list_); }
  void add(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
  curl_slist* list() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

Receipt receipt_of(CURLcode done, const Dialogue& dialogue) {
  if (done == CURLE_OK) return {Verdict::accepted, "250", note_of("邮件服务器已收", "the mail server has taken it"), {}, {}};
  if (done == CURLE_PEER_FAILED_VERIFICATION)
    return {Verdict::refused,
            "certificate",
            note_of("邮件服务器证书不可信，请检查 providers.ca_file 与系统时间",
                    "the mail server's certificate is not trusted: check providers.ca_file and this machine's time"),
            {},
            {}};
  if (done == CURLE_SSL_CACERT_BADFILE)
    return {Verdict::refused, "certificate", note_of("providers.ca_file 不可读", "providers.ca_file cannot be read"), {}, {}};
  if (dialogue.code >= 400 && dialogue.code < 600) {
    const bool for_good = dialogue.code >= 500;
    return {for_good ? Verdict::refused : Verdict::later,
            std::to_string(dialogue.code),
            note_of(for_good ? "邮件服务器拒收" : "邮件服务器暂不收",
                    for_good ? "the mail server refused" : "the mail server said not now", dialogue.words),
            {},
            {}};
  }
  if (done == CURLE_USE_SSL_FAILED)
    return {Verdict::refused,
            "no_tls",
            note_of("邮件服务器不支持 STARTTLS；若在内网可设 require_tls: false",
                    "the mail server offers no STARTTLS; inside the house, require_tls: false does without"),
            {},
            {}};
  if (done == CURLE_LOGIN_DENIED)
    return {Verdict::refused,
            "no_auth",
            note_of("邮件服务器没有可用的登录方式", "the mail server offers no way to log in that is known here"),
            {},
            {}};
  const bool late = done == CURLE_OPERATION_TIMEDOUT;
  // libcurl asks for the letter only after the server's 354.
  if (dialogue.rest.empty())
    return {Verdict::unknown,
            late ? "timeout" : "cut",
            note_of("邮件已发出，未收到应答，可能已收", "the letter left, no answer came, it may have been taken"),
            {},
            {}};
  if (late) return {Verdict::later, "timeout", note_of("邮件服务器超时", "the mail server is too slow"), {}, {}};
  return {Verdict::later,
          "connect",
          note_of("连不上邮件服务器", "no connection to the mail server", curl_easy_strerror(done)),
          {},
          {}};
}

}  // namespace

Result<std::string> smtp_url(std::string_view smarthost) {
  const auto wrong = [&] {
    return Error{Errc::config,
                 "channels.email.smarthost: '" + std::string(smarthost) + "' is not host:port, as mail.example.com:587"};
  };
  const std::size_t colon = smarthost.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  const std::string_view host = smarthost.substr(0, colon), port = smarthost.substr(colon + 1);
  const std::optional<int> number = to_number<int>(port);
  if (!number || *number < 1 || *number > 65535) return wrong();
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const bool known = std::all_of(host.begin(), host.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '.' || c == '-' || c == '_' ||
           (bracketed && (c == ':' || c == '[' || c == ']'));
  });
  if (!known) return wrong();
  return std::string(port == kImplicitTls ? "smtps://" : "smtp://").append(smarthost);
}

Receipt send_letter(const SmtpCall& asked) {
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(prepare_curl() ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!handle) return {Verdict::later, "internal", note_of("libcurl 不可用", "libcurl gives no handle"), {}, {}};
  CURL* const call = handle.get();
  Lines to;
  for (const std::string& address : asked.to) to.add("<" + address + ">");
  const std::string from = "<" + asked.from + ">";
  Dialogue dialogue{.rest = asked.text, .words = {}};
  curl_easy_setopt(call, CURLOPT_URL, asked.url.c_str());
  curl_easy_setopt(call, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(call, CURLOPT_PROXY, "");
  curl_easy_setopt(call, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(call, CURLOPT_TIMEOUT_MS, static_cast<long>(asked.timeout.count()));
  curl_easy_setopt(call, CURLOPT_USE_SSL, static_cast<long>(asked.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!asked.ca_file.empty()) curl_easy_setopt(call, CURLOPT_CAINFO, asked.ca_file.c_str());
  if (!asked.user.empty()) {  // a secret is a whole std::string inside, so that its text ends in a zero byte
    curl_easy_setopt(call, CURLOPT_USERNAME, asked.user.c_str());
    curl_easy_setopt(call, CURLOPT_PASSWORD, asked.password.reveal().data());
  }
  curl_easy_setopt(call, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(call, CURLOPT_MAIL_RCPT, to.list());
  curl_easy_setopt(call, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(call, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(asked.text.size()));
  curl_easy_setopt(call, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(call, CURLOPT_READDATA, &dialogue);
  curl_easy_setopt(call, CURLOPT_HEADERFUNCTION, hear);
  curl_easy_setopt(call, CURLOPT_HEADERDATA, &dialogue);
  return receipt_of(curl_easy_perform(call), dialogue);
}

}  // namespace finwatch::notifier
