// Who is told of an alert, when, and by what: the contract and the rota, worked out for one moment.
//
//   Result<Explanation> told = explain(contract, areas, {.alert = "HostCpuBusy", .service = "", .at = local});
//   std::fputs(page_of(contract, *told, "zh").c_str(), stdout);
//
// The moment is when the alert fires. In announced maintenance, and outside business hours where a severity keeps to them, nobody is
// told before the end; from then on the steps and the clocks count.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/tool/compile/inhibition.h"
#include "rules/tool/compile/routing.h"

namespace finwatch::rules {

struct Question {
  std::string alert, service;  // service: an id, or empty
  LocalTime at;                // by the organisation's clock
};

/// A step of the policy at its hour.
struct TellingStep {
  LocalTime at;
  nanoseconds after{};
  bool unless_acknowledged = false;
  const Duty* duty = nullptr;
  std::vector<const Person*> people;  // none: nobody stands in the rota then
  std::vector<Channel> by;
  bool by_alertmanager = false;  // its e-mail
};

struct Deadline {
  enum class Kind : unsigned char { answer, first_diagnosis, solve } kind;
  nanoseconds length{};
  LocalTime until;
};

struct Delay {
  const Maintenance* maintenance = nullptr;  // else business hours
  LocalTime until;
};

/// Another alert that explains this one: nobody is told while it fires about the same thing.
struct Explainer {
  const Alert* alert;
  std::vector<std::string> same;
};

struct Explanation {
  const Area* area = nullptr;
  const Alert* alert = nullptr;
  const Service* service = nullptr;
  const Severity* severity = nullptr;
  const FaultClass* fault_class = nullptr;
  LocalTime at, begins;       // when it fires; from when on steps and clocks count
  std::vector<Delay> delays;  // what lies between the two
  std::vector<TellingStep> steps;
  std::vector<Deadline> deadlines;
  std::vector<Explainer> explainers;
  std::vector<std::string> mailed;  // the copy that Alertmanager sends, where no step is that e-mail; addresses
  std::string mail_duty;
  Pace mail;
};

/// config for an unknown alert or service, a time zone that is none, a rota that cannot be read. The heartbeat has no steps.
Result<Explanation> explain(const Contract& contract, const std::vector<Area>& areas, const Question& question);

/// In "zh" or "en".
std::string page_of(const Contract& contract, const Explanation& explanation, std::string_view language);

/// The page of the runbook, from where the catalogue lies.
std::string runbook_path(const Alert& alert, std::string_view language);

}  // namespace finwatch::rules
