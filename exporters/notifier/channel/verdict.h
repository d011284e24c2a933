// What a provider's answer means: one place for the rules that all channels share.
//
//   const ProviderAnswer answer = ask_provider(request, deadline, clock_of(world));
//   if (!answer.json) return answer.receipt;                          // nothing of the provider's own to read
//   const auto code = answer.json->root().find("errcode");
//   return code ? receipt_of_code(kCodes, code->text(), words) : unreadable_answer(answer.status);
//
// We say things at least once, and are honest about it: `unknown` is said again with the words "may be a repeat", `later` without.
//
//   it never left (no connection, no name, deadline)             later    "connect", "deadline"
//   nobody here trusts the certificate, the address is none      refused  "certificate", "address": waiting mends neither
//   it left, and no whole answer came                            unknown  "timeout", "cut"
//   an answer with JSON of the provider                          its code decides, whatever the status
//   408, 425, 429, 503 without JSON: "not now", not done         later    "http_503"; a minute for 429
//   500, 502, 504, other 5xx without JSON: a gateway spoke, and
//     who stands behind it may have taken the message            unknown  "http_502"
//   other 4xx, and 3xx: the address or the key is wrong          refused  "http_404"
//   2xx without the provider's JSON: a portal or a proxy, or
//     a provider that changed; never accepted                    unknown  "not_json", "no_code"
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/json.h"
#include "http/http.h"
#include "notifier/channel/channel.h"

namespace finwatch::notifier {

/// The provider's own JSON map, or the receipt that says why there is none.
struct ProviderAnswer {
  std::optional<Json> json;
  long status = 0;  // of HTTP
  Receipt receipt;  // when there is no JSON
};

/// One call, over before the deadline; `request.timeout` and `request.reached` are set here.
ProviderAnswer ask_provider(HttpRequest request, SteadyTime deadline, const Clock& clock);

/// The same when the body need not be JSON: the whole answer, or the receipt of a call that failed.
struct HttpAnswer {
  std::optional<HttpReply> reply;
  Receipt receipt;
};
HttpAnswer call_provider(HttpRequest request, SteadyTime deadline, const Clock& clock);

/// Without reading the body: what a status alone means; accepted for 2xx.
Receipt receipt_of_status(long status);
/// Of a call that failed.
Receipt receipt_of_failure(const Error& error, bool reached);
/// Of JSON in which the provider's code is missing: by its status, and unknown "no_code" for 2xx.
Receipt unreadable_answer(long status);

/// What a code of a provider means to us, and what people should do, in both languages.
struct CodeRule {
  std::string_view code;
  Verdict verdict = Verdict::refused;
  std::chrono::seconds wait{0};
  std::string_view zh, en;
};

/// By the table; a code that is not in it is "other", because codes become values of a label: it is refused, and stands in the note.
Receipt receipt_of_code(std::span<const CodeRule> rules, std::string_view code, std::string_view words);

/// A provider's words as a note may have them: one line, at most 160 characters, long numbers and keys struck out.
std::string said_by_provider(std::string_view words);

/// "zh / en: words"
std::string note_of(std::string_view zh, std::string_view en, std::string_view provider_words = {});

const Clock& clock_of(const ChannelWorld& world);

}  // namespace finwatch::notifier
