// Can everybody whom a step names be reached by its channels? What is defined and never used was meant for something.
#include <algorithm>
#include <set>

#include "core/text.h"
#include "rules/tool/check/subject.h"

namespace finwatch::rules {
namespace {

bool is_set_up(const Channels& channels, Channel channel) {
  switch (channel) {
    case Channel::email: return channels.email.has_value() || channels.notifier.has_value();
    case Channel::dingtalk: return channels.dingtalk.has_value();
    case Channel::wecom: return channels.wecom.has_value();
    case Channel::feishu: return channels.feishu.has_value();
    case Channel::sms: return channels.sms.has_value();
    case Channel::voice: return channels.voice.has_value();
    case Channel::http: return channels.http.has_value();
  }
  return false;
}

// The key under which a person has what the channel needs, empty when it needs nothing; and whether it is there.
struct Address {
  std::string_view key;
  bool there;
};
Address address_of(const Person& person, Channel channel) {
  switch (channel) {
    case Channel::email: return {"email", !person.email.empty()};
    case Channel::sms:
    case Channel::voice: return {"phone", !person.phone.empty()};
    // Robots speak to a group; what they need to call somebody by name.
    case Channel::dingtalk: return {"dingtalk", !person.dingtalk.empty() || !person.phone.empty()};
    case Channel::wecom: return {"wecom", !person.wecom.empty() || !person.phone.empty()};
    case Channel::feishu: return {"feishu", !person.feishu.empty()};
    case Channel::http: break;
  }
  return {"", true};
}
bool must_have(Channel channel) { return channel == Channel::email || channel == Channel::sms || channel == Channel::voice; }

std::set<std::string> people_of(const Subject& subject, const Duty& duty) {
  std::set<std::string> people(duty.people.begin(), duty.people.end());
  if (const auto rota = subject.rotas.find(duty.id); rota != subject.rotas.end())
    for (const Rota::Line& line : rota->second.lines()) people.insert(line.person);
  std::erase_if(people, [&](const std::string& id) { return !subject.contract.people.contains(id); });
  return people;
}

void check_step(const Subject& subject, const std::string& path, const EscalationStep& step, Problems& problems) {
  for (const Channel channel : step.by) {
    const std::string name(to_string(channel));
    if (subject.contract.channels && !is_set_up(*subject.contract.channels, channel))
      problems.error(step.where, path + ".by: '" + name + "' is not set up: say how under channels." + name);
    for (const std::string& id : people_of(subject, subject.contract.duties.at(step.tell))) {
      const Person& person = subject.contract.people.at(id);
      const Address address = address_of(person, channel);
      if (address.there) continue;
      const std::string give = ". Give people." + id + "." + std::string(address.key);
      if (must_have(channel))
        problems.error(step.where, path + ": " + name + " cannot reach " + id + give);
      else
        problems.warning(person.where, path + ": " + name + " cannot call " + id + " by name" + give);
    }
  }
}

// Providers take eleven digits as a mobile number of the mainland; others need the code of their country.
void check_person(const Person& person, Problems& problems) {
  const std::string path = "people." + person.id;
  const std::size_t at = person.email.find('@');
  if (!person.email.empty() && (at == 0 || at == std::string::npos || at + 1 == person.email.size()))
    problems.error(person.where, path + ".email: expected an address with an @, found '" + valid_utf8(person.email) + "'");
  if (person.phone.empty() || (person.phone[0] == '+' && person.phone.size() >= 9 && person.phone.size() <= 16)) return;
  if (person.phone.size() == 11 && person.phone[0] == '1' && person.phone[1] >= '3') return;
  problems.warning(person.where,
                   path + ".phone: '" + person.phone +
                       "' is no mobile number of mainland China (11 digits, 13 to 19). Others begin with + and the "
                       "code of the country");
}

template <class T>
void check_used(const std::map<std::string, T>& all, const std::set<std::string>& used, std::string_view section,
                std::string_view by, Position (*where)(const T&), Problems& problems) {
  for (const auto& [id, one] : all)
    if (!used.contains(id))
      problems.warning(where(one), std::string(section) + "." + id + ": " + std::string(by) + " it. Use it, or take it away");
}

void check_use(const Subject& subject, Problems& problems) {
  const Contract& contract = subject.contract;
  std::set<std::string> classes, severities, policies, duties, people;
  for (const Service& service : contract.services) classes.insert(service.fault_class);
  for (const Area& area : subject.areas)
    for (const Alert& alert : area.alerts) classes.insert(alert.fault_class), severities.insert(alert.severity);
  for (const auto& [id, severity] : contract.severities) policies.insert(severity.policy);
  for (const auto& [id, steps] : contract.policies)
    for (const EscalationStep& step : steps) duties.insert(step.tell);
  if (contract.channels && contract.channels->email) duties.insert(contract.channels->email->fallback);
  bool all_rotas = true;
  for (const auto& [id, duty] : contract.duties) {
    people.merge(people_of(subject, duty));
    all_rotas = all_rotas && (duty.rota.empty() || subject.rotas.contains(id));
  }
  check_used<FaultClass>(
      contract.classes, classes, "classes", "no service and no alert has", [](const auto& one) { return one.where; }, problems);
  check_used<Severity>(
      contract.severities, severities, "severities", "no alert has", [](const auto& one) { return one.where; }, problems);
  using Steps = std::vector<EscalationStep>;
  check_used<Steps>(
      contract.policies, policies, "policies", "no severity names", [](const Steps& one) { return one.front().where; },
      problems);
  check_used<Duty>(
      contract.duties, duties, "duties", "no step tells", [](const auto& one) { return one.where; }, problems);
  if (all_rotas)
    check_used<Person>(
        contract.people, people, "people", "no duty and no rota names", [](const auto& one) { return one.where; }, problems);
}

}  // namespace

void check_reach(const Subject& subject, Problems& problems) {
  for (const auto& [id, steps] : subject.contract.policies)
    for (std::size_t i = 0; i < steps.size(); ++i)
      check_step(subject, "policies." + id + "[" + std::to_string(i) + "]", steps[i], problems);
  for (const auto& [id, person] : subject.contract.people) check_person(person, problems);
  check_use(subject, problems);
}

}  // namespace finwatch::rules
