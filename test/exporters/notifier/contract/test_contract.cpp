#include "notifier/contract/contract.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "core/files.h"
#include "policy_text.h"
#include "support/changed.h"
#include "support/test_folder.h"

namespace finwatch::notifier {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using test::changed;

// A folder with a notifier.yml and its rota.
class Compiled {
 public:
  Compiled(std::string_view policy, std::string_view rota) {
    std::filesystem::create_directories(folder_ / "rota");
    std::ofstream(folder_ / "notifier.yml") << policy;
    std::ofstream(folder_ / "rota/chief.csv") << rota;
  }
  ~Compiled() { std::filesystem::remove_all(folder_); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  std::string path() const { return folder_ / "notifier.yml"; }

 private:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("finwatch-contract-" + std::to_string(getpid()));
};

std::string with_rota() {
  return changed(kPolicy, "people: [\"li.na\"]\n", "rota: \"rota/chief.csv\"\n    hand_over: \"09:00\"\n");
}

}  // namespace

TEST_CASE("contract: the policy that is made of rules/sla.yaml is read") {
  const auto loaded = load_contract(test::test_folder("../rules/generated/notifier.yml"));
  if (!loaded) FAIL(loaded.error().message);
  const Contract& contract = **loaded;
  CHECK(contract.organisation.zh == "集团财务部");
  CHECK(contract.zone.name() == "Asia/Shanghai");
  CHECK(contract.languages == std::vector<std::string>{"zh", "en"});
  CHECK(contract.says_again_every == 15min);
  REQUIRE(contract.heartbeat);
  CHECK(contract.heartbeat->alert == "Watchdog");
  REQUIRE(contract.fault_class("ordinary") != nullptr);
  CHECK(contract.fault_class("ordinary")->answer == nanoseconds{30min});
  CHECK_FALSE(contract.fault_class("ordinary")->first_diagnosis);
  CHECK(contract.severity("severe")->rank > contract.severity("light")->rank);
  const std::vector<Step>& steps = contract.steps("severe");
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].by == std::vector{ChannelKind::sms, ChannelKind::dingtalk});
  CHECK_FALSE(steps[0].unless_acknowledged);
  CHECK(steps[1].unless_acknowledged);
  CHECK(contract.steps("light")[0].mailed_by_alertmanager);
  CHECK(contract.steps("light")[0].by.empty());
  CHECK(contract.service("month_end_close")->fault_class == "major");
  CHECK(contract.person("li.na")->phone == "13800000003");
  // Monday, 30 November 2026: handed over at nine.
  const LocalTime monday = *parse_local_time("2026-11-30T09:00");
  CHECK(contract.on_duty("on_call", contract.zone.instant(monday) - 1s) == std::vector<std::string>{"zhang.wei"});
  CHECK(contract.on_duty("on_call", contract.zone.instant(monday)) == std::vector<std::string>{"wang.fang"});
}

TEST_CASE("contract: every key of the policy comes to its place") {
  const auto read = good_policy(kPolicy);
  const Contract& contract = *read;
  CHECK(contract.languages == std::vector<std::string>{"en", "zh"});
  CHECK(contract.business_hours.days == std::array<bool, 7>{true, true, false, false, false, false, true});
  CHECK(contract.business_hours.from == 9h + 30min);
  CHECK(contract.business_hours.to == 24h);
  REQUIRE(contract.maintenance.size() == 2);
  CHECK(contract.maintenance[0].services == std::vector<std::string>{"books"});
  CHECK(contract.maintenance[0].from == *parse_local_time("2026-12-06T22:00"));
  CHECK(contract.maintenance[1].services.empty());
  CHECK(contract.classes.at("major").solve == nanoseconds{24h * 7});
  CHECK(contract.severity("light")->business_hours_only);
  CHECK_FALSE(contract.severity("severe")->business_hours_only);
  CHECK(contract.steps("severe")[1].after == 90min);
  CHECK(contract.steps("light")[1].after == 24h);
  CHECK(contract.steps("unknown").empty());
  CHECK(contract.severity("unknown") == nullptr);
  CHECK(contract.service("unknown") == nullptr);
  CHECK(contract.person("unknown") == nullptr);
  CHECK(contract.fault_class("unknown") == nullptr);
  CHECK(contract.person("li.na")->dingtalk == "manager7");
  CHECK(contract.person("li.na")->wecom == "LiNa");
  CHECK(contract.person("li.na")->feishu == "ou_7");
  CHECK(contract.on_duty("team", WallTime{}) == std::vector<std::string>{"li.na", "zhang.wei"});
  CHECK(contract.on_duty("unknown", WallTime{}).empty());
  CHECK_FALSE(contract.next_gap(WallTime{}, 24h * 365));
}

