#include "notifier/contract/contract.h"

#include <algorithm>
#include <set>

#include "conf/yaml.h"
#include "core/text.h"
#include "notifier/contract/read.h"

namespace finwatch::notifier {
namespace {

// Dollars belong to the bodies of gateways here. Made by machine, it may be longer than what a person writes.
constexpr YamlOptions kOptions{.substitute_environment = false, .most_bytes = std::size_t{8} << 20, .most_values = 1'000'000};

template <class Map>
auto found(const Map& map, std::string_view id) {
  const auto at = map.find(std::string(id));
  return at == map.end() ? nullptr : &at->second;
}

Status read_organisation(const Tree& section, Contract& contract) {
  MapReader reader(section, "organisation");
  Status name = ok();
  contract.organisation = required_words(reader, "name", name);
  const std::string zone_name = reader.required_text("time_zone");
  contract.languages = reader.texts("languages");
  if (contract.languages.empty()) reader.fail("languages", "organisation.languages: expected zh, en or both");
  for (const std::string& language : contract.languages)
    if (language != "zh" && language != "en")
      reader.fail("languages", "organisation.languages: expected zh and en, found '" + valid_utf8(language) + "'");
  if (Status status = reader.finish(); !status) return status;
  if (!name) return name;
  Result<Zone> zone = Zone::find(zone_name);
  if (!zone)
    return {Errc::config, section.find("time_zone")->where.text() + ": organisation.time_zone: " + zone.error().message};
  contract.zone = *zone;
  return ok();
}

Status read_alertmanager(const Tree& section, Contract& contract) {
  MapReader reader(section, "alertmanager");
  contract.says_again_every = required_length(reader, "says_again_every");
  const Tree* heartbeat = reader.map("heartbeat");
  if (Status status = reader.finish(); !status) return status;
  if (heartbeat == nullptr) return ok();
  MapReader below(*heartbeat, "alertmanager.heartbeat");
  contract.heartbeat = Heartbeat{.alert = below.required_text("alert"), .silent_after = required_length(below, "silent_after")};
  return below.finish();
}

}  // namespace

Status read_services(const Tree* services, Contract& contract) {
  std::set<std::string> ids;
  for (std::size_t i = 0; services != nullptr && i < services->items.size(); ++i) {
    const Tree& value = services->items[i];
    const std::string path = "services[" + std::to_string(i) + "]";
    MapReader reader(value, path);
    Status name = ok();
    Service service{.id = reader.required_text("id"),
                    .name = required_words(reader, "name", name),
                    .fault_class = reader.required_text("class")};
    if (Status status = reader.finish(); !status) return status;
    if (!name) return name;
    const Position& at = value.find("id")->where;
    if (Status status = check_id(at, path + ".id", service.id); !status) return status;
    if (!ids.insert(service.id).second)
      return {Errc::config, at.text() + ": " + path + ".id: a second service '" + service.id + "'"};
    if (Status known =
            check_known(value.find("class")->where, path + ".class", "class", service.fault_class, names_of(contract.classes));
        !known)
      return known;
    contract.services.push_back(std::move(service));
  }
  return ok();
}

Result<std::shared_ptr<const Contract>> read_contract(const Tree& file) {
  constexpr std::string_view kNeeded[] = {"version",    "organisation", "alertmanager", "calendar", "classes",
                                          "severities", "policies",     "duties",       "people",   "channels"};
  auto contract = std::make_shared<Contract>();
  MapReader reader(file, "");
  reader.integer("version", 1, 1, 1);
  Tree none;  // in place of a section that is empty
  none.where = file.where;
  const auto section = [&](std::string_view name) -> const Tree& {
    const Tree* found = reader.map(name);
    return found != nullptr ? *found : none;
  };
  const Tree& organisation = section("organisation");
  const Tree& alertmanager = section("alertmanager");
  const Tree& calendar = section("calendar");
  const Tree& classes = section("classes");
  const Tree& severities = section("severities");
  const Tree& policies = section("policies");
  const Tree& duties = section("duties");
  const Tree& people = section("people");
  const Tree& channels = section("channels");
  const Tree* services = reader.list("services");
  if (Status status = reader.finish(); !status) return status.error();
  for (const std::string_view name : kNeeded)  // after the keys that nobody knows: it may be one of them, misspelt
    if (file.find(name) == nullptr)
      return Error{Errc::config, file.where.text() + ": " + std::string(name) +
                                     ": must be given; is this a notifier.yml that finwatch compile made?"};

  // In the order in which they refer to each other, so that each name is looked up where it stands.
  if (Status status = read_organisation(organisation, *contract); !status) return status.error();
  if (Status status = read_alertmanager(alertmanager, *contract); !status) return status.error();
  if (Status status = read_channels(channels, contract->channels); !status) return status.error();
  if (Status status = read_people(people, *contract); !status) return status.error();
  if (Status status = read_duties(duties, *contract); !status) return status.error();
  if (Status status = read_policies(policies, *contract); !status) return status.error();
  if (Status status = read_severities(severities, *contract); !status) return status.error();
  if (Status status = read_classes(classes, *contract); !status) return status.error();
  if (Status status = read_services(services, *contract); !status) return status.error();
  if (Status status = read_calendar(calendar, *contract); !status) return status.error();
  return std::shared_ptr<const Contract>(std::move(contract));
}

Result<std::shared_ptr<const Contract>> load_contract(const std::string& path) {
  const Result<Tree> file = load_yaml(path, kOptions);
  if (file) return read_contract(*file);
  if (file.error().code != Errc::no_data) return file.error();
  return Error{Errc::config, file.error().message + "; `finwatch compile` makes it of rules/sla.yaml"};
}

const Service* Contract::service(std::string_view id) const {
  const auto at = std::find_if(services.begin(), services.end(), [id](const Service& one) { return one.id == id; });
  return at == services.end() ? nullptr : &*at;
}
const Person* Contract::person(std::string_view id) const { return found(people, id); }
const FaultClass* Contract::fault_class(std::string_view id) const { return found(classes, id); }
const Severity* Contract::severity(std::string_view id) const { return found(severities, id); }

const std::vector<Step>& Contract::steps(std::string_view severity_id) const {
  static const std::vector<Step> kNone;
  const Severity* known = severity(severity_id);
  const std::vector<Step>* policy = known == nullptr ? nullptr : found(policies, known->policy);
  return policy == nullptr ? kNone : *policy;
}

std::vector<std::string> Contract::on_duty(std::string_view duty, WallTime at) const {
  const Duty* known = found(duties, duty);
  if (known == nullptr) return {};
  if (!known->rota) return known->people;
  const std::optional<std::string> person = known->rota->on_duty(zone.local(at));
  return person ? std::vector<std::string>{*person} : std::vector<std::string>{};
}

std::optional<WallTime> Contract::next_gap(WallTime at, nanoseconds ahead) const {
  std::optional<WallTime> next;
  for (const auto& [id, duty] : duties) {
    if (!duty.rota) continue;
    const std::vector<Rota::Gap> gaps = duty.rota->gaps(zone.local(at), zone.local(at + ahead));
    if (gaps.empty()) continue;
    const WallTime from = std::max(at, zone.instant(gaps.front().from));
    if (!next || from < *next) next = from;
  }
  return next;
}

}  // namespace finwatch::notifier
