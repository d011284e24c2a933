#include <filesystem>

#include "conf/yaml.h"
#include "core/files.h"
#include "rules/tool/compile/compile.h"
#include "rules/tool/compile/inhibition.h"
#include "rules/tool/compile/routing.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kAreas = R"(area: db
name: {zh: 数据库, en: Databases}
alerts:
  - id: Down
    title: {zh: "{{ $labels.target }} 断开", en: "{{ $labels.target }} is down"}
    text: {zh: 说明, en: Text}
    expr: up == 0
    severity: severe
    class: major
    inhibits:
      - {alerts: [Slow], same: [target]}
    firing: [{series: {'up{target="a"}': "0x9"}, at: 7m, labels: {target: a}}]
    silent: [{series: {'up{target="a"}': "1x9"}, at: 7m}]
  - id: Slow
    title: {zh: 慢, en: "Slow | <b>"}
    text: {zh: 慢, en: Slow}
    expr: slow == 1
    severity: light
    class: ordinary
    awaits: finwatch-middleware
    firing: [{series: {'slow{target="a"}': "1x9"}, at: 7m, labels: {target: a}}]
    silent: [{series: {'slow{target="a"}': "0x9"}, at: 7m}]
  - id: Beat
    title: {zh: 心跳, en: Heartbeat}
    text: {zh: 心跳, en: Heartbeat}
    expr: vector(1)
    severity: light
    class: ordinary
    heartbeat: true
    firing: [{series: {'a': "1x9"}, at: 7m}]
    silent: [{series: {'a': "0x9"}, at: 7m}]
)";

std::vector<Area> areas(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "a.yaml", {.substitute_environment = false});
  REQUIRE(tree);
  Result<Area> area = read_area(*tree);
  if (!area) FAIL(area.error().message);
  return {std::move(*area)};
}

Contract contract() {
  Result<Contract> read = load_contract(test_folder("../rules/sla.yaml"));
  if (!read) FAIL(read.error().message);
  return std::move(*read);
}

using Maker = Result<std::vector<File>> (*)(const Contract&, const std::vector<Area>&);

std::string made(Maker maker, const Contract& contract, std::string_view path, const std::vector<Area>& areas) {
  const Result<std::vector<File>> files = maker(contract, areas);
  if (!files) FAIL(files.error().message);
  for (const File& file : *files)
    if (file.path == path) return file.text;
  return "";
}

std::string alertmanager(const Contract& contract) {
  return made(compile_routes, contract, "alertmanager.yml", areas(std::string(kAreas)));
}

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

std::string refused(Maker maker, const Contract& contract, const std::string& catalogue = std::string(kAreas)) {
  const Result<std::vector<File>> files = maker(contract, areas(catalogue));
  REQUIRE_FALSE(files);
  CHECK(files.error().code == Errc::config);
  return files.error().message;
}

Maintenance planned(std::string id, std::vector<std::string> services, std::string_view from, std::string_view to) {
  return {std::move(id), std::move(services), *parse_local_time(from), *parse_local_time(to), {"sla.yaml", 40, 7}};
}

void golden(const std::string& name, const std::string& text) {
  const std::string path = test_folder("golden/rules/" + name);
  if (std::getenv("FINWATCH_UPDATE_GOLDEN") != nullptr) {
    FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    std::fputs(text.c_str(), file);
    std::fclose(file);
  }
  CHECK(text == *read_file(path, 1 << 20));
}

}  // namespace

TEST_CASE("routes: the whole files, with maintenance, business hours, one service's own, and what an alert explains") {
  Contract with = contract();
  with.maintenance = {planned("M1", {"database"}, "2026-12-30 22:00", "2027-01-02 02:00"),
                      planned("M2", {}, "2026-11-01 01:00", "2026-11-01 03:00")};
  with.severities.at("light").business_hours_only = true;
  with.channels->email->user = "finwatch";
  with.channels->email->password_file = "/etc/finwatch/mail";
  with.channels->notifier->token_file = "/etc/finwatch/token";
  golden("alertmanager.yml", alertmanager(with));
  golden("notifier.yml", made(compile_policy, with, "notifier.yml", areas(std::string(kAreas))));
  golden("routes.tests", made(compile_routes, with, "tests/routes.tests", areas(std::string(kAreas))));
  golden("runbooks.md", made(compile_runbooks, with, "runbooks/index.md", areas(std::string(kAreas))));
  CHECK(alertmanager(with) == alertmanager(with));
}

TEST_CASE("routes: keys that a release does not know are not in its file") {
  Contract with = contract();
  const auto keys = [&] {
    const std::string text = alertmanager(with);
    return std::array{has(text, "timeout: 10s"), has(text, "threading:"), has(text, "- name: \"Down-1\"")};
  };
  CHECK(keys() == std::array{false, false, false});
  with.targets.alertmanager = {0, 28};
  CHECK(keys() == std::array{true, false, false});
  with.targets.alertmanager = {0, 31};
  CHECK(keys() == std::array{true, true, true});
}

