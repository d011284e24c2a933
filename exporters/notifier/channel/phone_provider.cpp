#include "notifier/channel/phone_provider.h"

#include "conf/zone.h"
#include "core/date.h"
#include "core/json_text.h"
#include "notifier/channel/setup_files.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kChina = "+86";

std::string two_digits(long long number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

Result<ProviderKeys> read_provider_keys(std::string_view channel, const PhoneSetup& setup) {
  const std::string place(channel);
  Result<Secret> id = read_secret_file(place + ".key_id_file", setup.key_id_file);
  if (!id) return id.error();
  Result<Secret> secret = read_secret_file(place + ".key_secret_file", setup.key_secret_file);
  if (!secret) return secret.error();
  return ProviderKeys{*std::move(id), *std::move(secret)};
}

std::string host_of(std::string_view url) {
  const bool tls = url.starts_with("https://");
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const std::string_view usual = tls ? ":443" : ":80";
  if (url.ends_with(usual)) url.remove_suffix(usual.size());
  return std::string(url);
}

std::string utc_time(WallTime at) {
  const LocalTime time = Zone().local(at);
  const auto seconds = (time - day_of(time)).count();
  return to_text(day_of(time)) + "T" + two_digits(seconds / 3600) + ":" + two_digits(seconds / 60 % 60) + ":" +
         two_digits(seconds % 60) + "Z";
}

std::string international_number(std::string_view number) {
  std::string digits;
  for (const char c : number)
    if (c != ' ' && c != '-') digits += c;
  if (digits.starts_with('+')) return digits;
  if (digits.starts_with("00")) return digits.replace(0, 2, "+");
  return digits.empty() ? digits : std::string(kChina).append(digits);
}

std::string aliyun_number(std::string_view number) {
  std::string whole = international_number(number);
  if (whole.starts_with(kChina)) return whole.substr(kChina.size());
  return whole.empty() ? whole : whole.substr(1);
}

std::string_view number_of(const Message& message) {
  return message.to.empty() ? std::string_view() : std::string_view(message.to.front().phone);
}

Receipt no_number() { return {Verdict::refused, "no_number", note_of("没有电话号码", "no telephone number"), {}, {}}; }

std::string_view member(const JsonRef& map, std::string_view name) {
  const std::optional<JsonRef> found = map.find(name);
  return found ? found->text() : std::string_view();
}

std::string json_of(const Parameters& variables) {
  JsonMembers members('{');
  for (const auto& [name, value] : variables) members.add(name, json_text(value));
  return members.end();
}

}  // namespace finwatch::notifier
