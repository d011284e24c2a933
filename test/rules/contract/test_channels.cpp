#include "conf/yaml.h"
#include "core/files.h"
#include "rules/tool/contract/contract.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

// The shipped contract with its own channels and scrape replaced by these.
Result<Contract> read(const std::string& sections) {
  std::string text = *read_file(test_folder("../rules/sla.yaml"), 1 << 20);
  text.resize(text.find("\nchannels:\n") + 1);
  const Result<Tree> tree = parse_yaml(text + sections, "sla.yaml");
  REQUIRE(tree);
  return read_contract(*tree);
}

std::string refused(const std::string& sections) {
  const Result<Contract> contract = read(sections);
  CAPTURE(sections);
  REQUIRE_FALSE(contract);
  CHECK(contract.error().code == Errc::config);
  const std::string& message = contract.error().message;
  REQUIRE(message.starts_with("sla.yaml:"));
  return message.substr(message.find(": ") + 2);
}

constexpr std::string_view kChannelsText = R"(channels:
  email: {smarthost: "mail.example.com:587", from: a@example.com, user: a, password_file: /etc/mail, fallback: team}
  notifier: {url: "https://n:19605/alertmanager", token_file: /etc/token}
  dingtalk: {url_file: /etc/ding, secret_file: /etc/ding.secret, most_per_minute: 10}
  wecom: {url_file: /etc/wecom}
  feishu: {url_file: /etc/feishu}
  sms: {provider: tencent, key_id_file: /a, key_secret_file: /b, app: "14000", sign_name: 财务, template: "77", variables: [id, time]}
  voice: {provider: http, url_file: /etc/call, method: GET, success: {pointer: /code, equals: "0"}}
  http: {url_file: /etc/any, body: '{"text": "{{text}}"}'}
)";

constexpr std::string_view kScrapeText = R"(scrape:
  timeout: 5s
  alertmanagers: ["am1:9093", "[::1]:9093"]
  jobs:
    host: {targets: ["a:19600"], labels: {site: hq}, interval: 15s}
    web: {targets: ["https://erp/"], through: "bb:9115", path: /probe, params: {module: [http_2xx]}}
    many: {files: ["targets/*.yml"], scheme: https, ca_file: /ca, cert_file: /c, key_file: /k, user: u, password_file: /p, timeout: 2s}
)";

std::string channels_with(std::string_view from, std::string_view to) { return refused(changed(kChannelsText, from, to)); }
std::string scrape_with(std::string_view from, std::string_view to) { return refused(changed(kScrapeText, from, to)); }

}  // namespace

TEST_CASE("channels: every one of them is read, with what it is when nothing is said") {
  const Result<Contract> contract = read(std::string(kChannelsText));
  if (!contract) FAIL(contract.error().message);
  const Channels& channels = *contract->channels;
  CHECK(channels.email->smarthost == "mail.example.com:587");
  CHECK(channels.email->password_file == "/etc/mail");
  CHECK(channels.email->require_tls);
  CHECK(channels.email->fallback == "team");
  CHECK(channels.notifier->url == "https://n:19605/alertmanager");
  CHECK(channels.notifier->token_file == "/etc/token");
  CHECK(channels.dingtalk->secret_file == "/etc/ding.secret");
  CHECK(channels.dingtalk->most_per_minute == 10);
  CHECK(channels.wecom->most_per_minute == 20);
  CHECK(channels.feishu->most_per_minute == 100);
  CHECK(channels.sms->provider == Provider::tencent);
  CHECK(channels.sms->region == "ap-guangzhou");
  CHECK(channels.sms->variables == std::vector<std::string>{"id", "time"});
  CHECK(channels.sms->most_per_day == 50);
  CHECK(channels.voice->call.method == "GET");
  CHECK(channels.voice->call.success_pointer == "/code");
  CHECK(channels.voice->most_per_day == 20);
  CHECK(channels.http->call.body == R"({"text": "{{text}}"})");
  CHECK_FALSE(read("")->channels);
  CHECK_FALSE(read("")->scrape);
}

TEST_CASE("channels: a secret is refused, and where it belongs is said") {
  CHECK(channels_with("password_file: /etc/mail", "password: hunter2") ==
        "channels.email.password: no secret belongs here: put it into a file and name that with 'password_file'");
  CHECK(channels_with("token_file: /etc/token", "token: abc").starts_with("channels.notifier.token: no secret belongs here"));
  CHECK(channels_with("url_file: /etc/ding,", "url: \"https://x/?access_token=1\", url_file: /etc/ding,")
            .starts_with("channels.dingtalk.url: no secret belongs here"));
  CHECK(channels_with("key_secret_file: /b", "key_secret: b, key_secret_file: /b")
            .starts_with("channels.sms.key_secret: no secret belongs here"));
  for (const std::string& message : {channels_with("password_file: /etc/mail", "password: hunter2")})
    CHECK(message.find("hunter2") == std::string::npos);
}

