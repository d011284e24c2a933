// Classes of faults, severities, who is told by which policy, and who that is.
#include "core/text.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

std::optional<nanoseconds> promised(MapReader& reader, std::string_view key) {
  if (!reader.has(key)) return std::nullopt;
  return reader.duration(key, nanoseconds{});
}

Result<FaultClass> read_class(const std::string& id, const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status name = ok();
  FaultClass read{.id = id,
                  .name = required_words(reader, "name", name),
                  .answer = promised(reader, "answer"),
                  .first_diagnosis = promised(reader, "first_diagnosis"),
                  .solve = promised(reader, "solve"),
                  .where = value.where};
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  if (!read.answer && !read.first_diagnosis && !read.solve)
    return {Errc::config, value.where.text() + ": " + path + ": promises nothing: give answer, first_diagnosis or solve"};
  return read;
}

Result<Severity> read_severity(const std::string& id, const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status name = ok();
  Severity read{.id = id,
                .name = required_words(reader, "name", name),
                .policy = reader.required_text("policy"),
                .business_hours_only = false,
                .where = value.where};
  const std::string when = reader.text("when", "always");
  read.business_hours_only = when == "business_hours";
  if (!read.business_hours_only && when != "always")
    reader.fail("when", reader.path_of("when") + ": expected 'always' or 'business_hours', found '" + valid_utf8(when) + "'");
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  return read;
}

Result<EscalationStep> read_step(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  EscalationStep step{.after = reader.duration("after", nanoseconds{}),
                      .unless_acknowledged = reader.has("unless"),
                      .tell = reader.required_text("tell"),
                      .by = {},
                      .where = value.where};
  if (step.unless_acknowledged && reader.text("unless") != "acknowledged")
    reader.fail("unless", reader.path_of("unless") + ": expected 'acknowledged'");
  const std::vector<std::string> by = reader.texts("by");
  if (by.empty()) reader.fail("by", reader.path_of("by") + ": expected at least one channel");
  if (Status status = reader.finish(); !status) return status.error();
  for (const std::string& channel : by) {
    if (Status known = check_known(value.find("by")->where, reader.path_of("by"), "channel", channel, kChannels); !known)
      return known.error();
    for (std::size_t i = 0; i < kChannels.size(); ++i)
      if (kChannels[i] == channel) step.by.push_back(static_cast<Channel>(i));
  }
  return step;
}

Status read_policies(const Tree& value, Contract& contract) {
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const std::string path = "policies." + value.keys[i];
    if (value.items[i].kind != Tree::Kind::list || value.items[i].items.empty())
      return {Errc::config, value.items[i].where.text() + ": " + path + ": expected a list of steps"};
    std::vector<EscalationStep>& steps = contract.policies[value.keys[i]];
    for (const Tree& item : value.items[i].items) {
      const std::string below = path + "[" + std::to_string(steps.size()) + "]";
      Result<EscalationStep> step = read_step(item, below);
      if (!step) return step.error();
      if (!steps.empty() && step->after < steps.back().after)
        return {Errc::config, item.where.text() + ": " + below + ".after: earlier than the step before it"};
      steps.push_back(std::move(*step));
    }
  }
  return ok();
}

Result<Person> read_person(const std::string& id, const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status name = ok();
  Person person{.id = id,
                .name = required_words(reader, "name", name),
                .email = reader.text("email"),
                .phone = reader.text("phone"),
                .dingtalk = reader.text("dingtalk"),
                .wecom = reader.text("wecom"),
                .feishu = reader.text("feishu"),
                .where = value.where};
  if (!person.phone.empty() && person.phone.find_first_not_of("+0123456789") != std::string::npos)
    reader.fail("phone", reader.path_of("phone") + ": expected a number in quotes, digits alone, such as \"13800000001\"");
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  return person;
}

Result<Duty> read_duty(const std::string& id, const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status name = ok();
  Duty duty{.id = id,
            .name = required_words(reader, "name", name),
            .people = reader.texts("people"),
            .rota = reader.text("rota"),
            .hand_over = read_time_of_day(reader, "hand_over", minutes{9 * 60}),
            .where = value.where};
  if (duty.people.empty() == duty.rota.empty()) reader.fail(value, path + ": expected either 'people' or 'rota'");
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  return duty;
}

template <class T, class Read>
Status read_all(const Tree* section, const std::string& path, std::map<std::string, T>& into, Read read) {
  if (section == nullptr) return ok();
  return for_each_named(*section, path, [&](const std::string& id, const Tree& value, const std::string& below) -> Status {
    Result<T> one = read(id, value, below);
    if (!one) return one.error();
    into.emplace(id, std::move(*one));
    return ok();
  });
}

}  // namespace

Status read_people(MapReader& file, Contract& contract) {
  const Tree* classes = file.map("classes");
  const Tree* severities = file.map("severities");
  const Tree* policies = file.map("policies");
  const Tree* people = file.map("people");
  const Tree* duties = file.map("duties");
  if (Status status = read_all(classes, "classes", contract.classes, read_class); !status) return status;
  if (Status status = read_all(severities, "severities", contract.severities, read_severity); !status) return status;
  if (policies != nullptr)
    if (Status status = read_policies(*policies, contract); !status) return status;
  if (Status status = read_all(people, "people", contract.people, read_person); !status) return status;
  return read_all(duties, "duties", contract.duties, read_duty);
}

}  // namespace finwatch::rules
