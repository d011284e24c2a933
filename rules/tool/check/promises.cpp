// Do the steps of the policies come in time for what the classes promise? Does an alert speak before its promise is broken?
#include <algorithm>
#include <set>

#include "rules/tool/check/subject.h"

namespace finwatch::rules {
namespace {

std::string promised(const FaultClass& fault_class, const Promise& promise) {
  return "class " + fault_class.id + " promises '" + std::string(promise.name) + "' within " + shown_length(promise.within);
}

void check_classes(const Subject& subject, Problems& problems) {
  for (const auto& [id, one] : subject.contract.classes) {
    const std::pair<std::string_view, std::optional<nanoseconds>> in_order[] = {
        {"answer", one.answer}, {"first_diagnosis", one.first_diagnosis}, {"solve", one.solve}};
    const std::pair<std::string_view, std::optional<nanoseconds>>* before = nullptr;
    for (const auto& promise : in_order) {
      if (!promise.second) continue;
      const std::string path = "classes." + id + "." + std::string(promise.first);
      if (*promise.second <= nanoseconds{}) problems.error(one.where, path + ": expected more than 0s");
      if (before != nullptr && *promise.second < *before->second)
        problems.error(one.where, path + ": " + shown_length(*promise.second) + " is shorter than '" +
                                      std::string(before->first) + "', " + shown_length(*before->second) +
                                      ", which comes first; make it longer");
      before = &promise;
    }
  }
}

void check_policy(const Subject& subject, const Pair& pair, std::set<const EscalationStep*>& said, Problems& problems) {
  const std::vector<EscalationStep>& steps = subject.steps(*pair.severity);
  const Promise promise = first_promise(*pair.fault_class);
  const std::string path = "policies." + pair.severity->policy;
  const std::string why = "; " + promised(*pair.fault_class, promise) + " (" + pair.alert->id + ")";
  const EscalationStep& first = steps.front();
  if (first.after >= promise.within && said.insert(&first).second)
    problems.error(first.where,
                   path + "[0].after: nobody is told before " + shown_length(first.after) + why + ". Tell somebody earlier");
  bool presses = false;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].unless_acknowledged) continue;
    presses = presses || steps[i].after < promise.within;
    if (steps[i].after > promise.within && said.insert(&steps[i]).second)
      problems.warning(steps[i].where, path + "[" + std::to_string(i) + "].after: " + shown_length(steps[i].after) +
                                           " is too late to keep the promise" + why + ". Move the step forward");
  }
  if (!presses && first.after < promise.within && said.insert(&first).second)
    problems.error(first.where, path + ": when nobody takes it up, nobody else is told in time" + why +
                                    ". Add a step such as {after: " + shown_length(promise.within / 2) +
                                    ", unless: acknowledged, …}");
}

// From the end of the hours of one day to their beginning on the next that has some: the longest of a week.
struct Silence {
  Weekday from{};
  minutes length{0};
};
Silence longest_silence(const BusinessHours& hours) {
  Silence longest;
  for (std::size_t day = 0; day < 7; ++day) {
    if (!hours.days[day]) continue;
    for (std::size_t after = 1; after <= 7; ++after) {
      if (!hours.days[(day + after) % 7]) continue;
      const minutes length = minutes{after * 24 * 60} - hours.hours.to + hours.hours.from;
      if (length > longest.length) longest = {static_cast<Weekday>(day), length};
      break;
    }
  }
  return longest;
}

void check_hours(const Subject& subject, Problems& problems) {
  const Silence silence = longest_silence(subject.contract.business_hours);
  std::set<const Severity*> said;
  for (const Pair& pair : subject.pairs) {
    const Promise promise = first_promise(*pair.fault_class);
    if (!pair.severity->business_hours_only || silence.length < promise.within || !said.insert(pair.severity).second) continue;
    problems.warning(pair.severity->where,
                     "severities." + pair.severity->id + ".when: what begins when business hours end on " +
                         std::string(kWeekdays[static_cast<std::size_t>(silence.from)]) + " is told " +
                         shown_length(silence.length) + " later; " + promised(*pair.fault_class, promise) + " (" +
                         pair.alert->id + "). Take 'when' away, unless the promise holds in business hours only");
  }
}

void check_alert(const Subject& subject, const CheckedRule& rule, Problems& problems) {
  const Alert& alert = *rule.alert;
  const auto fault_class = subject.contract.classes.find(alert.fault_class);
  if (fault_class == subject.contract.classes.end() || alert.heartbeat) return;
  const Promise first = first_promise(fault_class->second), last = last_promise(fault_class->second);
  const nanoseconds pace = interval_of(alert.speed);
  // A calm alert tells of what creeps for weeks: no user waits while it makes sure.
  if (alert.speed != Speed::calm && alert.after > first.within)
    problems.error(alert.where, alert.id + ".for: " + shown_length(alert.after) + " pass before anybody is told; " +
                                    promised(fault_class->second, first) + ". Make it shorter, or the alert calm");
  if (alert.after > nanoseconds{} && alert.after < pace)
    problems.warning(alert.where, alert.id + ".for: " + shown_length(alert.after) + " are " + shown_length(pace) +
                                      " in truth: a rule of speed " + std::string(to_string(alert.speed)) +
                                      " is worked out that often. Write that, or make the rule faster");
  // What looks further back than the promise goes tells of something that happened: a person closes that, not the alert.
  if (alert.keep_firing_for >= last.within && rule.analysis.window < last.within)
    problems.error(alert.where, alert.id + ".keep_firing_for: it fires " + shown_length(alert.keep_firing_for) +
                                    " after the fault is over; " + promised(fault_class->second, last) +
                                    ", which would be broken each time. Make it shorter");
  if (alert.keep_firing_for > nanoseconds{} && alert.keep_firing_for < pace)
    problems.warning(alert.where, alert.id + ".keep_firing_for: " + shown_length(alert.keep_firing_for) +
                                      " change nothing in a rule that is worked out every " + shown_length(pace) +
                                      ". Make it longer, or take it away");
}

}  // namespace

void check_promises(const Subject& subject, Problems& problems) {
  check_classes(subject, problems);
  std::set<const EscalationStep*> said;
  for (const Pair& pair : subject.pairs) check_policy(subject, pair, said, problems);
  check_hours(subject, problems);
  for (const CheckedRule& rule : subject.rules)
    if (rule.alert != nullptr) check_alert(subject, rule, problems);
}

}  // namespace finwatch::rules
