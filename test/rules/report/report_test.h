// What the tests of reports share: a contract, a Prometheus that a test plays, moments by a clock in Shanghai.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rules/tool/report/document.h"
#include "support/catch.h"
#include "support/time_text.h"

namespace finwatch::rules::test {

inline const std::string kContract = R"(version: 1
organisation: {name: {zh: 集团财务部, en: Group Finance}, time_zone: Asia/Shanghai}
calendar:
  close_window: {days_of_month: ["26-31", "1-5"], weight: 5}
  maintenance:
    most_per_month: 4h
    planned:
      - {id: M1, services: [voucher_entry], from: 2026-11-14T22:00, to: 2026-11-15T01:00}
      - {id: M2, from: 2026-11-21T22:00, to: 2026-11-22T00:00}
classes:
  ordinary: {name: {zh: 一般故障, en: Ordinary fault}, answer: 30m, solve: 4h}
  major: {name: {zh: 重大故障, en: Major fault}, first_diagnosis: 2h}
severities:
  light: {name: {zh: 轻微, en: Light}, policy: p}
policies:
  p: [{after: 0s, tell: team, by: [email]}]
people:
  li.na: {name: {zh: 李娜, en: Li Na}, email: li.na@example.com}
duties:
  team: {name: {zh: 组, en: Team}, people: [li.na]}
costs:
  currency: CNY
  hour_of_work: 200
  hour_of_downtime: {voucher_entry: 12000}
  sms: 0.045
  voice: 0.1
  monthly: [{name: {zh: 服务器, en: Servers}, amount: 3500}]
services:
  - id: voucher_entry
    name: {zh: 凭证录入, en: Voucher entry}
    class: major
    measured_by: {flow: f}
    availability: {objective: 99.9}
    latency: {within: 3s, objective: 99}
  - id: reports
    name: {zh: 报表生成, en: Report generation}
    class: ordinary
    measured_by: {flow: g}
    availability: {objective: 99.5}
    latency: {within: 30s, objective: 95}
  - id: close
    name: {zh: 月末结账, en: Month-end close}
    class: major
    closed_by: {book: tryton, working_day: 5, time: "18:00"}
)";

inline Contract contract_of(const std::string& text = kContract) {
  const Result<Tree> tree = parse_yaml(text, "sla.yaml");
  INFO((tree ? std::string() : tree.error().message));
  REQUIRE(tree);
  Result<Contract> contract = read_contract(*tree);
  INFO((contract ? std::string() : contract.error().message));
  REQUIRE(contract);
  return *contract;
}

inline Zone shanghai() { return finwatch::test::zone("Asia/Shanghai"); }

inline Moment moment(std::string_view text, const Zone& zone = shanghai()) {
  return std::chrono::floor<std::chrono::seconds>(finwatch::test::time(text, zone));
}

/// The period as it is long after its end, or at `now`.
inline Period period(std::string_view id, const Zone& zone = shanghai(), std::string_view now = "2027-06-01 00:00") {
  Result<Period> read = period_of(id, zone, moment(now, zone));
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  return *read;
}

/// Answers by functions, and keeps what it was asked.
class FakePrometheus final : public Prometheus {
 public:
  std::function<std::vector<Sample>(const std::string&, Moment)> at_moment;
  std::function<std::vector<Series>(const std::string&, Moment, Moment, std::chrono::seconds)> over_time;
  std::string fails_at;  // an expression with this in it is an error
  std::vector<std::string> asked;

  Result<std::vector<Sample>> at(const std::string& expression, Moment when) override {
    asked.push_back(expression);
    if (fails(expression)) return {Errc::unavailable, "no answer to " + expression};
    return at_moment ? at_moment(expression, when) : std::vector<Sample>();
  }
  Result<std::vector<Series>> over(const std::string& expression, Moment from, Moment to, std::chrono::seconds step) override {
    asked.push_back(expression);
    if (fails(expression)) return {Errc::unavailable, "no answer to " + expression};
    return over_time ? over_time(expression, from, to, step) : std::vector<Series>();
  }
  const std::vector<std::string>& warnings() const override { return warnings_; }
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

 private:
  bool fails(const std::string& expression) const {
    return !fails_at.empty() && expression.find(fails_at) != std::string::npos;
  }
  std::vector<std::string> warnings_;
};

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace finwatch::rules::test