TEST_CASE("channels: what is wrong is said with what was expected") {
  CHECK(channels_with("mail.example.com:587", "mail.example.com") ==
        "channels.email.smarthost: expected host:port such as mail.example.com:587, found 'mail.example.com'");
  CHECK(channels_with("from: a@example.com", "from: me") == "channels.email.from: expected an address with an @, found 'me'");
  CHECK(channels_with("user: a, ", "") == "channels.email: 'user' and 'password_file' go together");
  CHECK(channels_with("fallback: team", "fallback: taem") == "channels.email.fallback: no duty 'taem'; did you mean 'team'?");
  CHECK(channels_with("fallback: team", "fallback: on_call")
            .starts_with("channels.email.fallback: expected a duty with 'people'"));
  CHECK(channels_with("https://n:", "n:").starts_with("channels.notifier.url: expected an address such as http://"));
  CHECK(channels_with("/etc/ding,", "ding,") ==
        "channels.dingtalk.url_file: expected a whole path such as /etc/finwatch/url, found 'ding'");
  CHECK(channels_with("most_per_minute: 10", "most_per_minute: 30") ==
        "channels.dingtalk.most_per_minute: expected at most 20: the service throttles a robot that sends more");
  CHECK(channels_with("provider: tencent", "provider: tencnt") ==
        "channels.sms.provider: no provider 'tencnt'; did you mean 'tencent'?");
  CHECK(channels_with("app: \"14000\", ", "").starts_with("channels.sms"));
  CHECK(channels_with("[id, time]", "[id, tmie]") == "channels.sms.variables: no variable 'tmie'; did you mean 'time'?");
  CHECK(channels_with("method: GET", "method: DELETE") == "channels.voice.method: expected POST, PUT or GET, found 'DELETE'");
  CHECK(channels_with("pointer: /code", "pointer: code") ==
        "channels.voice.success.pointer: expected a JSON pointer such as /code, found 'code'");
  CHECK(channels_with("wecom: {url_file: /etc/wecom}", "wecom: {url_file: /etc/wecom, secret_file: /s}")
            .starts_with("channels.wecom: unknown key 'secret_file'"));
  CHECK(refused("channels: {wecom: {url_file: /etc/wecom}}\n") ==
        "channels: expected 'email', 'notifier' or both: nobody else is told by Alertmanager");
}

TEST_CASE("scrape: jobs are read, the rest is Prometheus' own") {
  const Result<Contract> contract = read(std::string(kScrapeText));
  if (!contract) FAIL(contract.error().message);
  const Scrape& scrape = *contract->scrape;
  CHECK(scrape.interval == 30s);
  CHECK(scrape.timeout == 5s);
  CHECK(scrape.alertmanagers == std::vector<std::string>{"am1:9093", "[::1]:9093"});
  CHECK(scrape.jobs.at("host").labels == std::map<std::string, std::string>{{"site", "hq"}});
  CHECK(scrape.jobs.at("host").interval == 15s);
  CHECK_FALSE(scrape.jobs.at("host").timeout);
  CHECK(scrape.jobs.at("web").through == "bb:9115");
  CHECK(scrape.jobs.at("web").params.at("module") == std::vector<std::string>{"http_2xx"});
  CHECK(scrape.jobs.at("many").files == std::vector<std::string>{"targets/*.yml"});
}

TEST_CASE("scrape: what is wrong is said with what was expected") {
  CHECK(scrape_with("\"a:19600\"", "\"http://a:19600\"") ==
        "scrape.jobs.host.targets: expected host:port such as 127.0.0.1:19600, found 'http://a:19600'");
  CHECK(scrape_with("\"a:19600\"", "\"a:99999\"").starts_with("scrape.jobs.host.targets: expected host:port"));
  CHECK(scrape_with("am1:9093", "am1").starts_with("scrape.alertmanagers: expected host:port"));
  CHECK(scrape_with("site: hq", "instance: hq").starts_with("scrape.jobs.host.labels: expected labels"));
  CHECK(scrape_with("site: hq", "__x: hq").starts_with("scrape.jobs.host.labels: expected labels"));
  CHECK(scrape_with("interval: 15s", "interval: 3s") == "scrape.jobs.host: the timeout is longer than the interval");
  CHECK(scrape_with("timeout: 5s", "timeout: 50s") == "scrape.timeout: expected 1s or more, and no more than the interval");
  CHECK(scrape_with("files: [\"targets/*.yml\"], ", "") == "scrape.jobs.many: expected 'targets', 'files' or both");
  CHECK(scrape_with("key_file: /k, ", "") == "scrape.jobs.many: 'cert_file' and 'key_file' go together");
  CHECK(scrape_with("user: u, ", "") == "scrape.jobs.many: 'user' and 'password_file' go together");
  CHECK(scrape_with("password_file: /p", "password: p").starts_with("scrape.jobs.many.password: no secret belongs here"));
  CHECK(scrape_with("scheme: https", "scheme: ftp") == "scrape.jobs.many.scheme: expected http or https, found 'ftp'");
  CHECK(scrape_with("path: /probe", "path: probe") == "scrape.jobs.web.path: expected it to begin with /");
  CHECK(scrape_with("bb:9115", "bb") == "scrape.jobs.web.through: expected host:port, found 'bb'");
  CHECK(refused("scrape: {jobs: {}}\n").starts_with("scrape.jobs: expected at least one"));
  CHECK(refused("scrape: {interval: 10ms, jobs: {a: {targets: [\"a:1\"]}}}\n")
            .starts_with("scrape.interval: expected 1s or more"));
}

TEST_CASE("severities: when") {
  const auto with = [](std::string_view when) {
    const std::string text = changed(*read_file(test_folder("../rules/sla.yaml"), 1 << 20), "    policy: by_mail\n",
                                     "    policy: by_mail\n    when: " + std::string(when) + "\n");
    return read_contract(*parse_yaml(text, "sla.yaml"));
  };
  CHECK(with("business_hours")->severities.at("light").business_hours_only);
  CHECK_FALSE(with("always")->severities.at("light").business_hours_only);
  const Result<Contract> never = with("never");
  REQUIRE_FALSE(never);
  CHECK(never.error().message.find("severities.light.when: expected 'always' or 'business_hours', found 'never'") !=
        std::string::npos);
}
