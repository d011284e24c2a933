#include "rules/tool/compile/routing.h"

#include <algorithm>

namespace finwatch::rules {
namespace {

using namespace std::chrono_literals;

bool has(const std::vector<Channel>& channels, Channel one) {
  return std::find(channels.begin(), channels.end(), one) != channels.end();
}

// The people of the first step by e-mail, where they are known today; else the fall-back.
const std::string& mail_duty(const Contract& contract, const Severity& severity) {
  for (const EscalationStep& step : contract.policies.at(severity.policy))
    if (alertmanager_mails(contract, step)) return step.tell;
  return contract.channels->email->fallback;
}

Result<std::vector<std::string>> addresses_of(const Contract& contract, const Duty& duty) {
  std::vector<std::string> found;
  for (const std::string& id : duty.people) {
    const Person& person = contract.people.at(id);
    if (person.email.empty())
      return Error{Errc::config,
                   duty.where.text() + ": duties." + duty.id + " is told by e-mail: people." + id + " has no 'email'"};
    found.push_back(person.email);
  }
  return found;
}

// Alertmanager forgets after five days what it has sent, and would send it again.
constexpr nanoseconds kLongestRepeat = 96h;

nanoseconds multiple(nanoseconds time, nanoseconds of) { return (std::clamp(time, of, kLongestRepeat) + of - 1ns) / of * of; }

}  // namespace

std::string Routing::mail_receiver(const std::string& severity) const {
  const auto known = mail_duties.find(severity);
  const auto& [id, duty] = known != mail_duties.end() ? *known : *mail_duties.find(std::string(kUnclassified));
  return "mail-" + id + "-to-" + duty;
}

std::vector<std::string> Routing::receivers(const std::string& severity, bool heartbeat) const {
  if (heartbeat) return {std::string(kHeartbeatReceiver)};
  std::vector<std::string> all;
  if (notifier) all.emplace_back(kNotifierReceiver);
  if (mail) all.push_back(mail_receiver(severity));
  return all;
}

Result<Routing> routing_of(const Contract& contract) {
  Routing routing;
  routing.notifier = contract.channels->notifier.has_value();
  routing.mail = contract.channels->email.has_value();
  if (!routing.mail) return routing;
  for (const auto& [id, severity] : contract.severities) routing.mail_duties[id] = mail_duty(contract, severity);
  if (!routing.mail_duties.emplace(kUnclassified, contract.channels->email->fallback).second)
    return Error{Errc::config,
                 contract.channels->where.text() + ": severities: 'unclassified' is the name of all that have none"};
  for (const auto& [severity, duty] : routing.mail_duties) {
    Result<std::vector<std::string>> addresses = addresses_of(contract, contract.duties.at(duty));
    if (!addresses) return addresses.error();
    routing.addresses[duty] = std::move(*addresses);
  }
  return routing;
}

bool is_urgent(const Contract& contract, const Severity& severity) {
  const auto& steps = contract.policies.at(severity.policy);
  return std::any_of(steps.begin(), steps.end(), [](const EscalationStep& step) {
    return step.after == nanoseconds{} &&
           std::any_of(step.by.begin(), step.by.end(), [](Channel channel) { return channel != Channel::email; });
  });
}

bool alertmanager_mails(const Contract& contract, const EscalationStep& step) {
  return contract.channels && contract.channels->email && step.after == nanoseconds{} && has(step.by, Channel::email) &&
         !contract.duties.at(step.tell).people.empty();
}

Pace heartbeat_pace() { return {0s, 30s, 1min}; }

Pace notifier_pace(bool urgent) { return urgent ? Pace{0s, 15s, 15min} : Pace{10s, 1min, 15min}; }

Pace mail_pace(bool urgent, const FaultClass* fault_class) {
  Pace pace = urgent ? Pace{0s, 1min, 1h} : Pace{1min, 5min, 4h};
  if (fault_class == nullptr) return pace;
  std::vector<nanoseconds> clocks;
  for (const auto& clock : {fault_class->answer, fault_class->first_diagnosis, fault_class->solve})
    if (clock) clocks.push_back(*clock);
  if (clocks.empty()) return pace;
  const auto [first, last] = std::minmax_element(clocks.begin(), clocks.end());
  pace.repeat = multiple(urgent ? *first : *last, pace.interval);
  return pace;
}

std::vector<std::string> thing_labels() { return {"area", "book", "flow", "instance", "system", "target"}; }

std::vector<const Maintenance*> maintenance_of(const Contract& contract, std::string_view service) {
  std::vector<const Maintenance*> found;
  for (const Maintenance& planned : contract.maintenance) {
    const auto& services = planned.services;
    if (service.empty() ? services.empty()
                        : services.empty() || std::find(services.begin(), services.end(), service) != services.end())
      found.push_back(&planned);
  }
  return found;
}

}  // namespace finwatch::rules
