// The contract, rules/sla.yaml: what is promised for which service, and who is told when a promise is in danger.
//
//   Result<Contract> contract = load_contract("rules/sla.yaml");
//   if (!contract) die(contract.error().message);       // "rules/sla.yaml:31:5: …"
//   contract->services, contract->policies.at("at_once"), …
//
// Plain data, checked for what a single key or a name can be wrong in. Whether the promises agree with each other is `check`'s question.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "conf/both_languages.h"
#include "core/date.h"
#include "core/result.h"
#include "core/tree.h"
#include "rules/tool/contract/channels.h"
#include "rules/tool/contract/scrape.h"

namespace finwatch::rules {

using std::chrono::minutes;
using std::chrono::nanoseconds;

/// Of a version that files are made for: "2.42".
struct Release {
  int major = 0, minor = 0;
  auto operator<=>(const Release&) const = default;
};

struct Targets {
  Release prometheus{2, 42}, alertmanager{0, 25}, grafana{9, 0};
};

enum class Weekday : unsigned char { mon, tue, wed, thu, fri, sat, sun };
inline constexpr std::array<std::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/// Hours of a day, in the organisation's time zone; `to` is at most 24:00 and later than `from`.
struct Hours {
  minutes from{0}, to{24 * 60};
};

struct BusinessHours {
  std::array<bool, 7> days{true, true, true, true, true, false, false};  // by Weekday
  Hours hours{minutes{8 * 60}, minutes{20 * 60}};
};

/// Days of a month on which an hour counts `weight` times.
struct CloseWindow {
  std::vector<std::pair<int, int>> days_of_month;  // both ends, 1 to 31
  int weight = 1;
};

/// Announced work on some services; all of them when none is named.
struct Maintenance {
  std::string id;
  std::vector<std::string> services;
  LocalTime from, to;  // in the organisation's time zone
  Position where;
};

struct FaultClass {
  std::string id;
  Words name;
  std::optional<nanoseconds> answer, first_diagnosis, solve;  // absent: not promised
  Position where;
};

enum class Channel : unsigned char { email, dingtalk, wecom, feishu, sms, voice, http };
inline constexpr std::array<std::string_view, 7> kChannels = {"email", "dingtalk", "wecom", "feishu", "sms", "voice", "http"};
constexpr std::string_view to_string(Channel channel) { return kChannels[static_cast<std::size_t>(channel)]; }

struct EscalationStep {
  nanoseconds after{};
  bool unless_acknowledged = false;
  std::string tell;  // a duty
  std::vector<Channel> by;
  Position where;
};

struct Severity {
  std::string id;
  Words name;
  std::string policy;
  bool business_hours_only = false;  // nobody is told outside them
  Position where;
};

struct Person {
  std::string id;
  Words name;
  std::string email, phone, dingtalk, wecom, feishu;
  Position where;
};

/// Who is told: people by name, or whom a rota names for that hour.
struct Duty {
  std::string id;
  Words name;
  std::vector<std::string> people;
  std::string rota;  // a path as written, relative to the contract
  minutes hand_over{0};
  Position where;
};

/// What tells whether a service works.
struct ByFlow {
  std::string flow;
};
struct ByDatabase {
  std::string target;
};
struct ByTargets {  // every one of them must answer its scrape
  std::string job;
  std::vector<std::string> instances;
};
using Measure = std::variant<ByFlow, ByDatabase, ByTargets>;

struct Availability {
  double objective = 0;     // per cent
  int fewest_failures = 2;  // that page anybody: one lost probe is nobody's night
};

struct Latency {
  nanoseconds within{};
  double objective = 0;  // per cent of the good runs
};

/// The books of a month are closed by that working day of the next.
struct CloseDeadline {
  std::string book;
  int working_day = 0;
  minutes time{0};
};

struct Service {
  std::string id;
  Words name;
  std::string fault_class;
  std::optional<Measure> measured_by;
  std::optional<Availability> availability;
  std::optional<Latency> latency;
  std::optional<CloseDeadline> closed_by;
  Position where;
};

struct MonthlyCost {
  Words name;
  double amount = 0;
};

/// Prices, in one currency; what has none is left out of the reckoning.
struct Costs {
  std::string currency;
  std::optional<double> hour_of_work, sms, voice;  // of one each
  std::map<std::string, double> hour_of_downtime;  // by service
  std::vector<MonthlyCost> monthly;
};

/// What stands in place of an alert's own parameters.
struct Thresholds {
  std::map<std::string, double> values;
  Position where;
};

struct Contract {
  Words organisation;
  Position where;  // of the organisation
  std::string time_zone;
  std::vector<std::string> languages;
  Targets targets;
  BusinessHours business_hours;
  CloseWindow close_window;
  nanoseconds most_maintenance{};  // a month
  std::vector<Maintenance> maintenance;
  std::map<std::string, FaultClass> classes;
  std::map<std::string, Severity> severities;
  std::map<std::string, std::vector<EscalationStep>> policies;
  std::map<std::string, Person> people;
  std::map<std::string, Duty> duties;
  std::optional<Costs> costs;
  std::vector<Service> services;                 // in the order of the file
  std::map<std::string, Thresholds> thresholds;  // by alert
  std::optional<Channels> channels;              // absent: no routes are made
  std::optional<Scrape> scrape;                  // absent: no configuration of Prometheus is made
};

/// config with file:line:column; the files that it names (rotas) are not opened.
Result<Contract> load_contract(const std::string& path);
Result<Contract> read_contract(const Tree& file);

}  // namespace finwatch::rules
