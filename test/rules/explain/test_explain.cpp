#include "rules/tool/explain/explain.h"

#include <algorithm>

#include "conf/yaml.h"
#include "core/files.h"
#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

Contract contract() {
  Result<Contract> read = load_contract(test_folder("../rules/sla.yaml"));
  if (!read) FAIL(read.error().message);
  return std::move(*read);
}

const std::vector<Area>& catalogue() {
  static const std::vector<Area> kAreas = *load_areas(test_folder("../rules/alerts"));
  return kAreas;
}

LocalTime at(std::string_view text) { return parse_local_time(text).value(); }

Explanation told(const Contract& contract, const std::string& alert, std::string_view when, const std::string& service = "") {
  Result<Explanation> found = explain(contract, catalogue(), {.alert = alert, .service = service, .at = at(when)});
  if (!found) FAIL(found.error().message);
  return std::move(*found);
}

std::string refused(const Contract& contract, const std::string& alert, const std::string& service = "") {
  const Result<Explanation> found = explain(contract, catalogue(), {alert, service, at("2026-12-01 10:00")});
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Errc::config);
  return found.error().message;
}

Maintenance planned(std::string id, std::vector<std::string> services, std::string_view from, std::string_view to) {
  return {std::move(id), std::move(services), at(from), at(to), {"sla.yaml", 40, 7}};
}

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

}  // namespace

TEST_CASE("explain: the steps of a severe alert stand at their hours, with who is on duty then") {
  // Five minutes later is after the hand-over of 30 November at 09:00.
  const Contract shipped = contract();
  const Explanation one = told(shipped, "DatabaseDisconnected", "2026-11-30 08:56", "database");
  REQUIRE(one.steps.size() == 3);
  CHECK(one.begins == at("2026-11-30 08:56"));
  CHECK(one.steps[0].people.at(0)->id == "zhang.wei");
  CHECK(one.steps[1].at == at("2026-11-30 09:01"));
  CHECK(one.steps[1].people.at(0)->id == "wang.fang");
  CHECK(one.steps[1].by == std::vector{Channel::voice});
  CHECK(one.steps[1].unless_acknowledged);
  CHECK(one.steps[2].at == at("2026-11-30 09:11"));
  CHECK(one.steps[2].people.at(0)->id == "li.na");
  REQUIRE(one.deadlines.size() == 1);
  CHECK(one.deadlines[0].kind == Deadline::Kind::first_diagnosis);
  CHECK(one.deadlines[0].until == at("2026-11-30 10:56"));
  CHECK(one.mailed == std::vector<std::string>{"zhang.wei@example.com", "wang.fang@example.com"});
  CHECK(one.delays.empty());
  CHECK(one.service->id == "database");
}

TEST_CASE("explain: a light alert is mailed by Alertmanager itself, and a gap of the rota is said") {
  const Contract shipped = contract();
  const Explanation one = told(shipped, "HostOverloaded", "2026-11-20 08:50");
  REQUIRE(one.steps.size() == 3);
  CHECK(one.steps[0].by_alertmanager);
  CHECK(one.mailed.empty());
  CHECK(one.mail.repeat == 4h);
  CHECK(one.steps[1].people.empty());
  CHECK(one.deadlines.size() == 2);
  CHECK(has(page_of(shipped, one, "en"), "Engineer on duty: NOBODY: the rota has a gap here"));
  CHECK(has(page_of(shipped, one, "zh"), "值班工程师：无人值班"));
  CHECK(std::any_of(one.explainers.begin(), one.explainers.end(),
                    [](const Explainer& by) { return by.alert->id == "HostCpuBusy"; }));
}

TEST_CASE("explain: maintenance puts everything off to its end, and one may follow another") {
  Contract with = contract();
  with.maintenance = {planned("M1", {"database"}, "2026-12-06 22:00", "2026-12-07 02:00"),
                      planned("M2", {}, "2026-12-07 01:00", "2026-12-07 03:00"),
                      planned("M3", {"reports"}, "2026-12-07 02:00", "2026-12-07 09:00")};
  const Explanation one = told(with, "DatabaseDisconnected", "2026-12-06 23:00", "database");
  CHECK(one.begins == at("2026-12-07 03:00"));
  REQUIRE(one.delays.size() == 2);
  CHECK(one.delays[0].maintenance->id == "M1");
  CHECK(one.delays[1].maintenance->id == "M2");
  CHECK(one.steps[1].at == at("2026-12-07 03:05"));
  CHECK(one.deadlines[0].until == at("2026-12-07 05:00"));
  CHECK(has(page_of(with, one, "en"), "Planned maintenance M1: nobody is told before 2026-12-07 02:00\n"));
  // Of another service, and of none: only what is announced for all.
  CHECK(told(with, "DatabaseDisconnected", "2026-12-06 23:00", "voucher_entry").delays.empty());
  CHECK(told(with, "DatabaseDisconnected", "2026-12-07 02:30").begins == at("2026-12-07 03:00"));
  CHECK(told(with, "DatabaseDisconnected", "2026-12-07 03:00").delays.empty());
}

