#include "rules/tool/command/select.h"

#include <algorithm>

#include "conf/words.h"

namespace finwatch::rules {

namespace {

// Leaves those that are wanted.
template <class T>
Status keep(std::string_view kind, std::span<const std::string> wanted, std::vector<T>& all) {
  std::vector<std::string_view> known;
  for (const T& one : all) known.push_back(one.id);
  for (const std::string& id : wanted)
    if (std::find(known.begin(), known.end(), id) == known.end())
      return {Errc::config, "no " + std::string(kind) + " '" + id + "'" + did_you_mean(id, known)};
  std::erase_if(all, [&](const T& one) { return std::find(wanted.begin(), wanted.end(), one.id) == wanted.end(); });
  return ok();
}

}  // namespace

Status keep_only(const Flags& flags, std::vector<Area>& areas) {
  if (flags.given(kAreaFlag.name))
    if (Status kept = keep("area", flags.list(kAreaFlag.name), areas); !kept) return kept;
  if (!flags.given(kOnlyFlag.name)) return ok();
  std::vector<Alert> alerts;
  for (const Area& area : areas) alerts.insert(alerts.end(), area.alerts.begin(), area.alerts.end());
  if (Status kept = keep("alert", flags.list(kOnlyFlag.name), alerts); !kept) return kept;
  for (Area& area : areas)
    std::erase_if(area.alerts, [&](const Alert& alert) {
      return std::none_of(alerts.begin(), alerts.end(), [&](const Alert& left) { return left.id == alert.id; });
    });
  return ok();
}

}  // namespace finwatch::rules
