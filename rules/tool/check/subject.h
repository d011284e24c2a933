// What the checks look at, read once, and where they write what they found.
#pragma once

#include <map>

#include "rules/tool/check/check.h"
#include "rules/tool/contract/rota.h"
#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {

/// An alert or a recording with its expression as a tree.
struct CheckedRule {
  const Area* area = nullptr;
  const Alert* alert = nullptr;          // one of the two
  const Recording* recording = nullptr;  //
  Expression tree;
  Analysis analysis;  // of the tree

  const std::string& name() const { return alert != nullptr ? alert->id : recording->name; }
  const Position& where() const { return alert != nullptr ? alert->expression_where : recording->expression_where; }
  Speed speed() const { return alert != nullptr ? alert->speed : recording->speed; }
};

/// A class and a severity that an alert has together.
struct Pair {
  const FaultClass* fault_class;
  const Severity* severity;
  const Alert* alert;  // the first that has them
};

struct Subject {
  const Contract& contract;
  const std::vector<Area>& areas;
  const CheckInput& input;
  std::vector<CheckedRule> rules;                        // those whose expressions are read
  std::map<std::string, const CheckedRule*> recordings;  // by name
  std::map<std::string, Rota> rotas;                     // by duty: those that are read
  std::vector<Pair> pairs;                               // each once
  std::chrono::milliseconds scrape_interval{30'000};     // the longest of any job

  const std::vector<EscalationStep>& steps(const Severity& severity) const { return contract.policies.at(severity.policy); }
};

class Problems {
 public:
  void begin(std::string_view check) { check_ = check; }
  void error(const Position& where, std::string text) { add(where, std::move(text), Problem::Weight::error); }
  void warning(const Position& where, std::string text) { add(where, std::move(text), Problem::Weight::warning); }
  std::vector<Problem> in_order() &&;

 private:
  void add(const Position& where, std::string text, Problem::Weight weight);

  std::string_view check_;
  std::vector<Problem> found_;
};

/// "2h30m"
inline std::string shown_length(nanoseconds time) {
  return print_length(std::chrono::duration_cast<std::chrono::milliseconds>(time));
}
/// "2026-12-06 22:00"
std::string shown_time(LocalTime time);

/// The first thing that a class promises, and the last: "answer", 30 min.
struct Promise {
  std::string_view name;
  nanoseconds within;
};
Promise first_promise(const FaultClass& fault_class);
Promise last_promise(const FaultClass& fault_class);

void read_rules(Subject& subject, Problems& problems);
void read_rotas(Subject& subject, Problems& problems);

void check_promises(const Subject& subject, Problems& problems);
void check_reach(const Subject& subject, Problems& problems);
void check_rotas(const Subject& subject, Problems& problems);
void check_calendar(const Subject& subject, Problems& problems);
void check_names(const Subject& subject, Problems& problems);
void check_labels(const Subject& subject, Problems& problems);
void check_lost_probe(const Subject& subject, Problems& problems);
void check_runbooks(const Subject& subject, Problems& problems);
void check_short_texts(const Subject& subject, Problems& problems);

}  // namespace finwatch::rules
