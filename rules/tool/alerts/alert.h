// The alert catalogue: rules/alerts/<area>.yaml, a file an area.
//
//   Result<std::vector<Area>> areas = load_areas("rules/alerts");
//   for (const Alert& alert : areas->front().alerts)
//     expression_of(alert, contract);                        // its parameters filled in, those of the contract first
//
// An alert says what is wrong, how bad it is, what to do, and proves that it fires and keeps silent.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rules/tool/contract/contract.h"

namespace finwatch::rules {

/// How often a rule is worked out. A long window belongs to a slow rule.
enum class Speed : unsigned char { fast, slow, calm };
inline constexpr std::array<std::string_view, 3> kSpeeds = {"fast", "slow", "calm"};
constexpr std::string_view to_string(Speed speed) { return kSpeeds[static_cast<std::size_t>(speed)]; }
constexpr std::chrono::seconds interval_of(Speed speed) {
  constexpr std::array<std::chrono::seconds, 3> kIntervals = {std::chrono::seconds{30}, minutes{2}, minutes{10}};
  return kIntervals[static_cast<std::size_t>(speed)];
}

/// Series as promtool writes them, and what is to be seen of the alert at a moment.
struct AlertCase {
  std::vector<std::pair<std::string, std::string>> series;  // 'metric{label="x"}' → "1x3 0x10"
  nanoseconds every = minutes{1};                           // from one value to the next
  nanoseconds at{};
  std::vector<std::map<std::string, std::string>>
      firing;  // the labels of each alert that fires then, as the expression leaves them
  Position where;
};

/// What two rules or panels read is worked out once.
struct Recording {
  std::string name;  // level:metric:operations
  std::string expression;
  Position expression_where;
  Speed speed = Speed::fast;
  Position where;
};

/// What an alert explains: while it fires, those are not told of the same thing. An area, or alerts by name.
struct Inhibition {
  std::string area;
  std::vector<std::string> alerts;
  std::vector<std::string> same;  // labels that both must have alike
  Position where;
};

struct Alert {
  std::string id;
  Words title, text;
  std::string expression;  // with ${parameter}
  Position expression_where;
  nanoseconds after{}, keep_firing_for{};
  Speed speed = Speed::fast;
  std::string severity, fault_class;
  std::vector<Inhibition> inhibits;
  bool heartbeat = false;  // always fires: what matters is that it arrives
  std::string lost_probe;  // why one lost probe may page all the same
  std::string awaits;      // the program that will export what it reads, where that is still to come
  std::map<std::string, double> parameters;
  std::vector<AlertCase> cases;
  std::map<std::string, std::string> equivalents;  // changes of it that no case could notice, and why: for finwatch mutate
  Position where;
};

struct Area {
  std::string id;
  Position where;
  Words name;
  std::vector<Recording> recordings;
  std::vector<Alert> alerts;
};

/// The files of a folder in the order of their names. config with file:line:column.
Result<std::vector<Area>> load_areas(const std::string& folder);
Result<Area> read_area(const Tree& file);

/// config where it names a parameter that is not there.
Result<std::string> expression_of(const Alert& alert, const Contract& contract);

}  // namespace finwatch::rules
