#include <chrono>

#include "incident/case_test.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace std::chrono_literals;
using finwatch::test::a_contract;
using finwatch::test::CaseTest;
using finwatch::test::Labels;

namespace {

const Labels kDatabase{{"service", "database"}, {"severity", "severe"}, {"fault_class", "major"}, {"target", "erp"}};
const Labels kCpu{{"area", "host"}, {"instance", "db1:19600"}, {"severity", "light"}, {"fault_class", "ordinary"}};

}  // namespace

TEST_CASE("casebook: a severe fault is received, classified, assigned, and told at once") {
  CaseTest test;
  test.fire("DatabaseDisconnected", kDatabase, test.now - 20s);
  CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
  CHECK(test.lines() == "received classified assigned step");
  const Incident& incident = test.incident(1);
  CHECK(incident.number() == "INC-1");
  CHECK(incident.state == State::assigned);
  CHECK(incident.assigned == "zhang.wei");
  CHECK(incident.fault_class == "major");
  CHECK(incident.service == "database");
  CHECK(incident.where == "erp");
  CHECK(incident.title.zh == "DatabaseDisconnected（中文）");
  CHECK(incident.title.en == "DatabaseDisconnected");
  CHECK(incident.began == test.now - 20s);
  CHECK(incident.firing == 1);
  CHECK(test.counter("finwatch_incidents_opened_total", R"(fault_class="major",service="database",severity="severe")") == 1);
}

TEST_CASE("casebook: steps follow unless it is acknowledged, voice last") {
  CaseTest test;
  test.fire("DatabaseDisconnected", kDatabase);
  test.told();
  SECTION("nobody acknowledges") {
    test.wait(4min + 59s);
    CHECK(test.told().empty());
    test.wait(1s);
    CHECK(test.told() == "voice zhang.wei");
    test.wait(10min);
    CHECK(test.told() == "sms li.na, voice li.na");
    test.wait(40min);
    CHECK(test.told().empty());
  }
  SECTION("somebody does") {
    test.wait(3min);
    REQUIRE(test.act(ActionKind::acknowledge, 1));
    test.wait(40min);
    CHECK(test.told().empty());
    CHECK(test.incident(1).state == State::acknowledged);
    CHECK(test.incident(1).acknowledged_by == "zhang.wei");
    CHECK(test.counter("finwatch_incident_seconds_sum", R"(fault_class="major",clock="answer")") == 180);
  }
}

TEST_CASE("casebook: a light fault rings nobody, and its clocks warn by mail") {
  CaseTest test;
  test.fire("HostCpuBusy", kCpu);
  CHECK(test.told().empty());  // Alertmanager mails the first step
  test.wait(15min);
  CHECK(test.told() == "warning: email zhang.wei, warning: email wang.fang");
  CHECK(test.lines() == "received classified assigned step warned_half");
  test.wait(9min);
  CHECK(test.told().find("dingtalk [zhang.wei]") != std::string::npos);
  test.wait(6min);
  const std::string told = test.told();
  CHECK(told.find("sms li.na") != std::string::npos);
  CHECK(told.find("breach: sms li.na") != std::string::npos);
  CHECK(test.counter("finwatch_sla_breaches_total", R"(fault_class="ordinary",clock="answer")") == 1);
}

