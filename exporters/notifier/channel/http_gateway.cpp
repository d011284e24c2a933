// The house's own gateway of messages: any call over HTTP whose address and body are a template.
//
//   url:   https://sms.example.com/send?to={phone}
//   body:  {"mobile": "{phone}", "content": "{text}"}
//   success_pointer: /code          success_equals: "200"
//
// A value is written as the place wants it: inside JSON text, percent-encoded in an address or a form, as entities in XML.
#include <algorithm>

#include "conf/words.h"
#include "core/json_text.h"
#include "core/markup.h"
#include "core/text.h"
#include "notifier/channel/phone_text.h"
#include "notifier/channel/plain_text.h"
#include "notifier/channel/setup_files.h"
#include "notifier/channel/text.h"
#include "notifier/channel/verdict.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostText = 2000;       // bytes of {text}
constexpr std::size_t kLongestVariable = 35;  // characters; what providers behind a gateway allow
constexpr std::string_view kPlaceholders[] = {"class",     "code",    "id",       "link", "name", "phone", "purpose",
                                              "reference", "service", "severity", "text", "time", "title", "title_en"};

enum class Place : unsigned char { json, address, xml, text };

Place place_of(std::string_view content_type) {
  const std::string type = lower_case(content_type);
  if (type.find("json") != std::string::npos) return Place::json;
  if (type.find("form-urlencoded") != std::string::npos) return Place::address;
  return type.find("xml") != std::string::npos ? Place::xml : Place::text;
}

std::string written(const std::string& value, Place place) {
  const std::string clean = valid_utf8(value);
  std::string out;
  switch (place) {
    case Place::json: append_json_inside(clean, out); return out;
    case Place::address: return url_part(clean);
    case Place::xml:
      for (const char c : clean) append_markup(c, out);
      return out;
    case Place::text: break;
  }
  return clean;
}

/// Calls `text` for what stands as it is and `name` for what stands in {…}: small letters and _ only, so that JSON is none.
template <class Text, class Name>
void each_part(std::string_view pattern, const Text& text, const Name& name) {
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    std::size_t end = open == std::string_view::npos ? open : open + 1;
    while (end < pattern.size() && ((pattern[end] >= 'a' && pattern[end] <= 'z') || pattern[end] == '_')) ++end;
    if (open == std::string_view::npos) return text(pattern);
    const bool is_name = end > open + 1 && end < pattern.size() && pattern[end] == '}';
    text(pattern.substr(0, is_name ? open : end));
    if (is_name) name(pattern.substr(open + 1, end - open - 1));
    pattern.remove_prefix(is_name ? end + 1 : end);
  }
}

Status check_pattern(std::string_view key, std::string_view pattern) {
  Status status = ok();
  each_part(
      pattern, [](std::string_view) {},
      [&](std::string_view name) {
        if (!status || std::find(std::begin(kPlaceholders), std::end(kPlaceholders), name) != std::end(kPlaceholders)) return;
        std::string known;
        for (const std::string_view each : kPlaceholders) known.append(known.empty() ? "" : ", ").append(each);
        status = Error{Errc::config, std::string(key) + ": {" + std::string(name) + "} is not known" +
                                         did_you_mean(name, kPlaceholders) + "; there are " + known};
      });
  return status;
}

/// The value at a JSON pointer, "/data/code".
std::optional<JsonRef> at_pointer(JsonRef value, std::string_view pointer) {
  FieldReader parts(pointer, '/');
  parts.skip(1);
  while (!parts.rest().empty()) {
    std::string part(parts.next());
    for (std::size_t at = 0; (at = part.find("~1", at)) != std::string::npos;) part.replace(at++, 2, "/");
    for (std::size_t at = 0; (at = part.find("~0", at)) != std::string::npos;) part.replace(at++, 2, "~");
    const auto index = value.kind() == JsonRef::Kind::list ? to_number<unsigned>(part) : std::nullopt;
    const auto inside = index ? value.at(*index) : value.find(part);
    if (!inside) return std::nullopt;
    value = *inside;
  }
  return value;
}

