// Who is told, and by what way.
#include <algorithm>

#include "notifier/incident/casebook.h"

namespace finwatch::notifier {
namespace {

const std::string& address_of(const Person& person, ChannelKind channel) {
  return channel == ChannelKind::email ? person.email : person.phone;
}

void add_once(std::vector<ChannelKind>& list, ChannelKind channel) {
  if (std::find(list.begin(), list.end(), channel) == list.end()) list.push_back(channel);
}

}  // namespace

// Whom a duty names now; in a gap of its rota, whoever the later steps of the policy name, and then the earlier ones.
std::vector<std::string> Casebook::people_for(const Incident& incident, std::string_view duty, WallTime now,
                                              Decisions& out) const {
  std::vector<std::string> people = contract_->on_duty(duty, now);
  if (!people.empty()) return people;
  const std::vector<Step>& steps = contract_->steps(incident.severity);
  for (auto step = steps.rbegin(); step != steps.rend() && people.empty(); ++step) people = contract_->on_duty(step->tell, now);
  std::string who;
  for (const std::string& person : people) who.append(who.empty() ? "" : ", ").append(person);
  line(incident, "not_told", {"finwatch", ""},
       std::string(duty) + ": nobody is on duty" + (who.empty() ? "" : "; told instead: " + who), now, out);
  return people;
}

void Casebook::tell(const Incident& incident, Purpose purpose, int step, std::string_view duty,
                    const std::vector<ChannelKind>& by, WallTime now, Decisions& out) {
  if (by.empty()) return;
  const std::vector<std::string> people = people_for(incident, duty, now, out);
  for (const ChannelKind channel : by) {
    Delivery message{.incident = incident.id, .purpose = purpose, .step = step, .channel = channel};
    message.created = message.next = now;
    if (!is_personal(channel)) {
      message.mention = people;
      out.messages.push_back(std::move(message));
      continue;
    }
    for (const std::string& id : people) {
      const Person* person = contract_->person(id);
      if (person == nullptr || address_of(*person, channel).empty()) {
        line(incident, "not_told", {"finwatch", to_string(channel)}, id + " has no address for it", now, out);
        continue;
      }
      message.person = id;
      out.messages.push_back(message);
    }
  }
}

void Casebook::tell_step(const Incident& incident, std::size_t step, Purpose purpose, WallTime now, Decisions& out) {
  const Step& one = contract_->steps(incident.severity)[step];
  std::vector<ChannelKind> by = one.by;
  if (purpose == Purpose::breach) {
    std::erase(by, ChannelKind::voice);
    if (by.empty() && contract_->channels.has(ChannelKind::email)) by.push_back(ChannelKind::email);
  } else {
    std::string ways;
    for (const ChannelKind channel : by) ways.append(ways.empty() ? "" : ", ").append(to_string(channel));
    if (one.mailed_by_alertmanager) ways.append(ways.empty() ? "" : ", ").append("email (Alertmanager)");
    line(incident, "step", {"finwatch", ""}, std::to_string(step + 1) + ": " + one.tell + ", " + ways, now, out);
  }
  tell(incident, purpose, static_cast<int>(step), one.tell, by, now, out);
}

// News for those who know of it already: where they were told, without ringing a telephone.
void Casebook::tell_those_told(const Incident& incident, Purpose purpose, WallTime now, Decisions& out) {
  const std::vector<Step>& steps = contract_->steps(incident.severity);
  std::vector<ChannelKind> by;
  std::string_view duty;
  for (std::size_t i = 0; i < steps.size() && i < static_cast<std::size_t>(incident.next_step); ++i) {
    if (duty.empty()) duty = steps[i].tell;
    for (const ChannelKind channel : steps[i].by)
      if (!is_phone(channel)) add_once(by, channel);
    // Alertmanager itself mails the end of what it mailed.
    if (steps[i].mailed_by_alertmanager && purpose == Purpose::warning) add_once(by, ChannelKind::email);
  }
  if (!duty.empty()) tell(incident, purpose, -1, duty, by, now, out);
}

}  // namespace finwatch::notifier