TEST_CASE("contract: what need not be there may be missing") {
  std::string text = changed(kPolicy, "  heartbeat:\n    alert: \"Watchdog\"\n    silent_after: 4m\n", "");
  text = changed(text, "services:\n  - id: \"books\"\n    name: {zh: \"账簿\", en: \"Books\"}\n    class: \"major\"\n",
                 "services: []\n");
  const std::size_t planned = text.find("  maintenance:");
  text.replace(planned, text.find("classes:") - planned, "  maintenance: []\n");
  const auto contract = good_policy(text);
  CHECK_FALSE(contract->heartbeat);
  CHECK(contract->services.empty());
  CHECK(contract->maintenance.empty());
}

TEST_CASE("contract: a policy may be called as one likes") {
  const std::string renamed =
      changed(changed(kPolicy, "policy: \"by_mail\"", "policy: \"by mail\""), "  by_mail:", "  by mail:");
  CHECK(good_policy(renamed)->steps("light").size() == 2);
}

TEST_CASE("contract: lengths are read as they are written") {
  for (const auto& [text, length] :
       {std::pair{"0s", nanoseconds{0}}, std::pair{"1w", nanoseconds{24h * 7}}, std::pair{"2w", nanoseconds{24h * 14}},
        std::pair{"1y", nanoseconds{24h * 365}}, std::pair{"8d", nanoseconds{24h * 8}},
        std::pair{"1d2h3m4s5ms", nanoseconds{93'784'005ms}}})
    CHECK(good_policy(changed(kPolicy, "1w", text))->classes.at("major").solve == length);
  for (const char* const wrong : {"w", "1.5w", "-1w", "1", "soon", "9999999999999y", "\"\""})
    CHECK_THAT(refusal(changed(kPolicy, "solve: 1w", std::string("solve: ") + wrong)),
               Contains("made/notifier.yml:31:12: classes.major.solve: "));
}

TEST_CASE("contract: the gravest severity is the one that rings at once, then sooner, then the first by name") {
  std::string text(kPolicy);
  text = changed(text, "severities:\n",
                 "severities:\n"
                 "  a_hours:\n    name: {zh: a, en: a}\n    policy: at_once\n    when: business_hours\n"
                 "  b_later:\n    name: {zh: b, en: b}\n    policy: later\n    when: always\n"
                 "  c_mail:\n    name: {zh: c, en: c}\n    policy: mail\n    when: always\n"
                 "  d_mail:\n    name: {zh: d, en: d}\n    policy: mail\n    when: always\n"
                 "  z_urgent:\n    name: {zh: z, en: z}\n    policy: at_once\n    when: always\n");
  text = changed(text, "policies:\n",
                 "policies:\n  later:\n    - {after: 5m, tell: chief, by: [dingtalk]}\n"
                 "  mail:\n    - {after: 0s, tell: chief, by: [email]}\n");
  const auto contract = good_policy(text);
  std::map<int, std::string> order;
  for (const auto& [id, severity] : contract->severities) order[-severity.rank] = id;
  std::vector<std::string> names;
  for (const auto& [rank, id] : order) names.push_back(id);
  CHECK(names == std::vector<std::string>{"severe", "z_urgent", "a_hours", "b_later", "light", "c_mail", "d_mail"});
  CHECK(contract->severity("d_mail")->rank == 0);
}

