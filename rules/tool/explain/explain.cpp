#include "rules/tool/explain/explain.h"

#include <algorithm>
#include <filesystem>

#include "conf/words.h"
#include "conf/zone.h"
#include "rules/tool/contract/read.h"
#include "rules/tool/contract/rota.h"

namespace finwatch::rules {
namespace {

using std::chrono::days;

Status find_alert(const std::vector<Area>& areas, const std::string& id, Explanation& found) {
  std::vector<std::string_view> ids;
  for (const Area& area : areas)
    for (const Alert& alert : area.alerts) {
      ids.push_back(alert.id);
      if (alert.id != id) continue;
      found.area = &area;
      found.alert = &alert;
      return ok();
    }
  return {Errc::config, "no alert '" + id + "'" + [&] {
            const std::string meant = did_you_mean(id, ids);
            return meant.empty() ? "; rules/generated/runbooks/index.md lists all of them" : meant;
          }()};
}

Status find_service(const Contract& contract, const std::string& id, Explanation& found) {
  if (id.empty()) return ok();
  std::vector<std::string_view> ids;
  for (const Service& service : contract.services) {
    ids.push_back(service.id);
    if (service.id == id) found.service = &service;
  }
  if (found.service != nullptr) return ok();
  std::string all;
  for (const std::string_view one : ids) all.append(all.empty() ? "; there are " : ", ").append(one);
  const std::string meant = did_you_mean(id, ids);
  return {Errc::config, "no service '" + id + "'" + (meant.empty() ? all : meant)};
}

bool is_open(const BusinessHours& business, LocalTime at) {
  const Day day = day_of(at);
  return business.days[(weekday_number(day) + 6) % 7] && at - day >= business.hours.from && at - day < business.hours.to;
}

LocalTime next_opening(const BusinessHours& business, LocalTime at) {
  for (Day day = day_of(at); day <= day_of(at) + days{7}; day += days{1})
    if (const LocalTime opens = day + business.hours.from; business.days[(weekday_number(day) + 6) % 7] && opens > at)
      return opens;
  return at;
}

// One after the other, for as long as something holds the alert back.
void put_off(const Contract& contract, Explanation& told) {
  told.begins = told.at;
  const auto maintenance = maintenance_of(contract, told.service == nullptr ? "" : std::string_view(told.service->id));
  for (bool held = true; held;) {
    held = false;
    for (const Maintenance* planned : maintenance)
      if (planned->from <= told.begins && told.begins < planned->to) {
        told.delays.push_back({planned, told.begins = planned->to});
        held = true;
      }
    if (told.severity->business_hours_only && !is_open(contract.business_hours, told.begins)) {
      told.delays.push_back({nullptr, told.begins = next_opening(contract.business_hours, told.begins)});
      held = true;
    }
  }
}

Result<std::vector<const Person*>> on_duty(const Contract& contract, const Duty& duty, LocalTime at) {
  std::vector<std::string> ids = duty.people;
  if (!duty.rota.empty()) {
    const Result<Rota> rota = load_rota(duty);
    if (!rota) return Error{Errc::config, rota.error().message};
    if (Status known = check_people(*rota, contract); !known) return known.error();
    if (const auto person = rota->on_duty(at)) ids.push_back(*person);
  }
  std::vector<const Person*> people;
  for (const std::string& id : ids) people.push_back(&contract.people.at(id));
  return people;
}

Status take_steps(const Contract& contract, const Zone& zone, Explanation& told) {
  const WallTime begins = zone.instant(told.begins);
  const auto later = [&](nanoseconds by) { return zone.local(begins + std::chrono::duration_cast<WallTime::duration>(by)); };
  for (const EscalationStep& step : contract.policies.at(told.severity->policy)) {
    TellingStep told_then{.at = later(step.after),
                          .after = step.after,
                          .unless_acknowledged = step.unless_acknowledged,
                          .duty = &contract.duties.at(step.tell),
                          .people = {},
                          .by = step.by,
                          .by_alertmanager = alertmanager_mails(contract, step)};
    Result<std::vector<const Person*>> people = on_duty(contract, *told_then.duty, told_then.at);
    if (!people) return people.error();
    told_then.people = std::move(*people);
    told.steps.push_back(std::move(told_then));
  }
  const auto promise = [&](Deadline::Kind kind, const std::optional<nanoseconds>& length) {
    if (length) told.deadlines.push_back({kind, *length, later(*length)});
  };
  promise(Deadline::Kind::answer, told.fault_class->answer);
  promise(Deadline::Kind::first_diagnosis, told.fault_class->first_diagnosis);
  promise(Deadline::Kind::solve, told.fault_class->solve);
  return ok();
}

Status take_mail(const Contract& contract, Explanation& told) {
  if (!contract.channels || !contract.channels->email) return ok();
  const Result<Routing> routing = routing_of(contract);
  if (!routing) return routing.error();
  told.mail = mail_pace(is_urgent(contract, *told.severity), told.fault_class);
  const bool is_a_step =
      std::any_of(told.steps.begin(), told.steps.end(), [](const TellingStep& step) { return step.by_alertmanager; });
  told.mail_duty = routing->mail_duties.at(told.severity->id);
  if (!is_a_step) told.mailed = routing->addresses.at(told.mail_duty);
  return ok();
}

}  // namespace

Result<Explanation> explain(const Contract& contract, const std::vector<Area>& areas, const Question& question) {
  Explanation told;
  told.at = told.begins = question.at;
  if (Status found = find_alert(areas, question.alert, told); !found) return found.error();
  if (Status found = find_service(contract, question.service, told); !found) return found.error();
  const Alert& alert = *told.alert;
  if (Status known = check_known(alert.where, alert.id + ".severity", "severity", alert.severity, contract.severities); !known)
    return known.error();
  if (Status known = check_known(alert.where, alert.id + ".class", "class", alert.fault_class, contract.classes); !known)
    return known.error();
  told.severity = &contract.severities.at(alert.severity);
  told.fault_class = &contract.classes.at(alert.fault_class);
  if (alert.heartbeat) return told;
  const Result<Zone> zone = Zone::find(contract.time_zone);
  if (!zone) return Error{Errc::config, "organisation.time_zone: " + zone.error().message};
  const Result<std::vector<InhibitionRule>> rules = inhibition_rules(contract, areas);
  if (!rules) return rules.error();
  for (const InhibitionRule& rule : *rules)
    if (std::find(rule.targets.begin(), rule.targets.end(), told.alert) != rule.targets.end())
      told.explainers.push_back({rule.source, rule.same});
  put_off(contract, told);
  if (Status status = take_steps(contract, *zone, told); !status) return status.error();
  if (Status status = take_mail(contract, told); !status) return status.error();
  return told;
}

std::string runbook_path(const Alert& alert, std::string_view language) {
  const std::string name = alert.id + (language == "zh" ? ".zh-CN.md" : ".md");
  return std::filesystem::path(alert.where.beside("../runbooks/" + name)).lexically_normal().string();
}

}  // namespace finwatch::rules
