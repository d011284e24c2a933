// One lost probe wakes nobody: an alert that calls people at once outlasts a failed scrape, and one failed run of a flow.
#include <algorithm>

#include "rules/tool/check/reaction.h"

namespace finwatch::rules {
namespace {

// Does anybody get more than a mail before a second sample could say otherwise?
bool wakes_at_once(const Subject& subject, const Alert& alert) {
  const auto severity = subject.contract.severities.find(alert.severity);
  if (severity == subject.contract.severities.end() || alert.heartbeat) return false;
  const std::vector<EscalationStep>& steps = subject.steps(severity->second);
  return std::any_of(steps.begin(), steps.end(), [&](const EscalationStep& step) {
    return step.after < 2 * subject.scrape_interval &&
           std::any_of(step.by.begin(), step.by.end(), [](Channel channel) { return channel != Channel::email; });
  });
}

std::string said_of(const Weakness& weak, const Subject& subject) {
  const std::string twice = shown_length(2 * subject.scrape_interval);
  switch (weak.by) {
    case Weakness::By::sample:
      return "one odd sample of " + weak.what + " is enough. Give it a 'for' of " + twice +
             " or more, or let it look at a window";
    case Weakness::By::failure:
      return "one failure counted by " + weak.what + " is enough, and stays in the window for " + shown_length(*weak.lasts) +
             ". Ask for two (> 1.5)";
    case Weakness::By::run:
      return "one failed run is enough: " + weak.what +
             " keeps what the last run gave until the next. Ask for two failures as well: and "
             "increase(finwatch_flow_failures_total[30m]) > 1.5";
  }
  return {};
}

bool outlasts(const Alert& alert, const Weakness& weak) { return weak.lasts && alert.after > *weak.lasts; }

void check_alert(const Subject& subject, const CheckedRule& rule, Problems& problems) {
  const Alert& alert = *rule.alert;
  std::vector<Weakness> weak = weaknesses(rule.tree, subject);
  std::erase_if(weak, [&](const Weakness& one) { return outlasts(alert, one); });
  if (!alert.lost_probe.empty() && weak.empty())
    problems.warning(alert.where, alert.id + ".lost_probe: excuses nothing: no single lost probe makes it fire. Take it away");
  if (!alert.lost_probe.empty() || weak.empty()) return;
  problems.error(rule.where(), alert.id + " wakes people at once (severity " + alert.severity + "), and " +
                                   said_of(weak.front(), subject) + "; or say under 'lost_probe' why one must do");
}

}  // namespace

void check_lost_probe(const Subject& subject, Problems& problems) {
  for (const CheckedRule& rule : subject.rules)
    if (rule.alert != nullptr && wakes_at_once(subject, *rule.alert)) check_alert(subject, rule, problems);
}

}  // namespace finwatch::rules
