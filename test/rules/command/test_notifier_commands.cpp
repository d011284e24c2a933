// The commands that ask the notifier, as the program that a person starts.
#include <map>

#include "../notifier/incident_text.h"
#include "core/json.h"
#include "support/catch.h"
#include "support/fake_web.h"
#include "support/program.h"

using namespace finwatch;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

std::string one_incident() { return R"({"incident":)" + std::string(kOneIncident) + std::string(kItsLines) + "}}"; }

FakeAnswer desk(const FakeCall& call) {
  if (call.path == "/api/v1/incidents") return {.body = R"({"incidents":[)" + std::string(kOneIncident) + "}]}"};
  if (call.path == "/api/v1/incident" || call.body.find("INC-42") != std::string::npos) return {.body = one_incident()};
  if (call.path == "/api/v1/on-call")
    return {
        .body =
            R"({"duties":[{"duty":"on_call","name":{"zh":"值班","en":"On call"},"people":[],"until":null}],"next_gap":null})"};
  return {.code = 409, .body = R"({"error":"it is closed: reopen it first"})"};
}

Ended finwatch_of(std::vector<std::string> words, std::map<std::string, std::string> environment = {}) {
  return run_program_once("finwatch", std::move(words), {.environment = std::move(environment)});
}

// With the fake desk as its notifier.
Ended at_desk(const FakeWeb& web, std::vector<std::string> words) {
  return finwatch_of(std::move(words), {{"FINWATCH_NOTIFIER", web.url()}, {"LANG", "en_US.UTF-8"}, {"TZ", "UTC"}});
}

}  // namespace

TEST_CASE("command: incidents shows the open ones, or asks for others") {
  const FakeWeb web(desk);
  const Ended ended = at_desk(web, {"incidents"});
  CHECK(ended.status == 0);
  CHECK_THAT(ended.out, Contains("INC-42  acknowledged") && Contains("solve 3 h 48 min left"));
  CHECK(web.calls().back().query == "state=open&limit=100");
  CHECK(at_desk(web, {"incidents", "--state=all", "--class=major", "--before=INC-7", "--limit=1"}).error ==
        "older ones: --before=INC-42\n");
  CHECK(web.calls().back().query == "state=all&class=major&limit=1&before=7");
  CHECK_THAT(at_desk(web, {"incidents", "--csv"}).out, Contains("number,state") && Contains("\r\nINC-42,"));
  CHECK(Json::parse(at_desk(web, {"incidents", "--json"}).out));
  CHECK_THAT(at_desk(web, {"incidents", "--language", "zh"}).out, Contains("已认领"));
}

TEST_CASE("command: incidents with a number shows all of one") {
  const FakeWeb web(desk);
  const Ended ended = at_desk(web, {"incidents", "42"});
  CHECK(ended.status == 0);
  CHECK_THAT(ended.out, Contains("INC-42  Voucher entry fails (erp)") && Contains("Timeline") && Contains("Deliveries"));
  CHECK(web.calls().back().query == "id=INC-42");
  CHECK_THAT(at_desk(web, {"incidents", "INC-42", "--json"}).out, Contains("\"timeline\":["));
}

TEST_CASE("command: each verb posts its action") {
  const FakeWeb web(desk);
  const std::map<std::string, std::vector<std::string>> verbs = {{"acknowledge", {"ack"}},
                                                                 {"diagnose", {"diagnose", "--note=the disk"}},
                                                                 {"note", {"note", "--note", "the disk"}},
                                                                 {"resolve", {"resolve"}},
                                                                 {"verify", {"verify"}},
                                                                 {"close", {"close"}},
                                                                 {"false_alarm", {"false-alarm"}},
                                                                 {"reopen", {"reopen"}},
                                                                 {"assign", {"assign", "--to=wang.fang"}},
                                                                 {"merge", {"merge", "--into=41"}}};
  for (const auto& [action, words] : verbs) {
    CAPTURE(action);
    std::vector<std::string> line = words;
    line.insert(line.begin() + 1, "INC-42");
    const Ended ended = at_desk(web, line);
    CHECK(ended.status == 0);
    CHECK(ended.out == "INC-42 acknowledged (zhang.wei): Voucher entry fails (erp); solve 3 h 48 min left\n");
    const std::vector<FakeCall> calls = web.calls();
    CHECK(calls.back().path == "/api/v1/incident");
    const FakeCall& call = calls.at(calls.size() - 2);
    CHECK(call.path == "/api/v1/incident/act");
    CHECK_THAT(call.body, Contains(R"("action":")" + action + "\""));
    CHECK((call.body.find("the disk") != std::string::npos) == (action == "diagnose" || action == "note"));
  }
  CHECK_THAT(at_desk(web, {"merge", "42", "--into", "INC-41"}).error, Contains(""));
  const std::vector<FakeCall> calls = web.calls();
  CHECK_THAT(calls.at(calls.size() - 2).body, Contains(R"("target":"INC-41")"));
}

