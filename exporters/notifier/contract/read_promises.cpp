// What is promised: classes of faults with their clocks, and severities, the gravest first found.
#include <algorithm>
#include <tuple>

#include "core/text.h"
#include "notifier/contract/read.h"

namespace finwatch::notifier {
namespace {

std::optional<nanoseconds> promised(MapReader& reader, std::string_view key) {
  if (!reader.has(key)) return std::nullopt;
  return required_length(reader, key);
}

Result<FaultClass> read_class(const std::string& id, const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status name = ok();
  FaultClass read{.id = id,
                  .name = required_words(reader, "name", name),
                  .answer = promised(reader, "answer"),
                  .first_diagnosis = promised(reader, "first_diagnosis"),
                  .solve = promised(reader, "solve")};
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  if (!read.answer && !read.first_diagnosis && !read.solve)
    return Error{Errc::config, value.where.text() + ": " + path + ": promises nothing: give answer, first_diagnosis or solve"};
  return read;
}

Result<Severity> read_severity(const std::string& id, const Tree& value, const std::string& path, const Contract& contract) {
  MapReader reader(value, path);
  Status name = ok();
  Severity severity{.id = id, .name = required_words(reader, "name", name), .policy = reader.required_text("policy")};
  const std::string when = reader.text("when", "always");
  severity.business_hours_only = when == "business_hours";
  if (!severity.business_hours_only && when != "always")
    reader.fail("when", path + ".when: expected 'always' or 'business_hours', found '" + valid_utf8(when) + "'");
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  if (Status known =
          check_known(value.find("policy")->where, path + ".policy", "policy", severity.policy, names_of(contract.policies));
      !known)
    return known.error();
  return severity;
}

// When a policy first calls somebody by more than e-mail.
nanoseconds first_ring(const std::vector<Step>& steps) {
  for (const Step& step : steps)
    if (std::any_of(step.by.begin(), step.by.end(), [](ChannelKind channel) { return channel != ChannelKind::email; }))
      return step.after;
  return nanoseconds::max();
}

// The order that Severity::rank promises.
void give_ranks(Contract& contract) {
  using Place = std::tuple<bool, nanoseconds, std::string>;
  std::vector<Place> places;  // the gravest first
  for (const auto& [id, severity] : contract.severities) {
    const nanoseconds ring = first_ring(contract.policies.at(severity.policy));
    const bool urgent = !severity.business_hours_only && ring == nanoseconds{};
    places.emplace_back(!urgent, ring, id);
  }
  std::sort(places.begin(), places.end());
  int rank = static_cast<int>(places.size());
  for (const Place& place : places) contract.severities.at(std::get<std::string>(place)).rank = --rank;
}

}  // namespace

Status read_classes(const Tree& classes, Contract& contract) {
  return read_named(classes, "classes", contract.classes, read_class);
}

Status read_severities(const Tree& severities, Contract& contract) {
  const auto read = [&](const std::string& id, const Tree& value, const std::string& path) {
    return read_severity(id, value, path, contract);
  };
  if (Status status = read_named(severities, "severities", contract.severities, read); !status) return status;
  give_ranks(contract);
  return ok();
}

}  // namespace finwatch::notifier
