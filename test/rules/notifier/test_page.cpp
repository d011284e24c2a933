#include "rules/tool/notifier/page.h"

#include <cstdlib>
#include <ctime>

#include "incident_text.h"
#include "rules/tool/notifier/time.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules::notifier;
using namespace finwatch::test;
using Catch::Matchers::Contains;
using std::chrono::seconds;

namespace {

// The clock on the wall as in Shanghai, for as long as it lives.
class InShanghai {
 public:
  InShanghai() : had_(std::getenv("TZ") != nullptr ? std::getenv("TZ") : "") { set("Asia/Shanghai"); }
  ~InShanghai() { set(had_.c_str()); }
  InShanghai(const InShanghai&) = delete;
  InShanghai& operator=(const InShanghai&) = delete;

 private:
  static void set(const char* zone) {
    if (*zone == '\0')
      ::unsetenv("TZ");
    else
      ::setenv("TZ", zone, 1);
    ::tzset();
  }
  std::string had_;
};

std::string list_of(std::string_view incidents) { return R"({"incidents":[)" + std::string(incidents) + "]}"; }
std::string list_of_one() { return list_of(std::string(kOneIncident) + "}"); }
std::string all_of_one() { return R"({"incident":)" + std::string(kOneIncident) + std::string(kItsLines) + "}}"; }

ClockReading clock_at(long long limit, long long used) {
  return {.clock = "answer", .limit = seconds{limit}, .used = seconds{used}, .deadline = {}, .stopped = {}};
}

}  // namespace

TEST_CASE("notifier: an incident is read to the last clock") {
  const auto incidents = read_incidents(list_of_one());
  REQUIRE(incidents);
  REQUIRE(incidents->size() == 1);
  const Incident& one = incidents->front();
  CHECK(one.number == "INC-42");
  CHECK(one.title.zh == "凭证录入失败");
  CHECK(one.began == parse_instant("2026-11-27T13:05:09Z"));
  CHECK_FALSE(one.resolved);
  CHECK(one.merged_into.empty());
  CHECK(one.alerts == 3);
  REQUIRE(one.clocks.size() == 2);
  CHECK(one.clocks[0].stopped);
  CHECK(one.clocks[1].used == seconds{720});
}

TEST_CASE("notifier: a row an incident, with what is left of its running clocks") {
  const auto incidents = read_incidents(list_of_one());
  REQUIRE(incidents);
  CHECK(incident_table(*incidents, Language::en, 0) ==
        "NUMBER  STATE         SEVERITY  SERVICE        WHAT                       CLOCKS                 WHO\n"
        "INC-42  acknowledged  severe    voucher_entry  Voucher entry fails (erp)  solve 3 h 48 min left  zhang.wei\n");
  CHECK(incident_table(*incidents, Language::zh, 0) ==
        "编号    状态    级别    业务           内容                时限                   负责人\n"
        "INC-42  已认领  severe  voucher_entry  凭证录入失败 (erp)  解决剩 3 小时 48 分钟  zhang.wei\n");
  CHECK_THAT(incident_table(*incidents, Language::en, 90), Contains("Voucher ent…  solve"));
  CHECK(incident_table({}, Language::zh, 0) == "没有事件。\n");
  CHECK(incident_line(incidents->front(), Language::en) ==
        "INC-42 acknowledged (zhang.wei): Voucher entry fails (erp); solve 3 h 48 min left\n");
}