TEST_CASE("command: one that is refused does not hold up the others, and is told") {
  const FakeWeb web(desk);
  const Ended ended = at_desk(web, {"ack", "INC-7", "INC-42"});
  CHECK(ended.status == 1);
  CHECK(ended.error == "finwatch: INC-7: it is closed: reopen it first\n");
  CHECK_THAT(ended.out, Contains("INC-42 acknowledged"));
  CHECK(web.calls().size() == 3);
}

TEST_CASE("command: a wrong command line asks nothing and ends with 2") {
  const FakeWeb web(desk);
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"ack"}, "expected the number of an incident"},
      {{"ack", "INC-x"}, "found 'INC-x'"},
      {{"ack", "0"}, "found '0'"},
      {{"diagnose", "INC-42"}, "expected --note"},
      {{"assign", "INC-42"}, "--to wang.fang"},
      {{"merge", "INC-42"}, "--into INC-42"},
      {{"merge", "INC-42", "--into", "there"}, "found 'there'"},
      {{"resolve", "INC-42", "--user=wang.fang"}, "--password-file"},
      {{"resolve", "INC-42", "--user=wang.fang", "--password-file=/nonexistent"}, "/nonexistent"},
      {{"resolve", "INC-42", "--language=fr"}, "found 'fr'"},
      {{"resolve", "INC-42", "--notifier=desk"}, "found 'desk'"},
      {{"resolve", "INC-42", "--password=secret"}, "unknown flag"},
      {{"incidents", "--state=new"}, "found 'new'"},
      {{"incidents", "1", "2"}, "one number at most"},
      {{"incidents", "--json", "--csv"}, "give one of them"},
      {{"incidents", "--limit=0"}, "1 or more"},
      {{"incidents", "--before=x"}, "--before"},
      {{"on-call", "--at=noon"}, "found 'noon'"}};
  for (const auto& [words, said] : wrong) {
    CAPTURE(words);
    const Ended ended = at_desk(web, words);
    CHECK(ended.status == 2);
    CHECK_THAT(ended.error, Contains(said));
  }
  CHECK(web.calls().empty());
}

TEST_CASE("command: who acts is told by a file, and by nothing that others can list") {
  const TemporaryTree tree;
  tree.write("password", "s3cret\n");
  const FakeWeb web(desk);
  const Ended ended = at_desk(web, {"ack", "INC-42", "--user=zhang.wei", "--password-file", tree.path("password")});
  CHECK(ended.status == 0);
  CHECK(web.calls().back().headers.at("authorization") == "Basic emhhbmcud2VpOnMzY3JldA==");
}

TEST_CASE("command: on-call says who is on duty, in the language of the locale") {
  const FakeWeb web(desk);
  CHECK_THAT(at_desk(web, {"on-call"}).out, Contains("On call  nobody"));
  CHECK(at_desk(web, {"on-call", "--at", "2026-12-24T18:00"}).status == 0);
  CHECK(web.calls().back().query == "at=2026-12-24T18%3A00%3A00Z");
  const Ended chinese =
      finwatch_of({"on-call", "--notifier=" + web.url()}, {{"LANG", "en_US.UTF-8"}, {"LC_ALL", "zh_CN.UTF-8"}});
  CHECK_THAT(chinese.out, Contains("无人"));
}

TEST_CASE("command: every command is in the usage and answers --help") {
  const std::string usage = finwatch_of({"--help"}).out;
  for (const std::string name : {"incidents", "ack", "assign", "diagnose", "note", "resolve", "verify", "close", "false-alarm",
                                 "reopen", "merge", "on-call", "compile"}) {
    CAPTURE(name);
    CHECK_THAT(usage, Contains("\n  " + name + " "));
    const Ended ended = finwatch_of({name, "--help"});
    CHECK(ended.status == 0);
    CHECK_THAT(ended.out, Contains("finwatch " + name + ": "));
    if (name != "compile")
      CHECK_THAT(ended.out, Contains("--notifier") && Contains("--password-file") && Contains("--language"));
  }
}
