#include "notifier/incident/incident.h"

#include "core/text.h"

namespace finwatch::notifier {

std::optional<std::int64_t> incident_id(std::string_view text) {
  text = trim(text);
  if (text.size() > 4 && lower_case(text.substr(0, 4)) == "inc-") text.remove_prefix(4);
  const auto id = to_number<std::int64_t>(text);
  return id && *id > 0 ? id : std::nullopt;
}

}  // namespace finwatch::notifier