TEST_CASE("notifier: the whole of an incident, in the language and by the clock of who reads") {
  const InShanghai here;
  const auto file = read_incident(all_of_one());
  REQUIRE(file);
  CHECK(incident_page(*file, Language::zh, 0) ==
        R"(INC-42  凭证录入失败 (erp)
  状态      已认领
  故障类别  ordinary
  级别      severe
  业务      voucher_entry
  告警      FlowFailed，触发 1 / 共 3
  时限      响应用时 5 分钟，时限 30 分钟
  时限      解决剩 3 小时 48 分钟，至 2026-11-28 01:05:09
  开始      2026-11-27 21:05:09
  接报      2026-11-27 21:05:40
  认领      2026-11-27 21:10:09  zhang.wei
  重新打开  1 次

告警
  触发  FlowFailed  severe  2026-11-27 21:05:09    flow=voucher target=erp

时间线
  2026-11-27 21:05:40  接报        alertmanager
  2026-11-27 21:05:41  通知已送达  finwatch （短信）   王芳
  2026-11-27 21:10:09  已认领      zhang.wei （链接）

送达
  D17  短信  通知  wang.fang  已送达  第 2 次  2026-11-27 21:05:44  OK
)");
  const std::string english = incident_page(*file, Language::en, 0);
  CHECK_THAT(english, Contains("clock         answer 5 min of 30 min\n") && Contains("until 2026-11-28 01:05:09\n") &&
                          Contains("told          finwatch (sms)") && Contains("attempt 2"));
}

TEST_CASE("notifier: what a clock says") {
  ClockReading clock = clock_at(1800, 1080);
  CHECK(clock_text(clock, Language::en) == "answer 12 min left");
  CHECK(clock_text(clock, Language::zh) == "响应剩 12 分钟");
  clock.paused = true;
  CHECK(clock_text(clock, Language::en) == "answer 12 min left (paused)");
  CHECK(clock_text(clock_at(1800, 1980), Language::en) == "answer over by 3 min");
  CHECK(clock_text(clock_at(1800, 1980), Language::zh) == "响应超时 3 分钟");
  CHECK(clock_text(clock_at(1800, 1800), Language::en) == "answer over by 0 s");
  CHECK(clock_text(clock_at(1800, 1799), Language::en) == "answer 1 s left");
  ClockReading stopped = clock_at(1800, 1980);
  stopped.stopped = WallTime{};
  CHECK(clock_text(stopped, Language::en) == "answer over by 3 min, of 30 min");
  ClockReading other = clock_at(60, 0);
  other.clock = "lunch";
  CHECK(clock_text(other, Language::zh) == "lunch剩 1 分钟");
}

TEST_CASE("notifier: lengths are never rounded up") {
  CHECK(length_text(seconds{59}, Language::en) == "59 s");
  CHECK(length_text(seconds{119}, Language::en) == "1 min");
  CHECK(length_text(seconds{3600}, Language::en) == "1 h");
  CHECK(length_text(seconds{3659}, Language::en) == "1 h");
  CHECK(length_text(seconds{7500}, Language::zh) == "2 小时 5 分钟");
  CHECK(length_text(seconds{86'400 + 3'600 * 3 + 59}, Language::en) == "1 d 3 h");
}

TEST_CASE("notifier: times with fractions and offsets are read, others are none") {
  const auto base = parse_instant("2026-11-27T13:05:09Z");
  REQUIRE(base);
  CHECK(whole_seconds(*base) == "2026-11-27T13:05:09Z");
  CHECK(parse_instant("2026-11-27T21:05:09+08:00") == base);
  CHECK(parse_instant("2026-11-27T07:35:09-05:30") == base);
  CHECK(parse_instant("2026-11-27T13:05:09.250Z") == *base + std::chrono::milliseconds{250});
  CHECK(whole_seconds(*parse_instant("2026-11-27T13:05:09.999999999999Z")) == "2026-11-27T13:05:09Z");
  for (const char* wrong : {"", "2026-11-27", "2026-11-27T13:05:09", "2026-11-27 13:05:09Z", "2026-02-30T13:05:09Z",
                            "2026-11-27T24:05:09Z", "2026-11-27T13:60:09Z", "2026-11-27T13:05:09.Z", "2026-11-27T13:05:09.5",
                            "2026-11-27T13:05:09+8:00", "2026-11-27T13:05:09+08:00 ", "2026-11-27T1a:05:09Z"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_instant(wrong));
  }
  const InShanghai here;
  CHECK(parse_moment("2026-11-27T21:05") == *base - seconds{9});
  CHECK(parse_moment("2026-11-27T13:05:09Z") == base);
  CHECK_FALSE(parse_moment("tomorrow"));
  CHECK(local_text(*base) == "2026-11-27 21:05:09");
}

