#include "rules/tool/compile/inhibition.h"

#include <algorithm>
#include <map>
#include <set>

#include "rules/tool/compile/routing.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

using ById = std::map<std::string, const Alert*>;

Error wrong(const Inhibition& at, const Alert& source, const std::string& message) {
  return {Errc::config, at.where.text() + ": " + source.id + ".inhibits: " + message};
}

// In every case that fires, or in one of them.
bool has_label(const Alert& alert, const std::string& label, bool always) {
  bool all = true, any = false;
  for (const AlertCase& one : alert.cases)
    for (const auto& labels : one.firing) labels.contains(label) ? any = true : all = false;
  return always ? all && any : any;
}

Result<std::vector<const Alert*>> named(const Inhibition& at, const Alert& source, const ById& alerts) {
  std::vector<const Alert*> found;
  for (const std::string& id : at.alerts) {
    if (Status known = check_known(at.where, source.id + ".inhibits", "alert", id, alerts); !known) return known.error();
    if (id == source.id) return wrong(at, source, "an alert does not explain itself");
    found.push_back(alerts.at(id));
  }
  return found;
}

Result<std::vector<const Alert*>> of_area(const Contract& contract, const Inhibition& at, const Alert& source, bool urgent,
                                          const std::vector<Area>& areas) {
  std::vector<std::string_view> ids;
  for (const Area& area : areas) ids.push_back(area.id);
  if (Status known = check_known(at.where, source.id + ".inhibits", "area", at.area, ids); !known) return known.error();
  std::vector<const Alert*> found;
  for (const Area& area : areas)
    for (const Alert& alert : area.alerts)
      if (area.id == at.area && alert.id != source.id && !alert.heartbeat &&
          (urgent || !is_urgent(contract, contract.severities.at(alert.severity))))
        found.push_back(&alert);
  return found;
}

// Equal is also what both lack: the one that explains must have the label, or it would silence strangers.
Status check_labels(const Inhibition& at, const Alert& source, const std::vector<const Alert*>& targets) {
  for (const std::string& label : at.same) {
    if (!has_label(source, label, true))
      return wrong(at, source, "not every case of " + source.id + " has the label '" + label + "'");
    for (const Alert* target : targets)
      if (!at.alerts.empty() && !has_label(*target, label, false))
        return wrong(at, source, "no case of " + target->id + " has the label '" + label + "'");
    if (std::none_of(targets.begin(), targets.end(), [&](const Alert* target) { return has_label(*target, label, false); }))
      return wrong(at, source, "no alert of the area '" + at.area + "' that it may hold back has the label '" + label + "'");
  }
  return ok();
}

// Finds a circle, by walking on from an alert to those that it holds back.
bool comes_back(const Alert* from, const Alert* to, const std::multimap<const Alert*, const Alert*>& next,
                std::set<const Alert*>& seen) {
  const auto [begin, end] = next.equal_range(from);
  for (auto at = begin; at != end; ++at)
    if (at->second == to || (seen.insert(at->second).second && comes_back(at->second, to, next, seen))) return true;
  return false;
}

}  // namespace

Result<std::vector<InhibitionRule>> inhibition_rules(const Contract& contract, const std::vector<Area>& areas) {
  ById alerts;
  for (const Area& area : areas)
    for (const Alert& alert : area.alerts) alerts.emplace(alert.id, &alert);
  std::vector<InhibitionRule> rules;
  std::multimap<const Alert*, const Alert*> next;
  for (const Area& area : areas)
    for (const Alert& source : area.alerts)
      for (const Inhibition& at : source.inhibits) {
        const bool urgent = is_urgent(contract, contract.severities.at(source.severity));
        Result<std::vector<const Alert*>> targets =
            at.area.empty() ? named(at, source, alerts) : of_area(contract, at, source, urgent, areas);
        if (!targets) return targets.error();
        if (Status labels = check_labels(at, source, *targets); !labels) return labels.error();
        for (const Alert* target : *targets) {
          if (target->heartbeat) return wrong(at, source, target->id + " is the heartbeat: nothing may hold it back");
          if (!urgent && is_urgent(contract, contract.severities.at(target->severity)))
            return wrong(at, source,
                         "it is " + source.severity + ", " + target->id + " is " + target->severity +
                             ": what calls nobody may not hold back what calls somebody");
          next.emplace(&source, target);
          if (std::set<const Alert*> seen; comes_back(target, &source, next, seen))
            return wrong(at, source, source.id + " and " + target->id + " would hold back each other");
        }
        rules.push_back({&source, std::move(*targets), at.same});
      }
  return rules;
}

}  // namespace finwatch::rules