TEST_CASE("contract: what is wrong is named with its place") {
  struct Case {
    const char* from;
    const char* to;
    const char* says;
  };
  const Case cases[] = {
      {"version: 1", "version: 2", "notifier.yml:2:10: version: expected a whole number from 1 to 1"},
      {"version: 1\n", "", "version: must be given"},
      {"organisation:", "organization:", "notifier.yml:3:1: unknown key 'organization'; did you mean 'organisation'?"},
      {"Europe/Berlin", "Europe/Berln", "notifier.yml:5:14: organisation.time_zone: unknown time zone 'Europe/Berln'; did you"},
      {"[\"en\", \"zh\"]", "[\"fr\"]", "languages: expected zh and en, found 'fr'"},
      {"[\"en\", \"zh\"]", "[]", "languages: expected zh, en or both"},
      {"  heartbeat:", "  heartbaet:", "notifier.yml:9:3: alertmanager: unknown key 'heartbaet'; did you mean 'heartbeat'?"},
      {"silent_after: 4m", "silent_after: often", "alertmanager.heartbeat.silent_after: expected a length of time"},
      {"[\"sun\", \"mon\", \"sat\"]", "[\"sonntag\"]", "no day 'sonntag'; there are sun, mon"},
      {"[\"sun\", \"mon\", \"sat\"]", "[]", "days: expected at least one of mon"},
      {"from: \"09:30\"", "from: \"24:30\"", "calendar.business_hours.from: expected a time of day"},
      {"to: \"24:00\"", "to: \"09:30\"", "calendar.business_hours.to: expected a later time than 'from'"},
      {"services: [\"books\"]", "services: [\"book\"]",
       "calendar.maintenance[0].services: no service 'book'; did you mean 'books'?"},
      {"2026-12-07T02:00", "2026-12-06T22:00", "calendar.maintenance[0].to: expected a later time than 'from'"},
      {"2026-12-07T02:00", "2026-13-07T02:00", "calendar.maintenance[0].to: expected a date and a time"},
      {"    answer: 30m\n    first_diagnosis: 2h\n    solve: 1w\n", "", "classes.major: promises nothing"},
      {"first_diagnosis", "first_diagnosys", "classes.major: unknown key 'first_diagnosys'; did you mean 'first_diagnosis'?"},
      {"policy: \"by_mail\"", "policy: \"by_mial\"", "severities.light.policy: no policy 'by_mial'; did you mean 'by_mail'?"},
      {"when: \"business_hours\"", "when: \"sometimes\"", "severities.light.when: expected 'always' or 'business_hours'"},
      {"after: 1h30m", "after: 1h30", "policies.at_once[1].after: expected a length of time"},
      {"says_again_every: 15m", "says_again_every: 290y",
       "alertmanager.says_again_every: expected ten years at most, found '290y'"},
      {"by: []\n      by_alertmanager: [\"email\"]\n    - after: 1d",
       "by: [\"email\"]\n    - after: 1d\n      tell: \"chief\"\n      by: [\"email\"]\n    - after: 1h",
       "policies.by_mail[2].after: earlier than the step before it"},
      {"unless: \"acknowledged\"", "unless: \"solved\"", "policies.at_once[1].unless: expected 'acknowledged'"},
      {"tell: \"chief\"", "tell: \"chef\"", "policies.at_once[0].tell: no duty 'chef'; did you mean 'chief'?"},
      {"[\"email\", \"dingtalk\"]", "[\"email\", \"dingtlak\"]",
       "policies.at_once[0].by: no channel 'dingtlak'; did you mean 'dingtalk'?"},
      {"[\"email\", \"dingtalk\"]", "[\"console\"]", "no channel 'console'"},
      {"[\"email\", \"dingtalk\"]", "[\"wecom\"]", "'wecom' is not set up: say how under channels.wecom"},
      {"[\"email\", \"dingtalk\"]", "[]", "policies.at_once[0].by: expected at least one channel"},
      {"by_alertmanager: [\"email\"]", "by_alertmanager: [\"sms\"]", "by_alertmanager: expected [email]"},
      {"    email: \"zhang.wei@example.com\"\n", "",
       "policies.at_once[1].by: email cannot reach zhang.wei: people.zhang.wei has no 'email'"},
      {"people: [\"li.na\", \"zhang.wei\"]", "people: [\"li.na\", \"zhang.wie\"]",
       "duties.team.people: no person 'zhang.wie'; did you mean 'zhang.wei'?"},
      {"people: [\"li.na\"]\n", "people: []\n", "duties.chief: expected either 'people' or 'rota'"},
      {"people: [\"li.na\"]\n", "rota: \"r.csv\"\n", "duties.chief.hand_over: must be given"},
      {"  li.na:\n    name", "  li na:\n    name", "people: expected an id"},
      {"name: {zh: \"李娜\", en: \"Li Na\"}", "name: {zh: \"李娜\"}", "people.li.na.name.en: must be given"},
      {"class: \"major\"", "class: \"mayor\"", "services[0].class: no class 'mayor'; did you mean 'major'?"},
      {"- id: \"books\"", "- id: \"b ks\"", "services[0].id: expected an id"},
      {"mail.example.com:587", "mail.example.com", "channels.email.smarthost: expected host:port"},
      {"    user: \"finwatch\"\n", "", "channels.email: 'user' and 'password_file' go together"},
      {"most_per_minute: 20", "most_per_minute: 0", "channels.dingtalk.most_per_minute: expected a whole number from 1"},
      {"    url_file: \"/etc/finwatch/dingtalk.url\"\n", "", "channels.dingtalk.url_file: must be given"},
      {"method: \"PUT\"", "method: \"PATCH\"", "channels.http.method: expected POST, PUT or GET, found 'PATCH'"},
      {"pointer: \"/code\"", "pointer: \"code\"", "channels.http.success.pointer: expected a JSON pointer"},
      {"  dingtalk:\n    url_file", "  dingtlak:\n    url_file", "channels: unknown key 'dingtlak'; did you mean 'dingtalk'?"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.from, one.to);
    const std::string message = refusal(changed(kPolicy, one.from, one.to));
    CHECK_THAT(message, Contains(one.says));
    CHECK_THAT(message, Contains("made/notifier.yml:"));
  }
}

