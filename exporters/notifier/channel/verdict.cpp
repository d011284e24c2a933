#include "notifier/channel/verdict.h"

#include <algorithm>

#include "core/text.h"
#include "notifier/channel/plain_text.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostWords = 160;
constexpr std::size_t kMostAnswer = std::size_t{1} << 20;
constexpr std::size_t kLongNumber = 7, kLongKey = 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

}  // namespace

const Clock& clock_of(const ChannelWorld& world) { return world.env != nullptr ? *world.env->clock : system_clock(); }

// A telephone number has at least seven digits, and a key at least twenty letters and digits; an address of IP has neither.
std::string said_by_provider(std::string_view words) {
  const std::string line = one_line(words);
  std::string shown;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = at, digits = 0;
    for (; end < line.size() && (is_digit(line[end]) || is_letter(line[end]) || line[end] == '-' || line[end] == '_'); ++end)
      digits += is_digit(line[end]) ? 1U : 0U;
    if (end == at) {
      shown += line[at++];
      continue;
    }
    if (digits >= kLongNumber || end - at >= kLongKey) {
      shown += "***";
    } else {
      shown.append(line, at, end - at);
    }
    at = end;
  }
  return first_characters(shown, kMostWords);
}

std::string note_of(std::string_view zh, std::string_view en, std::string_view provider_words) {
  std::string note = std::string(zh).append(" / ").append(en);
  if (const std::string words = said_by_provider(provider_words); !words.empty()) note += ": " + words;
  return note;
}

Receipt receipt_of_failure(const Error& error, bool reached) {
  if (reached && error.code == Errc::timeout)
    return {Verdict::unknown, "timeout", note_of("已发出，超时未回", "sent, no answer in time"), {}, {}};
  if (reached) return {Verdict::unknown, "cut", note_of("已发出，应答中断", "sent, the answer was cut"), {}, {}};
  if (error.code == Errc::permission)
    return {Verdict::refused,
            "certificate",
            note_of("对方证书不可信，请检查 providers.ca_file 与系统时间",
                    "the certificate is not trusted: check providers.ca_file and this machine's time"),
            {},
            {}};
  if (error.code == Errc::config)
    return {Verdict::refused,
            "address",
            note_of("地址或 ca_file 有误，请检查", "check the address and the ca_file", error.message),
            {},
            {}};
  if (error.code == Errc::internal)
    return {
        Verdict::later, "internal", note_of("本机无法发起请求", "this machine cannot make the call", error.message), {}, {}};
  return {Verdict::later, "connect", note_of("连不上", "no connection"), {}, {}};
}

Receipt receipt_of_status(long status) {
  const std::string code = "http_" + std::to_string(status >= 100 && status <= 599 ? status : 0);
  const std::string number = "HTTP " + std::to_string(status);
  if (status >= 200 && status < 300) return {Verdict::accepted, code, number, {}, {}};
  if (status == 429) return {Verdict::later, code, note_of(number + "，限流", "throttled"), {}, std::chrono::minutes{1}};
  if (status == 408 || status == 425 || status == 503)
    return {Verdict::later, code, note_of(number + "，对方暂不可用", "not available now"), {}, {}};
  if (status >= 500 || status < 300)
    return {Verdict::unknown, code, note_of(number + "，可能已收", "it may have been taken"), {}, {}};
  return {Verdict::refused, code, note_of(number + "，请检查地址与密钥", "check the address and the key"), {}, {}};
}

Receipt unreadable_answer(long status) {
  Receipt receipt = receipt_of_status(status);
  if (receipt.verdict != Verdict::accepted) return receipt;
  return {Verdict::unknown,
          "no_code",
          note_of("应答里没有结果码，可能已收", "no code in the answer, it may have been taken"),
          {},
          {}};
}

HttpAnswer call_provider(HttpRequest request, SteadyTime deadline, const Clock& clock) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock.steady());
  if (left.count() <= 0)
    return {std::nullopt, {Verdict::later, "deadline", note_of("没来得及发", "no time was left to send it"), {}, {}}};
  bool reached = false;
  request.timeout = left;
  request.reached = &reached;
  request.most_bytes = std::min(request.most_bytes, kMostAnswer);
  Result<HttpReply> reply = http(request);
  if (!reply) return {std::nullopt, receipt_of_failure(reply.error(), reached)};
  return {std::move(*reply), {}};
}

ProviderAnswer ask_provider(HttpRequest request, SteadyTime deadline, const Clock& clock) {
  HttpAnswer answer = call_provider(std::move(request), deadline, clock);
  if (!answer.reply) return {std::nullopt, 0, std::move(answer.receipt)};
  const long status = answer.reply->status;
  Result<Json> json = Json::parse(answer.reply->body);
  if (json && json->root().kind() == JsonRef::Kind::map) return {std::move(*json), status, {}};
  Receipt receipt = receipt_of_status(status);
  if (receipt.verdict == Verdict::accepted)
    receipt = {Verdict::unknown,
               "not_json",
               note_of("应答不是对方的 JSON，可能已收", "the answer is not JSON, it may have been taken"),
               {},
               {}};
  return {std::nullopt, status, std::move(receipt)};
}

Receipt receipt_of_code(std::span<const CodeRule> rules, std::string_view code, std::string_view words) {
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const CodeRule& each) { return each.code == code; });
  if (rule == rules.end())
    return {Verdict::refused, "other", note_of("对方返回 " + said_by_provider(code), "refused", words), {}, {}};
  Receipt receipt{rule->verdict, std::string(rule->code), {}, {}, rule->wait};
  receipt.note = note_of(rule->zh, rule->en, rule->verdict == Verdict::accepted ? std::string_view() : words);
  return receipt;
}

}  // namespace finwatch::notifier