TEST_CASE("casebook: retries, replays and another Alertmanager's copies page once") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  test.told();
  for (int i = 0; i < 5; ++i) {
    test.wait(1s);
    test.fire("DatabaseDisconnected", kDatabase, starts);
  }
  CHECK(test.told().empty());
  CHECK(test.incident(1).firing == 1);
  test.clear("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.told() == "resolved: dingtalk [zhang.wei]");
  test.clear("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.told().empty());
  // The other Alertmanager is late with what it has to say.
  test.wait(2s);
  test.fire("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.told().empty());
  test.clear("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.incident(1).firing == 0);
  CHECK(test.incident(1).state == State::resolved);
  CHECK(test.casebook.next_id() == 2);
}

TEST_CASE("casebook: a false end after a restart of Prometheus keeps the incident and its clock") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  REQUIRE(test.act(ActionKind::acknowledge, 1));
  test.wait(10min);
  test.clear("DatabaseDisconnected", kDatabase, starts);
  test.wait(15s);
  test.told();
  test.lines();
  test.fire("DatabaseDisconnected", kDatabase, test.now);  // with a new startsAt
  CHECK(test.told().empty());
  CHECK(test.lines() == "refired");
  const Incident& incident = test.incident(1);
  CHECK(incident.began == starts);
  CHECK(incident.state == State::acknowledged);
  CHECK_FALSE(incident.resolved);
  CHECK(incident.reopened == 0);
  CHECK(incident.rests.empty());
  // Whoever heard that it is over hears that it is not.
  test.wait(29s);
  CHECK(test.told().empty());
  test.wait(1s);
  CHECK(test.told() == "joined: dingtalk [zhang.wei]");
  test.wait(5min);
  CHECK(test.told().empty());
}

TEST_CASE("casebook: resolved, verified after the hold-down, closed a day later; then another incident") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  test.wait(20min);
  test.clear("DatabaseDisconnected", kDatabase, starts);
  test.lines();
  test.wait(9min + 59s);
  CHECK(test.incident(1).state == State::resolved);
  test.wait(1s);
  CHECK(test.incident(1).state == State::verified);
  CHECK(test.counter("finwatch_incident_seconds_sum", R"(fault_class="major",clock="solve")") == 1200);
  test.wait(24h);
  CHECK(test.incident(1).state == State::closed);
  CHECK(test.incident(1).outcome == Outcome::solved);
  CHECK(test.lines() == "verified closed");
  CHECK(test.counter("finwatch_incidents_total", R"(fault_class="major",service="database",outcome="solved")") == 1);
  CHECK(test.counter("finwatch_incidents_fixed_first_time_total", R"(fault_class="major")") == 1);
  test.wait(24h);
  CHECK(test.casebook.find(1) == nullptr);
  test.fire("DatabaseDisconnected", kDatabase);
  CHECK(test.incident(2).number() == "INC-2");
}

TEST_CASE("casebook: what comes again after the hold-down is reopened, and told from the beginning") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  REQUIRE(test.act(ActionKind::diagnose, 1, "the disk of the log is full"));
  test.wait(20min);
  test.clear("DatabaseDisconnected", kDatabase, starts);
  const bool closed = GENERATE(false, true);
  test.wait(closed ? 24h + 11min : 2h);
  REQUIRE(test.incident(1).state == (closed ? State::closed : State::verified));
  test.told();
  test.lines();
  test.fire("DatabaseDisconnected", kDatabase);
  CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
  const Incident& incident = test.incident(1);
  CHECK(incident.reopened == 1);
  CHECK(incident.state == State::assigned);
  CHECK_FALSE(incident.acknowledged);
  CHECK_FALSE(incident.diagnosed);
  REQUIRE(incident.rests.size() == 1);
  CHECK(incident.rests[0].from == starts + 20min);
  CHECK(incident.rests[0].to == test.now);
  // The time to a diagnosis counts anew, the time to the solution goes on without the rest.
  const std::vector<ClockReading> clocks = Clocks(incident, *test.contract).read(test.now + 30min);
  REQUIRE(clocks.size() == 1);
  CHECK(clocks[0].used == 30min);
  CHECK(Clocks(incident, *test.contract).used(ClockKind::solve, test.now + 30min) == 50min);
  CHECK(test.counter("finwatch_incidents_reopened_total", R"(fault_class="major")") == 1);
}

TEST_CASE("casebook: alerts of one service are one incident; a graver one starts its own policy") {
  CaseTest test;
  const Labels slow{{"service", "database"}, {"severity", "light"}, {"fault_class", "ordinary"}, {"target", "erp"}};
  test.fire("DatabaseQueriesSlow", slow);
  CHECK(test.incident(1).fault_class == "ordinary");
  REQUIRE(test.act(ActionKind::acknowledge, 1));
  test.told();
  test.wait(3min);
  test.lines();
  test.fire("DatabaseDisconnected", kDatabase);
  CHECK(test.casebook.next_id() == 2);
  CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
  CHECK(test.lines() == "joined policy step");
  CHECK(test.incident(1).fault_class == "major");
  CHECK(test.incident(1).severity == "severe");
  CHECK(test.incident(1).title.en == "DatabaseDisconnected");
  CHECK_FALSE(test.incident(1).acknowledged);
  CHECK(test.incident(1).firing == 2);
  CHECK(test.incident(1).alerts == 2);
}

