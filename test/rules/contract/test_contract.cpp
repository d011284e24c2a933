#include "rules/tool/contract/contract.h"

#include "conf/yaml.h"
#include "core/files.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

std::string shipped() { return *read_file(test_folder("../rules/sla.yaml"), 1 << 20); }

Result<Contract> read(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "sla.yaml");
  REQUIRE(tree);
  return read_contract(*tree);
}

// What is said of the shipped contract with one piece of it changed; without the position.
std::string refused(std::string_view from, std::string_view to) {
  const Result<Contract> contract = read(changed(shipped(), from, to));
  CAPTURE(to);
  REQUIRE_FALSE(contract);
  CHECK(contract.error().code == Errc::config);
  const std::string& message = contract.error().message;
  REQUIRE(message.starts_with("sla.yaml:"));
  return message.substr(message.find(": ") + 2);
}

}  // namespace

TEST_CASE("contract: the one that ships has the mission's figures") {
  const Result<Contract> contract = load_contract(test_folder("../rules/sla.yaml"));
  REQUIRE(contract);
  CHECK(contract->classes.at("ordinary").answer == 30min);
  CHECK(contract->classes.at("ordinary").solve == 4h);
  CHECK_FALSE(contract->classes.at("ordinary").first_diagnosis);
  CHECK(contract->classes.at("major").first_diagnosis == 2h);
  for (const Service& service : contract->services)
    if (service.availability) CHECK(service.availability->objective == 99.9);
  const EscalationStep& light = contract->policies.at(contract->severities.at("light").policy).front();
  CHECK(light.after == 0s);
  CHECK(light.by == std::vector{Channel::email});
  const EscalationStep& severe = contract->policies.at(contract->severities.at("severe").policy).front();
  CHECK(severe.after == 0s);
  CHECK(severe.tell == "on_call");
  CHECK(severe.by == std::vector{Channel::sms, Channel::dingtalk});
  CHECK(contract->duties.at("on_call").rota == "rota.csv");
}

TEST_CASE("contract: every part is read") {
  const Result<Contract> contract = read(R"(version: 1
organisation: {name: {zh: 集团, en: Group}, time_zone: Europe/Berlin, languages: [en]}
targets: {prometheus: "3.5", alertmanager: "0.28"}
calendar:
  business_hours: {days: [sat, sun], from: "09:30", to: "24:00"}
  close_window: {days_of_month: ["26-31", 1], weight: 5}
  maintenance: {most_per_month: 8h, planned: [{id: M1, services: [erp], from: 2026-12-06T22:00, to: 2026-12-07T02:00}]}
classes: {small: {name: {zh: 小, en: Small}, solve: 1d}}
services:
  - {id: erp, name: {zh: 系统, en: System}, class: small, measured_by: {job: erp, instances: ["a:1", "b:1"]}, availability: {objective: 99.5}}
  - {id: close, name: {zh: 结账, en: Close}, class: small, closed_by: {book: nc, working_day: 3, time: "12:15"}}
thresholds: {HostCpuBusy: {ratio: 0.9}}
)");
  REQUIRE(contract);
  CHECK(contract->organisation.zh == "集团");
  CHECK(contract->time_zone == "Europe/Berlin");
  CHECK(contract->targets.prometheus == Release{3, 5});
  CHECK(contract->targets.grafana == Release{9, 0});
  CHECK(contract->business_hours.days == std::array{false, false, false, false, false, true, true});
  CHECK(contract->business_hours.hours.from == 570min);
  CHECK(contract->close_window.days_of_month == std::vector<std::pair<int, int>>{{26, 31}, {1, 1}});
  CHECK(contract->close_window.weight == 5);
  CHECK(contract->most_maintenance == 8h);
  REQUIRE(contract->maintenance.size() == 1);
  CHECK(contract->maintenance[0].to - contract->maintenance[0].from == 4h);
  CHECK(std::get<ByTargets>(*contract->services[0].measured_by).instances == std::vector<std::string>{"a:1", "b:1"});
  CHECK(contract->services[1].closed_by->working_day == 3);
  CHECK(contract->services[1].closed_by->time == 735min);
  CHECK(contract->thresholds.at("HostCpuBusy").values.at("ratio") == 0.9);
}

