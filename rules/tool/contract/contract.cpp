#include "rules/tool/contract/contract.h"

#include <set>

#include "core/text.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

Status read_organisation(const Tree& value, Contract& contract) {
  MapReader reader(value, "organisation");
  Status name = ok();
  contract.where = value.where;
  contract.organisation = required_words(reader, "name", name);
  contract.time_zone = reader.text("time_zone", "Asia/Shanghai");
  contract.languages = reader.texts("languages");
  if (contract.languages.empty()) contract.languages = {"zh", "en"};
  for (const std::string& language : contract.languages)
    if (language != "zh" && language != "en")
      reader.fail("languages", "organisation.languages: expected zh and en, found '" + valid_utf8(language) + "'");
  if (Status status = reader.finish(); !status) return status;
  return name;
}

Release read_release(MapReader& reader, std::string_view key, Release oldest) {
  if (!reader.has(key)) return oldest;
  const std::string text = reader.text(key);
  const std::size_t dot = text.find('.');
  const auto major = to_number<int>(std::string_view(text).substr(0, dot));
  const auto minor = dot == std::string::npos ? std::optional(0) : to_number<int>(std::string_view(text).substr(dot + 1));
  const Release read{major.value_or(-1), minor.value_or(-1)};
  if (!major || !minor || read < oldest)
    reader.fail(key, reader.path_of(key) + ": expected a version in quotes, \"" + std::to_string(oldest.major) + "." +
                         std::to_string(oldest.minor) + "\" or newer, found '" + valid_utf8(text) + "'");
  return read;
}

Status read_targets(const Tree& value, Targets& targets) {
  MapReader reader(value, "targets");
  targets = {.prometheus = read_release(reader, "prometheus", targets.prometheus),
             .alertmanager = read_release(reader, "alertmanager", targets.alertmanager),
             .grafana = read_release(reader, "grafana", targets.grafana)};
  return reader.finish();
}

Status check_ids(const std::vector<Service>& services) {
  std::set<std::string_view> seen;
  for (const Service& service : services)
    if (!seen.insert(service.id).second)
      return {Errc::config, service.where.text() + ": services[" + std::to_string(seen.size()) + "].id: a second service '" +
                                service.id + "'"};
  return ok();
}

Status read_thresholds(const Tree& map, Contract& contract) {
  return for_each_named(map, "thresholds", [&](const std::string& alert, const Tree& value, const std::string& path) -> Status {
    MapReader reader(value, path);
    Thresholds& thresholds = contract.thresholds[alert];
    thresholds.where = value.where;
    for (const std::string& parameter : value.keys) thresholds.values[parameter] = reader.number(parameter, 0, -1e300, 1e300);
    return reader.finish();
  });
}

// Names that are used must be defined.
Status check_names(const Tree& file, const Contract& contract) {
  for (const auto& [id, severity] : contract.severities)
    if (Status known = check_known(file.find("severities")->find(id)->find("policy")->where, "severities." + id + ".policy",
                                   "policy", severity.policy, contract.policies);
        !known)
      return known;
  for (const auto& [id, steps] : contract.policies)
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (Status known = check_known(steps[i].where, "policies." + id + "[" + std::to_string(i) + "].tell", "duty",
                                     steps[i].tell, contract.duties);
          !known)
        return known;
  for (const auto& [id, duty] : contract.duties)
    for (const std::string& person : duty.people)
      if (Status known = check_known(duty.where, "duties." + id + ".people", "person", person, contract.people); !known)
        return known;
  if (contract.channels && contract.channels->email) {
    const EmailChannel& email = *contract.channels->email;
    if (Status known = check_known(email.where, "channels.email.fallback", "duty", email.fallback, contract.duties); !known)
      return known;
    if (contract.duties.at(email.fallback).people.empty())
      return {Errc::config, email.where.text() +
                                ": channels.email.fallback: expected a duty with 'people': a rota changes, what " +
                                "Alertmanager was told does not"};
  }
  std::vector<std::string_view> services;
  for (const Service& service : contract.services) {
    services.push_back(service.id);
    if (Status known =
            check_known(service.where, "the service " + service.id + ": class", "class", service.fault_class, contract.classes);
        !known)
      return known;
  }
  for (const Maintenance& planned : contract.maintenance)
    for (const std::string& service : planned.services)
      if (Status known =
              check_known(planned.where, "the maintenance " + planned.id + ": services", "service", service, services);
          !known)
        return known;
  return ok();
}

}  // namespace

Result<Contract> read_contract(const Tree& file) {
  Contract contract;
  MapReader reader(file, "");
  const long long version = reader.integer("version", 0, 0, 1000);
  if (version != 1) reader.fail("version", "version: this program reads version 1");
  const Tree* organisation = reader.map("organisation");
  if (organisation == nullptr) reader.fail("organisation", "organisation: expected a map with name, time_zone and languages");
  const Tree* targets = reader.map("targets");
  const Tree* calendar = reader.map("calendar");
  const Status people = read_people(reader, contract);
  const Tree* services = reader.list("services");
  const Tree* thresholds = reader.map("thresholds");
  const Tree* channels = reader.map("channels");
  const Tree* scrape = reader.map("scrape");
  const Tree* costs = reader.map("costs");
  if (Status status = reader.finish(); !status) return status.error();
  if (Status status = read_organisation(*organisation, contract); !status) return status.error();
  if (targets != nullptr)
    if (Status status = read_targets(*targets, contract.targets); !status) return status.error();
  if (calendar != nullptr)
    if (Status status = read_calendar(*calendar, contract); !status) return status.error();
  if (!people) return people.error();
  if (Status status = read_each(services, "services", contract.services, read_service); !status) return status.error();
  if (Status status = check_ids(contract.services); !status) return status.error();
  if (costs != nullptr)
    if (Status status = read_costs(*costs, contract); !status) return status.error();
  if (thresholds != nullptr)
    if (Status status = read_thresholds(*thresholds, contract); !status) return status.error();
  if (channels != nullptr)
    if (Status status = read_channels(*channels, contract); !status) return status.error();
  if (scrape != nullptr)
    if (Status status = read_scrape(*scrape, contract); !status) return status.error();
  if (Status status = check_names(file, contract); !status) return status.error();
  return contract;
}

Result<Contract> load_contract(const std::string& path) {
  const Result<Tree> file = load_yaml(path);
  if (!file) return file.error();
  return read_contract(*file);
}

}  // namespace finwatch::rules