TEST_CASE("casebook: a storm in one incident is told every five minutes at most") {
  CaseTest test;
  test.fire("DatabaseDisconnected", kDatabase);
  test.told();
  std::string told;
  for (int i = 0; i < 100; ++i) {
    Labels labels = kDatabase;
    labels["relation"] = std::to_string(i);
    test.wait(6s);
    test.fire("TableBloated", labels);
    told += test.told();
  }
  CHECK(test.incident(1).firing == 101);
  std::size_t joined = 0;
  for (std::size_t at = 0; (at = told.find("joined: dingtalk", at)) != std::string::npos; ++at) ++joined;
  CHECK(joined == 2);
  CHECK(told.find("joined: sms") == std::string::npos);
}

TEST_CASE("casebook: what people do, and what they cannot") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.act(ActionKind::acknowledge, 7).error().code == Errc::no_data);
  CHECK(test.act(ActionKind::diagnose, 1, "  ").error().code == Errc::malformed);
  CHECK(test.act(ActionKind::note, 1, std::string(2001, 'x')).error().code == Errc::malformed);
  CHECK(test.act(ActionKind::note, 1, "\xff").error().code == Errc::malformed);
  CHECK(test.act(ActionKind::assign, 1, "", "nobody").error().code == Errc::malformed);
  CHECK(test.act(ActionKind::verify, 1).error().code == Errc::config);
  CHECK(test.act(ActionKind::reopen, 1).error().code == Errc::config);
  CHECK(test.act(ActionKind::close, 1).error().code == Errc::config);  // it still fires
  CHECK(test.act(ActionKind::merge, 1, "", "INC-1").error().code == Errc::malformed);
  CHECK(test.incident(1).state == State::assigned);
  test.lines();
  CHECK(test.act(ActionKind::assign, 1, "", "wang.fang"));
  CHECK(test.act(ActionKind::acknowledge, 1, "", "", "wang.fang"));
  CHECK(test.act(ActionKind::acknowledge, 1, "", "", "wang.fang"));  // a page that is sent twice
  CHECK(test.act(ActionKind::diagnose, 1, "the log disk is full"));
  CHECK(test.lines() == "assigned acknowledged diagnosed");
  CHECK(test.incident(1).diagnosis == "the log disk is full");
  test.clear("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.act(ActionKind::verify, 1));
  CHECK(test.act(ActionKind::close, 1, "log rotation was off"));
  CHECK(test.act(ActionKind::close, 1));
  CHECK(test.act(ActionKind::acknowledge, 1).error().code == Errc::config);
  CHECK(test.lines() == "cleared resolved verified closed");
}

TEST_CASE("casebook: said to be resolved while it fires, it is reopened after the hold-down") {
  CaseTest test;
  test.fire("DatabaseDisconnected", kDatabase);
  REQUIRE(test.act(ActionKind::resolve, 1, "restarted"));
  CHECK(test.incident(1).state == State::resolved);
  test.told();
  test.wait(10min);
  CHECK(test.incident(1).reopened == 1);
  CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
}

TEST_CASE("casebook: a false alarm is closed, is no fault, and does not come back with its alerts") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  REQUIRE(test.act(ActionKind::false_alarm, 1, "the test of the test"));
  CHECK(test.incident(1).outcome == Outcome::false_alarm);
  CHECK(test.counter("finwatch_incidents_total", R"(fault_class="major",service="database",outcome="false_alarm")") == 1);
  CHECK(test.counter("finwatch_incidents_fixed_first_time_total", R"(fault_class="major")") == 0);
  test.told();
  test.wait(15min);
  test.fire("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.told().empty());
  test.clear("DatabaseDisconnected", kDatabase, starts);
  test.wait(1min);
  test.fire("DatabaseDisconnected", kDatabase);
  CHECK(test.incident(2).state == State::assigned);
  CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
}