TEST_CASE("explain: business hours, over a weekend, and where maintenance ends outside them") {
  Contract with = contract();
  with.severities.at("light").business_hours_only = true;
  CHECK(told(with, "HostOverloaded", "2026-12-04 19:59").begins == at("2026-12-04 19:59"));  // a Friday
  CHECK(told(with, "HostOverloaded", "2026-12-04 20:00").begins == at("2026-12-07 08:00"));
  CHECK(told(with, "HostOverloaded", "2026-12-07 07:59").begins == at("2026-12-07 08:00"));
  with.maintenance = {planned("M", {}, "2026-12-03 18:00", "2026-12-03 22:00")};
  const Explanation one = told(with, "HostOverloaded", "2026-12-03 19:00");
  CHECK(one.begins == at("2026-12-04 08:00"));
  CHECK(one.delays.size() == 2);
  CHECK(has(page_of(with, one, "en"), "Outside business hours: nobody is told before 2026-12-04 08:00\n"));
  CHECK(told(with, "DatabaseDisconnected", "2026-12-05 23:00").delays.empty());
}

TEST_CASE("explain: steps are counted in time that passes where clocks change") {
  Contract with = contract();
  with.time_zone = "Europe/Berlin";  // 28 March 2027: 02:00 becomes 03:00
  CHECK(told(with, "DatabaseDisconnected", "2027-03-28 01:50").steps[2].at == at("2027-03-28 03:05"));
}

TEST_CASE("explain: whole pages in both languages") {
  const Contract shipped = contract();
  const Explanation one = told(shipped, "DatabaseDisconnected", "2026-12-24 18:00", "database");
  CHECK(page_of(shipped, one, "en").substr(page_of(shipped, one, "en").find("\n\nIt fires")) == R"(

It fires at 2026-12-24 18:00 (Asia/Shanghai), having been true for 1m

Who is told
  2026-12-24 18:00  at once  Engineer on duty: Zhang Wei (SMS 13800000001, DingTalk)
  2026-12-24 18:00  at once  Operations team: a copy by e-mail, sent by Alertmanager itself: zhang.wei@example.com, wang.fang@example.com
  2026-12-24 18:05  +5m  Engineer on duty: Zhang Wei (telephone 13800000001), unless acknowledged
  2026-12-24 18:15  +15m  Operations manager: Li Na (SMS 13800000003, telephone 13800000003), unless acknowledged
  The e-mail comes again every 2h

What is promised
  first diagnosis by 2026-12-24 20:00 (2h)
)");
  const std::string page = page_of(shipped, one, "zh");
  CHECK(
      page.starts_with("DatabaseDisconnected：数据库 <target> 连接中断\n  级别：严重 (severe)；策略 at_once\n"
                       "  类别：重大故障 (major)\n  服务：财务数据库 (database)\n  处置手册："));
  CHECK(has(page, "rules/runbooks/DatabaseDisconnected.zh-CN.md\n"));
  CHECK(read_file(runbook_path(*one.alert, "zh")));
  CHECK(has(page, "2026-12-24 18:05  +5m  值班工程师：张伟 (电话 13800000001)，若届时未认领\n"));
  CHECK(has(page, "初步诊断截止 2026-12-24 20:00 (2h)\n"));
}

TEST_CASE("explain: the heartbeat tells nobody") {
  const Contract shipped = contract();
  const Explanation one = told(shipped, "Watchdog", "2026-12-24 18:00");
  CHECK(one.steps.empty());
  CHECK(page_of(shipped, one, "en").ends_with("Nobody is told of it itself.\n"));
}

TEST_CASE("explain: a contract without channels still says who") {
  Contract with = contract();
  with.channels.reset();
  const Explanation one = told(with, "HostOverloaded", "2026-12-01 10:00");
  CHECK_FALSE(one.steps[0].by_alertmanager);
  CHECK(one.steps[0].people.size() == 2);
  CHECK_FALSE(has(page_of(with, one, "en"), "Alertmanager"));
}

TEST_CASE("explain: what it does not know is said") {
  Contract with = contract();
  CHECK(refused(with, "DatabaseDisconected") == "no alert 'DatabaseDisconected'; did you mean 'DatabaseDisconnected'?");
  CHECK(has(refused(with, "Nothing at all"), "index.md lists all of them"));
  CHECK(refused(with, "HostCpuBusy", "dtabase") == "no service 'dtabase'; did you mean 'database'?");
  CHECK(has(refused(with, "HostCpuBusy", "xyz"), "no service 'xyz'; there are voucher_entry, reports"));
  with.time_zone = "Asia/Shanghia";
  CHECK(has(refused(with, "HostCpuBusy"),
            "organisation.time_zone: unknown time zone 'Asia/Shanghia'; did you mean 'Asia/Shanghai'?"));
  with = contract();
  with.duties.at("on_call").rota = "lost.csv";
  CHECK(has(refused(with, "HostCpuBusy"), "lost.csv"));
}