TEST_CASE("notifier: who is on duty, until when, and where the rota has a gap") {
  const InShanghai here;
  const auto on_call = read_on_call(R"({"duties":[
    {"duty":"on_call","name":{"zh":"值班工程师","en":"Engineer on duty"},"people":[{"id":"wang.fang","name":{"zh":"王芳","en":"Wang Fang"}}],
     "until":"2026-11-28T01:00:00Z"},
    {"duty":"manager","name":{"zh":"运维经理","en":"Operations manager"},"people":[],"until":null}],"next_gap":"2026-12-01T01:00:00Z"})");
  REQUIRE(on_call);
  CHECK(on_call_page(*on_call, Language::zh) ==
        "值班工程师  王芳 (wang.fang)    至 2026-11-28 09:00:00\n"
        "运维经理    无人（排班表空缺）\n"
        "下一次无人值班：2026-12-01 09:00:00\n");
  CHECK_THAT(on_call_page(*on_call, Language::en), Contains("Wang Fang (wang.fang)") && Contains("nobody: a gap of the rota"));
}

TEST_CASE("notifier: CSV is for spreadsheets, and no cell of it is a formula") {
  auto incidents = read_incidents(list_of_one());
  REQUIRE(incidents);
  incidents->front().title.en = R"(=HYPERLINK("x"),1)";
  const std::string csv = incident_csv(*incidents, Language::en);
  CHECK(csv ==
        "number,state,outcome,service,fault_class,severity,title,where,alertname,area,began,received,acknowledged,"
        "acknowledged_by,diagnosed,diagnosis,resolved,verified,closed,assigned,reopened,firing,alerts,merged_into,"
        "answer_limit_seconds,answer_used_seconds,first_diagnosis_limit_seconds,first_diagnosis_used_seconds,"
        "solve_limit_seconds,solve_used_seconds\r\n"
        "INC-42,acknowledged,open,voucher_entry,ordinary,severe,\"'=HYPERLINK(\"\"x\"\"),1\",erp,FlowFailed,workflow,"
        "2026-11-27T13:05:09Z,2026-11-27T13:05:40Z,2026-11-27T13:10:09Z,zhang.wei,,,,,,,1,1,3,,1800,300,,,14400,720\r\n");
}

TEST_CASE("notifier: an answer that cannot be read is named with its place") {
  const auto fault = [](const auto& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::malformed);
    return result.error().message;
  };
  CHECK_THAT(fault(read_incidents("<html>")), Contains("not JSON"));
  CHECK_THAT(fault(read_incidents("{}")), Contains("no 'incidents'"));
  CHECK_THAT(fault(read_incidents(R"({"incidents":{}})")), Contains("no 'incidents'"));
  CHECK_THAT(fault(read_incidents("[]")), Contains("no 'incidents'"));
  CHECK_THAT(fault(read_incidents(list_of("7"))), Contains("answer.incidents[0]: expected a map"));
  CHECK_THAT(fault(read_incidents(list_of(R"({"number":"INC-1"})"))), Contains("incidents[0].state: expected a text"));
  CHECK_THAT(fault(read_incidents(list_of(R"({"number":"INC-1","state":"closed","began":"yesterday"})"))),
             Contains("incidents[0].began: expected a time"));
  CHECK_THAT(fault(read_incidents(
                 list_of(R"({"number":"INC-1","state":"closed","clocks":[{"clock":"answer","limit_seconds":"x"}]})"))),
             Contains("clocks[0].limit_seconds: expected a number"));
  CHECK_THAT(fault(read_incidents(list_of(R"({"number":"INC-1","state":"closed","firing":1e300})"))),
             Contains("firing: expected a number"));
  CHECK_THAT(fault(read_incident(R"({"incident":null})")), Contains("no 'incident'"));
  CHECK_THAT(fault(read_on_call(R"({"duties":[{"duty":"a","people":[{}]}]})")), Contains("duties[0].people[0].id"));
}
