// Who is told when, and by what ways: people, duties with their rotas, policies.
#include <algorithm>
#include <set>

#include "core/text.h"
#include "notifier/contract/read.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kContractChannels = 7;  // the first of kChannelNames; command and console are of this machine alone

Result<Person> read_person(const std::string& id, const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status name = ok();
  Person person{.id = id,
                .name = required_words(reader, "name", name),
                .email = reader.text("email"),
                .phone = reader.text("phone"),
                .dingtalk = reader.text("dingtalk"),
                .wecom = reader.text("wecom"),
                .feishu = reader.text("feishu")};
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  return person;
}

Result<Rota> read_its_rota(const Tree& at, const std::string& path, std::chrono::minutes hand_over, const Contract& contract) {
  Result<Rota> rota = load_rota(at.where.beside(at.scalar), hand_over);
  if (!rota)
    return Error{Errc::config, at.where.text() + ": " + path + ".rota: " + rota.error().message +
                                   (rota.error().code == Errc::config ? "" : "; copy the whole folder of finwatch compile")};
  for (const Rota::Line& line : rota->lines())
    if (!line.person.empty())
      if (Status known = check_known(line.where, "the rota", "person", line.person, names_of(contract.people)); !known)
        return known.error();
  return rota;
}

Result<Duty> read_duty(const std::string& id, const Tree& value, const std::string& path, const Contract& contract) {
  MapReader reader(value, path);
  Status name = ok();
  Duty duty{.id = id, .name = required_words(reader, "name", name), .people = reader.texts("people"), .rota = {}};
  const std::string rota = reader.text("rota");
  std::chrono::minutes hand_over{};
  if (reader.has("hand_over") || !rota.empty()) hand_over = required_time_of_day(reader, "hand_over");
  if (duty.people.empty() == rota.empty()) reader.fail(value, path + ": expected either 'people' or 'rota'");
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  for (const std::string& person : duty.people)
    if (Status known = check_known(value.find("people")->where, path + ".people", "person", person, names_of(contract.people));
        !known)
      return known.error();
  if (rota.empty()) return duty;
  Result<Rota> read = read_its_rota(*value.find("rota"), path, hand_over, contract);
  if (!read) return read.error();
  duty.rota = std::move(*read);
  return duty;
}

std::set<std::string> people_of(const Duty& duty) {
  std::set<std::string> people(duty.people.begin(), duty.people.end());
  if (!duty.rota) return people;
  for (const Rota::Line& line : duty.rota->lines())
    if (!line.person.empty()) people.insert(line.person);
  return people;
}

// A step that could reach nobody is found now, not at three in the morning.
Status check_reach(const Position& where, const std::string& path, const Step& step, const Contract& contract) {
  for (const ChannelKind channel : step.by) {
    const std::string name(to_string(channel));
    if (!contract.channels.has(channel))
      return {Errc::config, where.text() + ": " + path + ": '" + name + "' is not set up: say how under channels." + name +
                                " of the contract"};
    if (!is_personal(channel)) continue;
    const bool by_mail = channel == ChannelKind::email;
    for (const std::string& id : people_of(contract.duties.at(step.tell))) {
      const Person& person = contract.people.at(id);
      if ((by_mail ? person.email : person.phone).empty())
        return {Errc::config, where.text() + ": " + path + ": " + name + " cannot reach " + id + ": people." + id +
                                  " has no '" + (by_mail ? "email" : "phone") + "'"};
    }
  }
  return ok();
}

Result<Step> read_step(const Tree& value, const std::string& path, const Contract& contract) {
  MapReader reader(value, path);
  Step step{.after = required_length(reader, "after"),
            .unless_acknowledged = reader.has("unless"),
            .tell = reader.required_text("tell"),
            .by = {},
            .mailed_by_alertmanager = reader.has("by_alertmanager")};
  if (step.unless_acknowledged && reader.text("unless") != "acknowledged")
    reader.fail("unless", path + ".unless: expected 'acknowledged'");
  const std::vector<std::string> by = reader.texts("by");
  if (step.mailed_by_alertmanager && reader.texts("by_alertmanager") != std::vector<std::string>{"email"})
    reader.fail("by_alertmanager", path + ".by_alertmanager: expected [email]");
  if (by.empty() && !step.mailed_by_alertmanager) reader.fail("by", path + ".by: expected at least one channel");
  if (Status status = reader.finish(); !status) return status.error();
  if (Status known = check_known(value.find("tell")->where, path + ".tell", "duty", step.tell, names_of(contract.duties));
      !known)
    return known.error();
  if (by.empty()) return step;
  const Position& at = value.find("by")->where;
  for (const std::string& channel : by) {
    if (Status known = check_known(at, path + ".by", "channel", channel, std::span(kChannelNames).first<kContractChannels>());
        !known)
      return known.error();
    step.by.push_back(*channel_kind(channel));
  }
  if (Status status = check_reach(at, path + ".by", step, contract); !status) return status.error();
  return step;
}

}  // namespace

Status read_people(const Tree& people, Contract& contract) {
  return read_named(people, "people", contract.people, read_person);
}

Status read_duties(const Tree& duties, Contract& contract) {
  return read_named(duties, "duties", contract.duties, [&](const std::string& id, const Tree& value, const std::string& path) {
    return read_duty(id, value, path, contract);
  });
}

Status read_policies(const Tree& policies, Contract& contract) {
  for (std::size_t i = 0; i < policies.keys.size(); ++i) {
    const Tree& value = policies.items[i];
    const std::string path = "policies." + policies.keys[i];
    if (value.kind != Tree::Kind::list || value.items.empty())
      return {Errc::config, value.where.text() + ": " + path + ": expected a list of steps"};
    std::vector<Step>& steps = contract.policies[policies.keys[i]];
    for (const Tree& item : value.items) {
      const std::string below = path + "[" + std::to_string(steps.size()) + "]";
      Result<Step> step = read_step(item, below, contract);
      if (!step) return step.error();
      if (!steps.empty() && step->after < steps.back().after)
        return {Errc::config, item.where.text() + ": " + below + ".after: earlier than the step before it"};
      steps.push_back(std::move(*step));
    }
  }
  return ok();
}

}  // namespace finwatch::notifier
