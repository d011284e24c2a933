#include "notifier/engine/compose.h"

#include <algorithm>

#include "http/http.h"
#include "notifier/incident/ticket.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostFacts = 15;

Words name_or(const auto* named, const std::string& id) { return named == nullptr ? Words{id, id} : named->name; }

std::string runbook_of(const Incident& incident, const Setup& setup, const std::string& language) {
  const std::string& runbook = incident.runbook;
  if (runbook.starts_with("http://") || runbook.starts_with("https://")) return runbook;
  // The alerts' labels are in the journal alone; what it is about is one of the two.
  return fill_link(setup.links.runbooks, incident, {.instance = incident.where, .target = incident.where}, language);
}

Words progress_note(const ClockReading& clock) {
  constexpr std::string_view kZh[] = {"响应时间", "诊断时间", "解决时间"};
  constexpr std::string_view kEn[] = {"the time to answer", "the time to diagnose", "the time to solve"};
  const auto kind = static_cast<std::size_t>(clock.kind);
  const std::string zh(kZh[kind]), en(kEn[kind]);
  switch (clock.level()) {
    case ClockLevel::quiet: return {};
    case ClockLevel::half: return {zh + "已过半", "half of " + en + " has passed"};
    case ClockLevel::late: return {zh + "已过 80%", "80% of " + en + " has passed"};
    case ClockLevel::breached: return {zh + "已超出承诺", en + " is over"};
  }
  return {};
}

IncidentFacts facts_of(const Incident& incident, Purpose purpose, const Setup& setup, WallTime now) {
  const Contract& contract = *setup.contract;
  IncidentFacts facts{
      .id = incident.id,
      .title = incident.title,
      .service = incident.service.empty() ? Words{} : name_or(contract.service(incident.service), incident.service),
      .severity = name_or(contract.severity(incident.severity), incident.severity),
      .fault_class = name_or(contract.fault_class(incident.fault_class), incident.fault_class),
      .where = incident.where,
      .runbook = runbook_of(incident, setup, contract.languages.empty() ? "zh" : contract.languages.front()),
      .state = incident.state,
      .began = incident.began};
  facts.firing = incident.firing;
  facts.acknowledged_by = incident.acknowledged_by;
  if (const Person* person = contract.person(incident.acknowledged_by))
    facts.acknowledged_by =
        contract.languages.empty() || contract.languages.front() == "zh" ? person->name.zh : person->name.en;
  facts.resolved = incident.resolved;
  const ClockReading* worst = nullptr;
  const std::vector<ClockReading> clocks = Clocks(incident, contract).read(now);
  for (const ClockReading& clock : clocks) {
    if (clock.stopped) continue;
    if (!facts.deadline || clock.deadline < *facts.deadline) {
      facts.deadline = clock.deadline;
      facts.deadline_clock = to_string(clock.kind);
    }
    if (worst == nullptr || clock.level() > worst->level()) worst = &clock;
  }
  const bool about_time = purpose == Purpose::warning || purpose == Purpose::breach;
  if (about_time && worst != nullptr) facts.note = progress_note(*worst);
  if (purpose == Purpose::joined)
    facts.note = {
        "故障仍在：现有 " + std::to_string(incident.firing) + " 条告警触发，先后共 " + std::to_string(incident.alerts) + " 条",
        "the fault goes on: " + std::to_string(incident.firing) + " alerts fire now, " + std::to_string(incident.alerts) +
            " so far"};
  return facts;
}

}  // namespace

std::string reference_of(const Delivery& delivery) {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto seconds =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(delivery.created.time_since_epoch()).count());
  std::string hex(8, '0');
  for (auto digit = hex.rbegin(); digit != hex.rend(); ++digit, seconds >>= 4) *digit = kHex[seconds & 15];
  return "D" + std::to_string(delivery.id) + "-" + hex;
}

std::string fill_link(std::string_view pattern, const Incident& incident, const LinkPlace& place, std::string_view language) {
  const std::pair<std::string_view, std::string_view> parts[] = {{"{alert}", incident.alertname},
                                                                 {"{lang}", language},
                                                                 {"{service}", incident.service},
                                                                 {"{instance}", place.instance},
                                                                 {"{target}", place.target}};
  std::string out(pattern);
  for (const auto& [name, value] : parts)
    for (std::size_t at = 0; (at = out.find(name, at)) != std::string::npos;) {
      const std::string part = url_part(value);
      out.replace(at, name.size(), part);
      at += part.size();
    }
  return out;
}

Message compose(const Job& job, const Outbox& outbox, const Casebook& casebook, const Setup& setup, WallTime now) {
  const Contract& contract = *setup.contract;
  const Delivery& first = *outbox.find(job.deliveries.front());
  Message message{.reference = reference_of(first), .purpose = first.purpose, .channel = first.channel};
  message.organisation = contract.organisation;
  message.zone = contract.zone;
  message.languages = contract.languages;
  message.attempt = first.attempts;
  message.now = now;
  message.first_attempt = first.sent.value_or(now);
  message.maybe_twice = job.maybe_twice;
  if (!setup.page.address.empty()) message.page = setup.page.address + "/incidents";

  std::vector<const Incident*> incidents;
  std::vector<std::string> people;
  for (const std::int64_t id : job.deliveries) {
    const Delivery* delivery = outbox.find(id);
    if (delivery == nullptr) continue;
    if (const Incident* incident = casebook.find(delivery->incident);
        incident != nullptr && std::find(incidents.begin(), incidents.end(), incident) == incidents.end())
      incidents.push_back(incident);
    for (const std::string& person : delivery->people())
      if (std::find(people.begin(), people.end(), person) == people.end()) people.push_back(person);
  }
  const auto rank = [&](const Incident* incident) {
    const Severity* severity = contract.severity(incident->severity);
    return severity == nullptr ? 0 : severity->rank;
  };
  std::stable_sort(incidents.begin(), incidents.end(), [&](const Incident* a, const Incident* b) { return rank(a) > rank(b); });
  for (const Incident* incident : incidents) {
    if (message.facts.size() == kMostFacts) break;
    message.facts.push_back(facts_of(*incident, first.purpose, setup, now));
  }
  message.more = incidents.size() - message.facts.size();

  for (const std::string& id : people) {
    const Person* person = contract.person(id);
    if (person == nullptr) continue;
    Recipient to{.id = id,
                 .name = person->name,
                 .email = person->email,
                 .phone = person->phone,
                 .dingtalk = person->dingtalk,
                 .wecom = person->wecom,
                 .feishu = person->feishu};
    if (!setup.page.address.empty() && !incidents.empty()) {
      const std::int64_t incident = incidents.front()->id;
      to.link = setup.page.address + "/ack?t=" +
                sign_ticket(setup.page.key, {.incident = incident, .person = id, .until = now + setup.page.link_valid});
      to.code = ticket_code(setup.page.key, incident, id);
    }
    message.to.push_back(std::move(to));
  }
  return message;
}

}  // namespace finwatch::notifier