TEST_CASE("casebook: merged, its alerts belong to the other one") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("HostCpuBusy", kCpu, starts);
  test.fire("DatabaseDisconnected", kDatabase, starts);
  REQUIRE(test.act(ActionKind::merge, 1, "the same cause", "INC-2"));
  CHECK(test.incident(1).outcome == Outcome::merged);
  CHECK(test.incident(1).merged_into == 2);
  CHECK(test.incident(2).firing == 2);
  test.clear("DatabaseDisconnected", kDatabase, starts);
  CHECK(test.incident(2).state < State::resolved);
  test.clear("HostCpuBusy", kCpu, starts);
  CHECK(test.incident(2).state == State::resolved);
  test.wait(1min);
  test.fire("HostCpuBusy", kCpu);  // goes where it was merged into
  CHECK(test.incident(2).firing == 1);
  CHECK(test.casebook.next_id() == 3);
  CHECK(test.act(ActionKind::reopen, 1).error().code == Errc::config);
}

TEST_CASE("casebook: when the heartbeat stops, an incident tells at once; when it comes again it is resolved") {
  const auto contract = a_contract();
  contract->heartbeat = Heartbeat{"Watchdog", 4min};
  CaseTest test(contract);
  test.fire("Watchdog", {});
  CHECK(test.told().empty());
  for (int i = 0; i < 10; ++i) {
    test.wait(1min);
    test.fire("Watchdog", {});
  }
  CHECK(test.casebook.next_id() == 1);
  test.wait(3min + 59s);
  CHECK(test.told().empty());
  test.wait(1s);
  CHECK(test.told() == "heartbeat: sms zhang.wei, heartbeat: dingtalk [zhang.wei]");
  CHECK(test.casebook.heartbeat_silent());
  CHECK(test.incident(1).title.en.find("heartbeat") != std::string::npos);
  test.wait(1min);
  test.fire("Watchdog", {});
  test.wait(1s);
  CHECK(test.told() == "resolved: dingtalk [zhang.wei]");
  CHECK_FALSE(test.casebook.heartbeat_silent());
  CHECK(test.incident(1).state == State::resolved);
}

TEST_CASE("casebook: the heartbeat's own end is its silence, at once") {
  const auto contract = a_contract();
  contract->heartbeat = Heartbeat{"Watchdog", 4min};
  CaseTest test(contract);
  const WallTime starts = test.now;
  test.fire("Watchdog", {}, starts);
  test.wait(1min);
  test.clear("Watchdog", {}, starts);
  test.wait(1s);
  CHECK(test.told() == "heartbeat: sms zhang.wei, heartbeat: dingtalk [zhang.wei]");
}

TEST_CASE("casebook: in planned maintenance nobody is told and no clock runs") {
  const auto contract = a_contract();
  // 10:00 to 12:00 in Shanghai is 02:00 to 04:00 in UTC, when the test begins.
  contract->maintenance = {{"M-1", {"database"}, *parse_local_time("2026-11-23 10:00"), *parse_local_time("2026-11-23 12:00")}};
  CaseTest test(contract);
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  test.wait(1h);
  CHECK(test.told().empty());
  SECTION("over before the maintenance is") {
    test.clear("DatabaseDisconnected", kDatabase, starts);
    test.wait(2h);
    CHECK(test.told().empty());
  }
  SECTION("still there afterwards") {
    test.wait(1h + 1s);
    CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
    CHECK(Clocks(test.incident(1), *contract).read(test.now)[0].used == 1s);
  }
}

TEST_CASE("casebook: in a gap of the rota somebody is told all the same") {
  const auto contract = a_contract();
  contract->duties["on_call"].people.clear();
  contract->duties["on_call"].rota =
      *read_rota("from,person\n2026-11-01,zhang.wei\n2026-11-20,\n2026-12-20,wang.fang\n", "rota.csv", 9h);
  CaseTest test(contract);
  test.fire("DatabaseDisconnected", kDatabase);
  CHECK(test.told() == "sms li.na, dingtalk [li.na]");
  CHECK(test.lines().find("not_told") != std::string::npos);
}

