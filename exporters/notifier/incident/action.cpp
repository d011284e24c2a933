#include "notifier/incident/action.h"

#include <algorithm>

#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"

namespace finwatch::notifier {

std::optional<ActionKind> action_kind(std::string_view name) {
  const auto found = std::find(kActionNames.begin(), kActionNames.end(), name);
  if (found == kActionNames.end()) return std::nullopt;
  return static_cast<ActionKind>(found - kActionNames.begin());
}

std::string to_json(const Action& action) {
  return JsonMembers('{')
      .add("action", json_text(to_string(action.kind)))
      .add("incident", std::to_string(action.incident))
      .add("actor", json_text(action.actor))
      .add("channel", json_text(action.channel))
      .add("note", json_text(action.note))
      .add("target", json_text(action.target))
      .end();
}

Result<Action> action_from_json(std::string_view text) {
  const Result<Json> json = Json::parse(text);
  if (!json) return json.error();
  const JsonRef root = json->root();
  const auto text_of = [&](std::string_view name) {
    const auto value = root.find(name);
    return value && value->kind() == JsonRef::Kind::text ? std::string(value->text()) : std::string();
  };
  if (root.kind() != JsonRef::Kind::map) return {Errc::malformed, "an action is a JSON object"};
  const std::optional<ActionKind> kind = action_kind(text_of("action"));
  if (!kind) return {Errc::malformed, "no action '" + text_of("action") + "'"};
  const auto number = root.find("incident");
  const auto incident = number ? to_number<std::int64_t>(number->text()) : std::nullopt;
  if (!incident || *incident <= 0) return {Errc::malformed, "an action needs the number of its incident"};
  return Action{.kind = *kind,
                .incident = *incident,
                .actor = text_of("actor"),
                .channel = text_of("channel"),
                .note = text_of("note"),
                .target = text_of("target")};
}

}  // namespace finwatch::notifier