class HttpGateway final : public Channel {
 public:
  HttpGateway(Secret url, HttpCallSetup setup, bool phones, const ChannelWorld& world)
      : url_(std::move(url)), setup_(std::move(setup)), phones_(phones), ca_file_(world.ca_file), clock_(clock_of(world)) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    const Values values = values_of(message);
    HttpRequest request;
    request.url = filled(url_.reveal(), values, Place::address);
    request.method = setup_.method;
    request.content_type = setup_.content_type;
    request.ca_file = ca_file_;
    if (!setup_.body.empty() || setup_.method == "POST" || setup_.method == "PUT")
      request.body = filled(setup_.body, values, place_of(setup_.content_type));
    if (setup_.success_pointer.empty()) {
      const HttpAnswer answer = call_provider(std::move(request), deadline, clock_);
      return answer.reply ? receipt_of_status(answer.reply->status) : answer.receipt;
    }
    const ProviderAnswer answer = ask_provider(std::move(request), deadline, clock_);
    return answer.json ? judged(*answer.json, answer.status) : answer.receipt;
  }

 private:
  using Values = std::vector<std::pair<std::string, std::string>>;

  static std::string filled(std::string_view pattern, const Values& values, Place place) {
    std::string out;
    each_part(
        pattern, [&](std::string_view text) { out += text; },
        [&](std::string_view name) {
          for (const auto& [known, value] : values)
            if (known == name) out += written(value, place);
        });
    return out;
  }

  Values values_of(const Message& message) const {
    static const std::vector<std::string> kVariables = {"id", "service", "severity", "class", "time", "code", "title"};
    // Of a telephone, the providers' rules hold whoever passes it on; of the rest, only that a value is one line.
    Values values = phone_variables(message, kVariables, phones_ ? kLongestVariable : std::size_t{200});
    if (!phones_) say_in_full(message, values);
    std::string phones, names;
    for (const Recipient& person : message.to) {
      if (!person.phone.empty()) phones += (phones.empty() ? "" : ",") + one_line(person.phone);
      names += (names.empty() ? "" : ",") + name_of(message, person);
    }
    values.emplace_back("title_en", message.facts.empty() ? "" : one_line(message.facts.front().title.en));
    values.emplace_back("text", plain_text(message, kMostText));
    values.emplace_back("phone", phones);
    values.emplace_back("name", names);
    values.emplace_back("link", message.to.empty() ? "" : message.to.front().link);
    values.emplace_back("reference", message.reference);
    values.emplace_back("purpose", std::string(to_string(message.purpose)));
    return values;
  }

  static void say_in_full(const Message& message, Values& values) {
    if (message.facts.empty()) return;
    const IncidentFacts& first = message.facts.front();
    for (auto& [name, value] : values) {
      const Words* words = name == "service"    ? &first.service
                           : name == "severity" ? &first.severity
                           : name == "class"    ? &first.fault_class
                           : name == "title"    ? &first.title
                                                : nullptr;
      if (words != nullptr)
        value = one_line(message.languages.empty() || message.languages.front() == "zh" ? words->zh : words->en);
    }
  }

  Receipt judged(const Json& json, long status) const {
    Receipt receipt = receipt_of_status(status);
    if (receipt.verdict != Verdict::accepted) return receipt;
    const auto found = at_pointer(json.root(), setup_.success_pointer);
    if (!found || found->is_container()) return unreadable_answer(status);
    if (found->text() == setup_.success_equals) return receipt;
    const std::string said = said_by_provider(setup_.success_pointer + " = " + std::string(found->text()));
    return {Verdict::refused, "other", note_of("网关拒绝：" + said, "the gateway refused: " + said), {}, {}};
  }

  const Secret url_;
  const HttpCallSetup setup_;
  const bool phones_;
  const std::string ca_file_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_http(const HttpCallSetup& setup, const std::vector<std::string>& variables,
                                           const ChannelWorld& world) {
  Result<Secret> url = read_url_file("url_file", setup.url_file, Wire::house);
  if (!url) return url.error();
  if (Status status = check_pattern("url_file", url->reveal()); !status) return status.error();
  if (Status status = check_pattern("body", setup.body); !status) return status.error();
  constexpr std::string_view kMethods[] = {"GET", "POST", "PUT"};
  if (std::find(std::begin(kMethods), std::end(kMethods), setup.method) == std::end(kMethods))
    return Error{Errc::config, "method: expected GET, POST or PUT, found '" + setup.method + "'"};
  if (!setup.success_pointer.empty() && !setup.success_pointer.starts_with('/'))
    return Error{Errc::config, "success_pointer: expected a JSON pointer such as /code, found '" + setup.success_pointer + "'"};
  if (setup.content_type.find_first_of("\r\n") != std::string::npos)
    return Error{Errc::config, "content_type: expected one line"};
  return std::unique_ptr<Channel>(std::make_unique<HttpGateway>(std::move(*url), setup, !variables.empty(), world));
}

}  // namespace finwatch::notifier