TEST_CASE("casebook: what Alertmanager says no more is asked for, and ends when it has forgotten it") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  test.wait(31min);
  CHECK(test.casebook.overdue(test.now).empty());
  test.wait(1s);
  const std::vector<std::string> overdue = test.casebook.overdue(test.now);
  REQUIRE(overdue == std::vector{CaseTest::fingerprint("DatabaseDisconnected", kDatabase)});
  Decisions out(test.counters);
  test.casebook.audited(overdue, {overdue[0]}, test.now, out);  // silenced, and still there
  CHECK(test.casebook.overdue(test.now).empty());
  CHECK(out.timeline.empty());
  test.wait(32min);
  test.casebook.audited(test.casebook.overdue(test.now), {}, test.now, out);
  CHECK(test.incident(1).state == State::resolved);
  CHECK(out.alerts.size() == 1);
}

TEST_CASE("casebook: restored, it goes on as if nothing had been") {
  CaseTest test;
  const WallTime starts = test.now;
  const Decisions opened = test.fire("DatabaseDisconnected", kDatabase, starts);
  test.wait(2min);
  Casebook other(test.contract, {}, test.now);
  other.restore({test.incident(1)}, opened.alerts, test.casebook.next_id());
  Decisions out(test.counters);
  other.tick(test.now, out);
  CHECK(out.messages.empty());
  other.receive({.receiver = "", .alerts = {test.alert("DatabaseDisconnected", kDatabase, true, starts)}, .truncated = 0},
                test.now, out);
  CHECK(out.messages.empty());
  other.tick(starts + 5min, out);
  REQUIRE(out.messages.size() == 1);
  CHECK(out.messages[0].channel == ChannelKind::voice);
}

TEST_CASE("casebook: unknown severities and classes are taken for grave, not for nothing") {
  CaseTest test;
  test.fire("Strange", {{"severity", "catastrophic"}, {"fault_class", "cosmic"}});
  CHECK(test.incident(1).severity == "severe");
  CHECK(test.incident(1).fault_class == "ordinary");
  CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
}

TEST_CASE("casebook: a graver alert soon after the end of a light one calls its own people") {
  CaseTest test;
  const Labels light{{"service", "database"}, {"severity", "light"}};
  const WallTime starts = test.now;
  test.fire("DatabaseSlow", light, starts);
  test.wait(1min);
  test.clear("DatabaseSlow", light, starts);
  test.wait(1min);
  test.told();
  test.fire("DatabaseDisconnected", kDatabase);
  CHECK(test.casebook.next_id() == 2);
  CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
  test.wait(5min);
  CHECK(test.told() == "voice zhang.wei");
}

TEST_CASE("casebook: what is graver now, and too late already, is a breach at once") {
  CaseTest test;
  const Labels ordinary{{"service", "reports"}, {"severity", "severe"}, {"fault_class", "ordinary"}};
  const Labels major{{"service", "reports"}, {"severity", "severe"}, {"fault_class", "major"}};
  test.fire("ReportsLate", ordinary);
  test.wait(3h);
  test.lines();
  test.fire("ReportsGone", major);
  test.wait(0s);
  CHECK(test.lines() == "joined breached");
  CHECK(test.counter("finwatch_sla_breaches_total", R"(fault_class="major",clock="diagnose")") == 1);
}

TEST_CASE("casebook: an alert that begins again without an end fires once, where it is now") {
  CaseTest test;
  const WallTime starts = test.now;
  test.fire("DatabaseDisconnected", kDatabase, starts);
  REQUIRE(test.act(ActionKind::false_alarm, 1));
  test.wait(1min);
  const Decisions out = test.fire("DatabaseDisconnected", kDatabase, test.now);
  CHECK(test.incident(1).firing == 0);
  CHECK(test.incident(2).firing == 1);
  REQUIRE(out.alerts.size() == 2);
  CHECK_FALSE(out.alerts[0].firing);
  CHECK(out.alerts[0].starts == starts);
  CHECK(out.alerts[1].firing);
}