TEST_CASE("contract: a second service of the same name, a section that is missing or of another kind") {
  const std::string service = "  - id: \"books\"\n    name: {zh: \"账簿\", en: \"Books\"}\n    class: \"major\"\n";
  CHECK_THAT(refusal(changed(kPolicy, service, service + service)), Contains("services[1].id: a second service 'books'"));
  for (const char* const section :
       {"organisation", "alertmanager", "calendar", "classes", "severities", "policies", "duties", "people", "channels"}) {
    CAPTURE(section);
    std::string text(kPolicy);
    const std::size_t from = text.find("\n" + std::string(section) + ":") + 1;
    std::size_t to = text.find('\n', from) + 1;
    while (to < text.size() && text[to] == ' ') to = text.find('\n', to) + 1;
    CHECK_THAT(refusal(text.substr(0, from) + text.substr(to)), Contains(std::string(section) + ": must be given"));
    CHECK_THAT(refusal(text.substr(0, from) + section + ": [x]\n" + text.substr(to)), Contains("expected a map, found a list"));
  }
  CHECK_THAT(refusal("version: 1\n"), Contains("organisation: must be given"));
  CHECK_THAT(refusal(changed(kPolicy, "  at_once:\n", "  none: []\n  at_once:\n")),
             Contains("policies.none: expected a list of steps"));
}

TEST_CASE("contract: a rota lies beside the file, and names people that are known") {
  const Compiled compiled(with_rota(), "from,person\n2026-11-23,li.na\n2026-11-30,\n2026-12-07,zhang.wei\n");
  const auto loaded = load_contract(compiled.path());
  if (!loaded) FAIL(loaded.error().message);
  const Contract& contract = **loaded;
  const auto at = [&](const char* text) { return contract.zone.instant(*parse_local_time(text)); };
  CHECK(contract.on_duty("chief", at("2026-11-23T09:00")) == std::vector<std::string>{"li.na"});
  CHECK(contract.on_duty("chief", at("2026-11-30T08:59")) == std::vector<std::string>{"li.na"});
  CHECK(contract.on_duty("chief", at("2026-11-30T09:00")).empty());
  CHECK(contract.on_duty("chief", at("2026-11-23T08:59")).empty());
  CHECK(contract.next_gap(at("2026-11-24T00:00"), 24h * 30) == at("2026-11-30T09:00"));
  CHECK_FALSE(contract.next_gap(at("2026-11-24T00:00"), 24h * 3));
  CHECK(contract.next_gap(at("2026-12-01T00:00"), 24h) == at("2026-12-01T00:00"));
  CHECK_FALSE(contract.next_gap(at("2026-12-07T09:00"), 24h * 30));
}

TEST_CASE("contract: a rota that is wrong, or not there") {
  {
    const Compiled compiled(with_rota(), "from,person\n2026-11-23,li.ma\n");
    const auto loaded = load_contract(compiled.path());
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().message, Contains("rota/chief.csv:2:1: the rota: no person 'li.ma'; did you mean 'li.na'?"));
  }
  {
    const Compiled compiled(with_rota(), "who,when\n");
    const auto loaded = load_contract(compiled.path());
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().message, Contains("rota/chief.csv:1: expected the heading 'from,person'"));
  }
  {
    const Compiled compiled(changed(with_rota(), "[\"email\", \"dingtalk\"]", "[\"email\"]"),
                            "from,person\n2026-11-23,zhang.wei\n");
    std::ofstream(compiled.path()) << changed(with_rota(), "    email: \"zhang.wei@example.com\"\n", "");
    const auto loaded = load_contract(compiled.path());
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().message, Contains("policies.at_once[0].by: email cannot reach zhang.wei"));
  }
  CHECK_THAT(refusal(with_rota()), Contains("duties.chief.rota: cannot read the rota made/rota/chief.csv"));
  CHECK_THAT(refusal(with_rota()), Contains("copy the whole folder of finwatch compile"));
}

TEST_CASE("contract: a file that is not there says who makes it") {
  const auto loaded = load_contract("/nonexistent/notifier.yml");
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Errc::config);
  CHECK_THAT(loaded.error().message, Contains("/nonexistent/notifier.yml"));
  CHECK_THAT(loaded.error().message, Contains("finwatch compile"));
}

TEST_CASE("contract: no damaged file is read as another one, or ends the program") {
  for (std::size_t length = 0; length < kPolicy.size(); length += 7) {
    const auto cut = read_policy(kPolicy.substr(0, length));
    if (cut) CHECK(length > kPolicy.find("channels:"));
  }
}

}  // namespace finwatch::notifier