TEST_CASE("routes: with one of both ways only") {
  Contract with = contract();
  with.channels->notifier.reset();
  CHECK_FALSE(has(alertmanager(with), "webhook_configs"));
  CHECK(has(alertmanager(with), "receiver: \"mail-severe-to-team\""));
  CHECK(made(compile_policy, with, "notifier.yml", areas(std::string(kAreas))).empty());
  with = contract();
  with.channels->email.reset();
  for (auto& [id, steps] : with.policies)
    for (EscalationStep& step : steps) step.by = {Channel::dingtalk};
  CHECK_FALSE(has(alertmanager(with), "email_configs"));
  CHECK_FALSE(has(alertmanager(with), "continue: true"));
  with.channels.reset();
  for (const Maker maker : {compile_routes, compile_policy}) CHECK(maker(with, areas(std::string(kAreas)))->empty());
  with.scrape.reset();
  CHECK(compile_scrape(with, {})->empty());
}

TEST_CASE("routing: who is told by e-mail, how fast, how often again") {
  Contract with = contract();
  const Routing routing = *routing_of(with);
  CHECK(routing.receivers("severe") == std::vector<std::string>{"notifier", "mail-severe-to-team"});
  CHECK(routing.receivers("strange") == std::vector<std::string>{"notifier", "mail-unclassified-to-team"});
  CHECK(routing.receivers("light", true) == std::vector<std::string>{"heartbeat"});
  CHECK(is_urgent(with, with.severities.at("severe")));
  CHECK_FALSE(is_urgent(with, with.severities.at("light")));
  CHECK(mail_pace(true, &with.classes.at("ordinary")).repeat == 30min);
  CHECK(mail_pace(false, &with.classes.at("ordinary")).repeat == 4h);
  CHECK(mail_pace(true, &with.classes.at("major")).repeat == 2h);
  FaultClass odd{.id = "odd", .name = {}, .answer = 7min, .first_diagnosis = {}, .solve = 24h * 30};
  CHECK(mail_pace(false, &odd).repeat == 96h);
  for (const Pace& pace :
       {heartbeat_pace(), notifier_pace(true), notifier_pace(false), mail_pace(true, &odd), mail_pace(false, nullptr)})
    CHECK(pace.repeat % pace.interval == 0ns);
  with.people.at("wang.fang").email.clear();
  const Result<Routing> none = routing_of(with);
  REQUIRE_FALSE(none);
  CHECK(has(none.error().message, "duties.team is told by e-mail: people.wang.fang has no 'email'"));
}

TEST_CASE("routing: announced work is cut where Alertmanager's calendar is") {
  const auto cut = [](std::string_view from, std::string_view to) {
    std::string out;
    for (const DayPiece& piece : day_pieces(*parse_local_time(from), *parse_local_time(to)))
      out +=
          to_text(piece.first) + ".." + to_text(piece.last) + " " + clock_text(piece.from) + "-" + clock_text(piece.to) + "\n";
    return out;
  };
  CHECK(cut("2026-12-06 22:00", "2026-12-06 23:30") == "2026-12-06..2026-12-06 22:00-23:30\n");
  CHECK(cut("2026-12-06 22:00", "2026-12-07 02:00") ==
        "2026-12-06..2026-12-06 22:00-24:00\n2026-12-07..2026-12-07 00:00-02:00\n");
  CHECK(cut("2026-12-30 22:00", "2027-01-03 02:00") ==
        "2026-12-30..2026-12-30 22:00-24:00\n2026-12-31..2026-12-31 00:00-24:00\n2027-01-01..2027-01-02 00:00-24:00\n"
        "2027-01-03..2027-01-03 00:00-02:00\n");
  CHECK(cut("2028-02-28 00:00", "2028-03-01 00:00") == "2028-02-28..2028-02-29 00:00-24:00\n");
  CHECK(cut("2026-12-06 22:00", "2026-12-06 24:00") == "2026-12-06..2026-12-06 22:00-24:00\n");
}

TEST_CASE("inhibition: what would be silent by mistake is refused with its place") {
  const auto with = [](std::string_view from, std::string_view to) {
    return refused(compile_routes, contract(), changed(kAreas, from, to));
  };
  constexpr std::string_view kRule = "{alerts: [Slow], same: [target]}";
  CHECK(with(kRule, "{alerts: [Slwo], same: [target]}") == "a.yaml:11:9: Down.inhibits: no alert 'Slwo'; did you mean 'Slow'?");
  CHECK(with(kRule, "{area: dbs, same: [target]}") == "a.yaml:11:9: Down.inhibits: no area 'dbs'; did you mean 'db'?");
  CHECK(with(kRule, "{alerts: [Slow], same: [instance]}") ==
        "a.yaml:11:9: Down.inhibits: not every case of Down has the label 'instance'");
  CHECK(with("labels: {target: a}}]\n    silent: [{series: {'slow", "labels: {job: a}}]\n    silent: [{series: {'slow") ==
        "a.yaml:11:9: Down.inhibits: no case of Slow has the label 'target'");
  CHECK(with(kRule, "{alerts: [Down], same: [target]}") == "a.yaml:11:9: Down.inhibits: an alert does not explain itself");
  CHECK(with(kRule, "{alerts: [Beat], same: [target]}").starts_with("a.yaml:11:9: Down.inhibits: no case of Beat"));
}