TEST_CASE("contract: what is wrong is said with its place and what was expected") {
  CHECK(refused("version: 1", "version: 2") == "version: this program reads version 1");
  CHECK(refused("  ordinary:\n", "  ordinary fault:\n") ==
        "classes: expected an id (a letter, then letters, digits, _, - and .), found 'ordinary fault'");
  CHECK(refused("first_diagnosis: 2h", "first_diagnoses: 2h") ==
        "classes.major: unknown key 'first_diagnoses'; did you mean 'first_diagnosis'?");
  CHECK(refused("    first_diagnosis: 2h\n", "") == "classes.major: promises nothing: give answer, first_diagnosis or solve");
  CHECK(refused("policy: at_once", "policy: at_one") ==
        "severities.severe.policy: no policy 'at_one'; did you mean 'at_once'?");
  CHECK(refused("tell: manager, by: [sms]", "tell: boss, by: [sms]") ==
        "policies.by_mail[2].tell: no duty 'boss'; there are manager, on_call, team");
  CHECK(refused("by: [sms, dingtalk]", "by: [sms, dingdong]") ==
        "policies.at_once[0].by: no channel 'dingdong'; there are email, dingtalk, wecom, feishu, sms, voice, http");
  CHECK(refused("by: [sms, dingtalk]", "by: []") == "policies.at_once[0].by: expected at least one channel");
  CHECK(refused("after: 30m, unless: acknowledged", "after: 3m, unless: acknowledged") ==
        "policies.by_mail[2].after: earlier than the step before it");
  CHECK(refused("unless: acknowledged", "unless: solved") == "policies.by_mail[1].unless: expected 'acknowledged'");
  CHECK(refused("people: [zhang.wei, wang.fang]", "people: [zhang.wee]") ==
        "duties.team.people: no person 'zhang.wee'; did you mean 'zhang.wei'?");
  CHECK(refused("rota: rota.csv, ", "") == "duties.on_call: expected either 'people' or 'rota'");
  CHECK(refused(R"(hand_over: "09:00")", R"(hand_over: "25:00")") ==
        "duties.on_call.hand_over: expected a time of day such as \"08:00\", found '25:00'");
  CHECK(refused(R"(phone: "13800000001")", R"(phone: "138 0000")") ==
        "people.zhang.wei.phone: expected a number in quotes, digits alone, such as \"13800000001\"");
  CHECK(refused(R"("26-31")", R"("31-26")") ==
        R"(calendar.close_window.days_of_month: expected days of a month such as "26-31", found '31-26')");
  CHECK(refused("mon, tue", "mon, tues") == "calendar.business_hours.days: no day 'tues'; did you mean 'tue'?");
  CHECK(refused(R"(to: "20:00")", R"(to: "07:00")") == "calendar.business_hours.to: expected a later time than 'from'");
  CHECK(refused("planned: []", "planned: [{id: M, from: 2026-02-30T10:00, to: 2026-03-01T10:00}]") ==
        "calendar.maintenance.planned[0].from: expected a date and a time such as 2026-12-06T22:00, found '2026-02-30T10:00'");
  CHECK(refused("planned: []", "planned: [{id: M, services: [nc], from: 2026-02-20T10:00, to: 2026-03-01T10:00}]") ==
        "the maintenance M: services: no service 'nc'; there are voucher_entry, reports, database, month_end_close");
  CHECK(refused(R"(prometheus: "2.42")", R"(prometheus: "2.30")") ==
        "targets.prometheus: expected a version in quotes, \"2.42\" or newer, found '2.30'");
  CHECK(refused("{flow: tryton_voucher_entry}", "{flow: a, database: b}") ==
        "services[0].measured_by: expected one of 'flow', 'database' and 'job'");
  CHECK(refused("{flow: tryton_voucher_entry}", "{job: erp}") ==
        "services[0].measured_by.instances: expected those that must answer; one that nobody expects cannot be missed");
  CHECK(refused("    measured_by: {flow: tryton_voucher_entry}\n", "") ==
        "services[0]: 'measured_by' must say what tells whether it works");
  CHECK(refused("{flow: tryton_voucher_entry}", "{database: erp}") == "services[0]: latency needs a flow to measure it");
  CHECK(refused("objective: 99.9,", "objective: 999,")
            .starts_with("services[0].availability.objective: expected a number from 50"));
  CHECK(refused("id: reports", "id: voucher_entry") == "services[1].id: a second service 'voucher_entry'");
  CHECK(refused("    class: ordinary", "    class: ordinry") ==
        "the service reports: class: no class 'ordinry'; did you mean 'ordinary'?");
  CHECK(refused("languages: [zh, en]", "languages: [fr]") == "organisation.languages: expected zh and en, found 'fr'");
  CHECK(refused("name: {zh: 凭证录入, en: Voucher entry}", "name: Voucher entry") ==
        "services[0].name: expected a map, found \"Voucher entry\"");
}