TEST_CASE("casebook: restored, an alert is as it was said last, whichever beginning that had") {
  CaseTest test;
  const WallTime early = test.now, late = test.now + 10s;
  test.wait(1min);
  std::vector<AlertRecord> records;
  for (const Decisions& out :
       {test.fire("DatabaseDisconnected", kDatabase, late), test.fire("DatabaseDisconnected", kDatabase, early),
        test.clear("DatabaseDisconnected", kDatabase, early)})
    for (const AlertRecord& record : out.alerts) {
      std::erase_if(records, [&](const AlertRecord& one) { return one.starts == record.starts; });
      records.push_back(record);
    }
  REQUIRE(test.incident(1).firing == 0);
  Casebook again(test.contract, {}, test.now);
  again.restore({test.incident(1)}, records, 2);
  CHECK(again.overdue(test.now + 24h).empty());
}

TEST_CASE("casebook: a silent heartbeat is no better for a restart, a merger or a word") {
  const auto contract = a_contract();
  contract->heartbeat = Heartbeat{"Watchdog", 4min};
  CaseTest test(contract);
  test.wait(4min);
  REQUIRE(test.casebook.heartbeat_silent());
  test.fire("HostCpuBusy", kCpu);
  SECTION("restarted, it is waited for still") {
    const Incident incident = test.incident(1);
    test.casebook = Casebook(contract, {}, test.now);
    test.casebook.restore({incident}, {}, 3);
    test.told();
    test.wait(1min);
    CHECK(test.casebook.heartbeat_silent());
    CHECK(test.incident(1).state == State::assigned);
    CHECK(test.told().find("resolved") == std::string::npos);
    test.fire("Watchdog", {});
    test.wait(1s);
    CHECK(test.incident(1).state == State::resolved);
  }
  SECTION("it stays by itself") {
    CHECK(test.act(ActionKind::merge, 1, "", "2").error().code == Errc::config);
    CHECK(test.act(ActionKind::merge, 2, "", "1").error().code == Errc::config);
  }
  SECTION("as a false alarm it is not said again and again") {
    REQUIRE(test.act(ActionKind::false_alarm, 1));
    test.wait(1h);
    CHECK(test.casebook.next_id() == 3);
    CHECK(test.casebook.heartbeat_silent());
    test.fire("Watchdog", {});
    test.wait(1s);
    CHECK_FALSE(test.casebook.heartbeat_silent());
    test.wait(4min);
    CHECK(test.casebook.next_id() == 4);
  }
  SECTION("resolved, it is watched over after a restart") {
    test.fire("Watchdog", {});
    test.wait(1s);
    const Incident incident = test.incident(1);
    test.casebook = Casebook(contract, {}, test.now);
    test.casebook.restore({incident}, {}, 3);
    test.wait(4min);
    CHECK(test.incident(1).state < State::resolved);
    CHECK(test.casebook.heartbeat_silent());
  }
}

TEST_CASE("casebook: time after a false alarm and after the solution counts for no clock") {
  CaseTest test;
  test.fire("DatabaseDisconnected", kDatabase);
  SECTION("closed as a false alarm, and reopened") {
    test.wait(10min);
    REQUIRE(test.act(ActionKind::false_alarm, 1));
    test.wait(1h);
    REQUIRE(test.act(ActionKind::reopen, 1));
    CHECK(test.incident(1).rests == std::vector<Span>{{test.now - 1h, test.now}});
  }
  SECTION("acknowledged when it was solved long ago") {
    test.wait(1min);
    test.clear("DatabaseDisconnected", kDatabase, test.now - 1min);
    test.wait(1h);
    REQUIRE(test.act(ActionKind::acknowledge, 1));
    CHECK(test.counter("finwatch_incident_seconds_sum", R"(fault_class="major",clock="answer")") == 60);
  }
}

TEST_CASE("casebook: what is closed is said to be closed before it is forgotten") {
  CaseTest test(a_contract(), {.hold_down = 0s, .reopen_within = 0s});
  test.fire("DatabaseDisconnected", kDatabase);
  Decisions out(test.counters);
  REQUIRE(test.casebook.act({ActionKind::false_alarm, 1, "zhang.wei", "page", "", ""}, test.now, out));
  test.casebook.tick(test.now, out);
  REQUIRE(out.changed.contains(1));
  REQUIRE(test.casebook.find(1) != nullptr);
  test.wait(1min);
  CHECK(test.casebook.find(1) == nullptr);
}
