#include "notifier/channel/robot.h"

#include <algorithm>

#include "core/base64.h"
#include "core/text.h"
#include "crypto/crypto.h"
#include "notifier/channel/setup_files.h"

namespace finwatch::notifier {

Result<Robot> Robot::open(std::string_view name, const RobotSetup& setup, const ChannelWorld& world) {
  const std::string key = std::string("channels.").append(name);
  Robot robot;
  Result<Secret> url = read_url_file(key + ".url_file", setup.url_file, Wire::provider);
  if (!url) return url.error();
  robot.url_ = std::move(*url);
  if (!setup.secret_file.empty()) {
    Result<Secret> secret = read_secret_file(key + ".secret_file", setup.secret_file);
    if (!secret) return secret.error();
    robot.secret_ = std::move(*secret);
  }
  robot.ca_file_ = world.ca_file;
  robot.clock_ = &clock_of(world);
  return robot;
}

std::string Robot::signature(std::string_view key, std::string_view text) {
  return to_base64(hmac(Hash::sha256, key, text).value_or(""));
}

ProviderAnswer Robot::post(std::string_view url, std::string body, SteadyTime deadline) const {
  HttpRequest request;
  request.url = std::string(url);
  request.body = std::move(body);
  request.ca_file = ca_file_;
  return ask_provider(std::move(request), deadline, *clock_);
}

Receipt receipt_of(const ProviderAnswer& answer, const AnswerKeys& keys, std::span<const CodeRule> rules) {
  if (!answer.json) return answer.receipt;
  const auto code = answer.json->root().find(keys.code);
  if (!code || code->is_container() || code->text().empty()) return unreadable_answer(answer.status);
  const auto words = answer.json->root().find(keys.words);
  return receipt_of_code(rules, code->text(), words ? words->text() : std::string_view());
}

std::span<const Recipient> mentioned(const Message& message) {
  constexpr std::size_t kMostMentioned = 20;
  return std::span(message.to).first(std::min(message.to.size(), kMostMentioned));
}

std::string_view provider_user(std::string_view id) {
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '_' || c == '-' || c == '.';
  };
  // "all" is everybody, and nobody's id.
  if (id.size() > 64 || same_word(id, "all") || !std::all_of(id.begin(), id.end(), is_word)) return {};
  return id;
}

}  // namespace finwatch::notifier
