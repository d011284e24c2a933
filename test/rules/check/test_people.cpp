#include "rules/check/subject_text.h"

using namespace finwatch;
using namespace finwatch::test;

TEST_CASE("check: everybody whom a step names has what its channels need") {
  CHECK(with_contract("email: b@example.com, phone: \"13800000002\"", "email: b@example.com") ==
        Said{"sla.yaml:18:7: error: policies.by_mail[1]: sms cannot reach b. Give people.b.phone [reach]",
             "sla.yaml:20:7: error: policies.at_once[0]: sms cannot reach b. Give people.b.phone [reach]",
             "sla.yaml:21:7: error: policies.at_once[1]: sms cannot reach b. Give people.b.phone [reach]"});
  CHECK(with_contract("by: [sms]}\n  at_once", "by: [feishu]}\n  at_once") ==
        Said{"sla.yaml:18:7: error: policies.by_mail[1].by: 'feishu' is not set up: say how under channels.feishu [reach]",
             "sla.yaml:24:6: warning: policies.by_mail[1]: feishu cannot call b by name. Give people.b.feishu [reach]"});
  CHECK(with_contract("b@example.com", "b.example.com") ==
        Said{"sla.yaml:24:6: error: people.b.email: expected an address with an @, found 'b.example.com' [reach]"});
  CHECK(with_contract("13800000002", "1380000000") == Said{"sla.yaml:24:6: warning: people.b.phone: '1380000000' is no mobile "
                                                           "number of mainland China (11 digits, 13 to 19). Others "
                                                           "begin with + and the code of the country [reach]"});
  CHECK(with_contract("13800000002", "+85291234567") == Said{});
}

TEST_CASE("check: what is defined is used") {
  CHECK(with_contract("severities:\n", "severities:\n  idle: {name: {zh: 闲, en: Idle}, policy: by_mail}\n") ==
        Said{"sla.yaml:13:9: warning: severities.idle: no alert has it. Use it, or take it away [reach]"});
  CHECK(with_contract("policies:\n", "policies:\n  idle: [{after: 0s, tell: manager, by: [email]}]\n") ==
        Said{"sla.yaml:16:10: warning: policies.idle: no severity names it. Use it, or take it away [reach]"});
  CHECK(with_contract("people:\n", "people:\n  idle: {name: {zh: 闲, en: Idle}}\n") ==
        Said{"sla.yaml:23:9: warning: people.idle: no duty and no rota names it. Use it, or take it away [reach]"});
  CHECK(with_contract("duties:\n", "duties:\n  idle: {name: {zh: 闲, en: Idle}, people: [a]}\n") ==
        Said{"sla.yaml:26:9: warning: duties.idle: no step tells it. Use it, or take it away [reach]"});
  CHECK(with_contract("classes:\n", "classes:\n  idle: {name: {zh: 闲, en: Idle}, solve: 4h}\n") ==
        Said{"sla.yaml:11:9: warning: classes.idle: no service and no alert has it. Use it, or take it away [reach]"});
}

TEST_CASE("check: somebody is on duty at every hour of the next thirty days") {
  const auto with_rota = [](const std::string& lines, std::string_view now = "2026-12-01 10:00") {
    CheckFolder folder;
    folder.write("rota.csv", "from,person\n" + lines);
    return folder.check(std::string(kContract), std::string(kArea), now);
  };
  CHECK(with_rota("2026-11-23,a\n") == Said{});
  CHECK(with_rota("2026-12-02,a\n") == Said{"rota.csv:2:1: error: duties.on_call: nobody is on duty from 2026-12-01 10:00 to "
                                            "2026-12-02 09:00. Write somebody into the "
                                            "rota [rota]"});
  CHECK(with_rota("2026-11-23,a\n2026-12-24,\n2026-12-27,b\n2027-03-01,a\n") ==
        Said{"rota.csv:3:1: error: duties.on_call: nobody is on duty from 2026-12-24 09:00 to 2026-12-27 09:00. Write somebody "
             "into the "
             "rota [rota]"});
  CHECK(with_rota("2026-11-23,a\n2027-01-10,\n2027-01-11,a\n2027-06-01,a\n") == Said{});
  CHECK(with_rota("2026-11-23,a\n2026-11-30,b\n") == Said{"rota.csv:3:1: warning: duties.on_call: the plan ends, and b stays "
                                                          "on duty after 2026-12-07 09:00. Write down who follows "
                                                          "[rota]"});
  CHECK(with_rota("2026-11-23,a\n2027-06-01,carl\n") ==
        Said{"rota.csv:3:1: error: the rota: no person 'carl'; there are a, b [rota]"});
  CHECK(with_rota("2026-11-23,a\n2026-11-22,b\n") ==
        Said{"sla.yaml:26:12: error: duties.on_call.rota: rota.csv:3: not later than the line before it [rota]"});
  CheckFolder folder;
  folder.remove("rota.csv");
  const Said none = folder.check(std::string(kContract), std::string(kArea));
  REQUIRE(none.size() == 1);
  CHECK(none[0].starts_with("sla.yaml:26:12: error: duties.on_call.rota: cannot read the rota rota.csv: "));
}

TEST_CASE("check: announced work fits into what a month excuses") {
  CHECK(
      with_contract("to: 2026-12-06T02:00", "to: 2026-12-06T05:30") ==
      Said{"sla.yaml:9:9: error: the maintenance M1: in 2026-12 the work on erp takes 9h30m, and "
           "calendar.maintenance.most_per_month "
           "excuses 8h: 1h30m count as downtime. Shorten a window, move one into another month, or agree on more [calendar]"});
  CHECK(with_contract("to: 2026-12-06T02:00", "to: 2026-12-06T05:30", "2026-12-07 10:00") == Said{});  // it is history
  // Two that overlap count once; one over the end of a month counts in both.
  CHECK(with_contract("to: 2026-12-06T02:00}",
                      "to: 2026-12-06T02:00}\n      - {id: M2, from: 2026-12-05T21:00, to: 2026-12-06T03:00}") == Said{});
  CHECK(with_contract("from: 2026-12-05T20:00, to: 2026-12-06T02:00", "from: 2027-03-31T17:00, to: 2027-04-01T07:00") ==
        Said{"sla.yaml:9:9: warning: the maintenance M1: 2027-03-31 is a day of the close window, on which an hour counts 5 "
             "times. "
             "Choose another day [calendar]"});
  CHECK(with_contract("to: 2026-12-06T02:00}",
                      "to: 2026-12-06T02:00}\n      - {id: M1, from: 2027-01-05T21:00, to: 2027-01-05T22:00}") ==
        Said{"sla.yaml:10:9: error: a second maintenance 'M1'. Name it otherwise [calendar]"});
  CHECK(
      with_contract("hand_over: \"09:00\"", "hand_over: \"03:00\"") ==
      Said{
          "sla.yaml:26:12: warning: duties.on_call.hand_over: outside business hours: the one who goes cannot tell the one who "
          "comes. Choose an hour at which both are there [calendar]"});
}