TEST_CASE("inhibition: what calls nobody holds back no call, and none hold back each other") {
  const std::string light =
      changed(kAreas, "    awaits: finwatch-middleware\n", "    inhibits: [{alerts: [Down], same: [target]}]\n");
  CHECK(refused(compile_routes, contract(), light).find("would hold back") == std::string::npos);
  CHECK(refused(compile_routes, contract(), light) ==
        "a.yaml:20:16: Slow.inhibits: it is light, Down is severe: what calls nobody may not hold back what calls somebody");
  CHECK(refused(compile_routes, contract(), changed(light, "severity: light", "severity: severe")) ==
        "a.yaml:20:16: Slow.inhibits: Slow and Down would hold back each other");
  // An area: all of it but itself, the heartbeat, and what is more urgent.
  const std::vector<Area> whole = areas(changed(kAreas, "{alerts: [Slow], same: [target]}", "{area: db, same: [target]}"));
  const auto rules = inhibition_rules(contract(), whole);
  REQUIRE(rules);
  REQUIRE(rules->size() == 1);
  REQUIRE(rules->front().targets.size() == 1);
  CHECK(rules->front().targets[0]->id == "Slow");
}

TEST_CASE("policy: a step that would reach nobody is refused") {
  Contract with = contract();
  with.channels->voice.reset();
  CHECK(has(refused(compile_policy, with), "policies.at_once[1].by: 'voice' is not set up: say how under channels.voice"));
  with = contract();
  with.people.at("wang.fang").phone.clear();
  CHECK(has(refused(compile_policy, with),
            "policies.at_once[0].by: sms cannot reach wang.fang: people.wang.fang has no 'phone'"));
  with = contract();
  with.duties.at("on_call").rota = "lost.csv";
  CHECK(has(refused(compile_policy, with), "duties.on_call.rota: cannot read "));
}

TEST_CASE("policy: a rota goes along as a copy that says so, and a whole path stays where it is") {
  Contract with = contract();
  const std::string copy = made(compile_policy, with, "rota/on_call.csv", {});
  CHECK(copy.starts_with(kMade));
  CHECK(has(copy, "2026-11-23,zhang.wei"));
  with.duties.at("on_call").rota = std::filesystem::absolute(test_folder("../rules/rota.csv")).lexically_normal().string();
  CHECK(made(compile_policy, with, "rota/on_call.csv", {}).empty());
  CHECK(has(made(compile_policy, with, "notifier.yml", {}), "rota: \"/"));
}

TEST_CASE("policy: nothing that is made has a secret's own key") {
  const std::string text = made(compile_policy, contract(), "notifier.yml", {});
  for (const char* key : {"password:", "secret:", "token:", " url:"}) CHECK_FALSE(has(text, key));
}

TEST_CASE("scrape: the whole file, with services of every measure") {
  Contract with = contract();
  with.services[0].measured_by = ByTargets{"erp.web", {"erp01:8080", "erp02:8080"}};
  ScrapeJob& job = with.scrape->jobs["erp.web"];
  job.id = "erp.web";
  job.targets = {"erp01:8080", "erp02:8080"};
  job.labels = {{"site", "hq"}};
  job.user = "u";
  job.password_file = "/etc/p";
  job.ca_file = "/etc/ca";
  ScrapeJob& probe = with.scrape->jobs["probe"];
  probe.id = "probe";
  probe.targets = {"https://erp/"};
  probe.through = "127.0.0.1:9115";
  probe.path = "/probe";
  probe.params = {{"module", {"http_2xx"}}};
  golden("prometheus.yml", made(compile_scrape, with, "prometheus.yml", {}));
}

TEST_CASE("scrape: a service that is measured by what is not scraped is refused") {
  Contract with = contract();
  with.services[0].measured_by = ByTargets{"finwatch-hsot", {"127.0.0.1:19600"}};
  CHECK(has(refused(compile_scrape, with),
            "the service voucher_entry: measured_by.job: no job 'finwatch-hsot'; did you mean 'finwatch-host'?"));
  with.services[0].measured_by = ByTargets{"finwatch-host", {"127.0.0.1:19601"}};
  CHECK(has(refused(compile_scrape, with), "measured_by.instances: no target of the job '127.0.0.1:19601'"));
}
