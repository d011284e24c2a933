// What the notifier keeps: the contract as `finwatch compile` wrote it into notifier.yml. Clocks, steps, people, channels.
//
//   Result<std::shared_ptr<const Contract>> contract = load_contract("/etc/finwatch/compiled/notifier.yml");
//   if (!contract) die(contract.error().message);                       // "notifier.yml:41:7: …"
//   for (const Step& step : (*contract)->steps("severe")) …
//
// Nothing in it is a secret; secrets stand in files that the channels name.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/both_languages.h"
#include "conf/rota.h"
#include "conf/zone.h"
#include "notifier/contract/channels.h"

namespace finwatch::notifier {

using std::chrono::nanoseconds;

/// What is promised of the faults of a class; a clock that is absent is not promised.
struct FaultClass {
  std::string id;
  Words name;
  std::optional<nanoseconds> answer, first_diagnosis, solve;
};

struct Severity {
  std::string id;
  Words name;
  std::string policy;
  bool business_hours_only = false;  // nobody is told, and no clock runs, outside them
  /// The higher, the graver, from 0, no two the same. Urgent ones come first (at all hours, and somebody is called at once by more
  /// than e-mail); then the one whose policy calls sooner; then by name, the first of the alphabet the graver: P1 before P2.
  int rank = 0;
};

/// One step of an escalation policy: so long after the beginning, these are told.
struct Step {
  nanoseconds after{};
  bool unless_acknowledged = false;
  std::string tell;  // a duty
  std::vector<ChannelKind> by;
  bool mailed_by_alertmanager = false;
};

struct Person {
  std::string id;
  Words name;
  std::string email, phone, dingtalk, wecom, feishu;
};

/// People by name, or whom a rota names for that hour.
struct Duty {
  std::string id;
  Words name;
  std::vector<std::string> people;
  std::optional<Rota> rota;
};

struct Service {
  std::string id;
  Words name;
  std::string fault_class;
};

struct Maintenance {
  std::string id;
  std::vector<std::string> services;  // empty: all
  LocalTime from, to;
};

struct BusinessHours {
  std::array<bool, 7> days{};  // from Sunday, as weekday_number() counts
  std::chrono::minutes from{0}, to{std::chrono::hours{24}};
};

struct Heartbeat {
  std::string alert;
  nanoseconds silent_after{};
};

struct Contract {
  Words organisation;
  Zone zone;
  std::vector<std::string> languages;  // "zh", "en": messages have them in this order
  nanoseconds says_again_every{};      // Alertmanager's repeat: what it says no more has ended unseen
  std::optional<Heartbeat> heartbeat;
  BusinessHours business_hours;
  std::vector<Maintenance> maintenance;
  std::map<std::string, FaultClass> classes;
  std::map<std::string, Severity> severities;
  std::map<std::string, std::vector<Step>> policies;
  std::map<std::string, Duty> duties;
  std::map<std::string, Person> people;
  std::vector<Service> services;
  ChannelSetups channels;

  const Service* service(std::string_view id) const;  // nullptr when there is none
  const Person* person(std::string_view id) const;
  const FaultClass* fault_class(std::string_view id) const;
  const Severity* severity(std::string_view id) const;
  /// Empty for a severity that is not known.
  const std::vector<Step>& steps(std::string_view severity_id) const;
  /// Who is told of a duty at that time: ids of people. Empty in a gap of the rota.
  std::vector<std::string> on_duty(std::string_view duty, WallTime at) const;
  /// From when on a rota names nobody, within `ahead`: `at` itself when nobody is on duty now.
  std::optional<WallTime> next_gap(WallTime at, nanoseconds ahead) const;
};

/// config with file:line:column and what was expected.
Result<std::shared_ptr<const Contract>> load_contract(const std::string& path);
Result<std::shared_ptr<const Contract>> read_contract(const Tree& file);

}  // namespace finwatch::notifier
