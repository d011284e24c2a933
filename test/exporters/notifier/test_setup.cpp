#include "notifier/setup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "conf/yaml.h"
#include "core/base64.h"
#include "core/files.h"
#include "core/text.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/test_folder.h"

namespace finwatch::notifier {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using test::changed;
using test::test_folder;
namespace fs = std::filesystem;

constexpr std::string_view kHash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";
constexpr std::string_view kGuides[] = {"../docs/guides/notifier-configuration.md",
                                        "../docs/guides/notifier-configuration.zh-CN.md"};

std::string text_of(std::string_view path) {
  const Result<std::string> text = read_file(test_folder(path));
  if (!text) FAIL(text.error().message);
  return *text;
}

std::string everywhere(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// A machine's folder: secrets, users, and configurations with the paths of a real one.
class Machine {
 public:
  Machine() {
    fs::create_directories(folder_);
    for (const char* const secret : {"notifier.token", "intake.password", "notifier-db.password", "alertmanager.password"})
      write(secret, std::string("secret of ") + secret + "\n");
    write("users.yml", "users:\n  zhang.wei: {password: " + std::string(kHash) +
                           ", role: responder}\ncertificates:\n  ops-01.example.com: admin\n");
  }
  ~Machine() { fs::remove_all(folder_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void write(const std::string& name, std::string_view text) const { std::ofstream(folder_ / name) << text; }
  std::string path(const std::string& name) const { return folder_ / name; }

  Result<std::shared_ptr<const Setup>> read(std::string text) const {
    text = everywhere(std::move(text), "/etc/finwatch/compiled", test_folder("../rules/generated"));
    text = everywhere(std::move(text), "/etc/finwatch", folder_.string());
    text = everywhere(std::move(text), "/var/lib/finwatch/notifier", folder_.string());
    const Result<Tree> tree = parse_yaml(text, path("finwatch-notifier.yml"));
    if (!tree) return tree.error();
    return read_setup(*tree, env_);
  }
  std::shared_ptr<const Setup> good(const std::string& text) const {
    const auto setup = read(text);
    if (!setup) FAIL(setup.error().message);
    return *setup;
  }
  std::string refusal(const std::string& text) const {
    const auto setup = read(text);
    if (setup) FAIL("was read: " << text);
    CHECK(setup.error().code == Errc::config);
    return everywhere(setup.error().message, folder_.string() + "/", "");
  }

 private:
  fs::path folder_ = fs::temp_directory_path() / ("finwatch-setup-" + std::to_string(getpid()));
  Env env_;
};

constexpr std::string_view kLeast = R"(contract: /etc/finwatch/compiled/notifier.yml
store: {sqlite: journal.db}
intake: {token_file: notifier.token}
)";
std::string least(std::string_view more = "") { return std::string(kLeast) + std::string(more); }

// "  # session: 12h", "  #   host: a"
bool is_commented_key(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("# ")) return false;
  const std::size_t begin = std::min(line.find_first_not_of(' ', 2), line.size());
  const std::size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", begin);
  return end > begin && end != std::string_view::npos && line[end] == ':';
}

// The first block of YAML of a guide: its example.
std::string example_of(std::string_view guide) {
  const std::string text = text_of(guide);
  const std::size_t from = text.find("```yaml\n") + 8;
  return text.substr(from, text.find("```", from) - from);
}

}  // namespace

TEST_CASE("setup: three keys are enough, and the rest has its defaults") {
  const Machine machine;
  const auto setup = machine.good(least());
  CHECK(setup->contract->service("database") != nullptr);
  CHECK(setup->store.sqlite == machine.path("journal.db"));
  CHECK_FALSE(setup->store.postgresql);
  CHECK_FALSE(setup->store.instance.empty());
  CHECK(setup->intake.token.reveal() == "secret of notifier.token");
  CHECK_FALSE(setup->intake.open);
  CHECK(setup->page.address.empty());
  CHECK(setup->page.key.empty());
  CHECK(setup->page.users.empty());
  CHECK(setup->page.session == 12h);
  CHECK(setup->page.link_valid == 48h);
  CHECK(setup->alertmanager.url.empty());
  CHECK(setup->incidents.hold_down == 10min);
  CHECK(setup->incidents.reopen_within == 24h);
  CHECK(setup->incidents.close_after == 24h);
  CHECK_FALSE(setup->incidents.verify_by_hand);
  CHECK(setup->retention.keep == 180 * 24h);
  CHECK(setup->retention.archive.empty());
  CHECK(setup->delivery.attempts == 8);
  CHECK(setup->delivery.timeout == 10s);
  CHECK_FALSE(setup->delivery.instead);
  CHECK(setup->channels.aliyun_sms == "https://dysmsapi.aliyuncs.com");
  CHECK(setup->channels.env != nullptr);
}

TEST_CASE("setup: the sample of the package is accepted, with its comments taken away too") {
  const Machine machine;
  const std::string sample = text_of("../deploy/finwatch-notifier.yml");
  const auto setup = machine.good(sample);
  CHECK(setup->page.address == "https://notify.example.com");
  CHECK(fs::exists(machine.path("page.key")));
  // Every line that is only commented out.
  std::string all;
  for (LineReader lines(sample); const auto line = lines.next();) {
    std::string written(*line);
    if (is_commented_key(written)) written.erase(written.find('#'), 2);
    all += written + "\n";
  }
  all = changed(all, "  sqlite: ", "  # sqlite: ");
  const auto full = machine.good(all);
  CHECK(full->store.postgresql->user == "finwatch_notifier");
  CHECK(full->delivery.instead == ChannelKind::console);
  CHECK(full->links.panels == "https://grafana.example.com/d/services?var-service={service}");
  CHECK(full->page.users.size() == 1);
}

TEST_CASE("setup: the example of both guides is the same, and every key comes to its place") {
  const Machine machine;
  const std::string example = example_of(kGuides[0]);
  CHECK(example == example_of(kGuides[1]));
  const auto setup = machine.good(example);
  REQUIRE(setup->store.postgresql);
  const SqlAddress& server = *setup->store.postgresql;
  CHECK(server.engine == Engine::postgresql);
  CHECK(server.place() == "db1.example.com:5432");
  CHECK(server.user == "finwatch_notifier");
  CHECK(server.password.reveal() == "secret of notifier-db.password");
  CHECK(server.database == "finwatch");
  CHECK(server.tls == SqlTls::verify_full);
  CHECK(server.tls_ca == machine.path("ca.pem"));
  CHECK(server.statement_timeout_ms == 5000);
  CHECK(server.lock_timeout_ms == 2000);
  CHECK(setup->store.instance.ends_with(":a"));
  CHECK(setup->intake.user == "alertmanager");
  CHECK(setup->intake.password.reveal() == "secret of intake.password");
  CHECK(setup->intake.token.empty());
  REQUIRE(setup->page.users.size() == 1);
  CHECK(setup->page.users[0].name == "zhang.wei");
  CHECK(setup->page.users[0].password == kHash);
  CHECK(setup->page.users[0].role == Role::responder);
  CHECK(setup->page.certificates.at("ops-01.example.com") == Role::admin);
  CHECK(setup->alertmanager.url == "https://alertmanager.example.com");
  CHECK(setup->alertmanager.password.reveal() == "secret of alertmanager.password");
  CHECK(setup->alertmanager.ca_file == machine.path("ca.pem"));
  CHECK(setup->links.runbooks == "https://wiki.example.com/runbooks/{lang}/{alert}");
  CHECK(setup->retention.archive == machine.path("archive"));
  CHECK(setup->channels.ca_file == machine.path("ca.pem"));
}

TEST_CASE("setup: every key that is read is in both guides") {
  const Machine machine;
  std::string everything =
      changed(example_of(kGuides[0]), "delivery:\n", "delivery:\n  instead: command\n  command: [\"true\"]\n");
  std::map<std::string, std::set<std::string>> asked, of_contract;
  {
    const AskedKeys keys;
    REQUIRE(load_contract(test_folder("../rules/generated/notifier.yml")));
    of_contract = keys.by_path();
  }
  {
    const AskedKeys keys;
    machine.good(everything);
    asked = keys.by_path();
  }
  std::size_t looked_for = 0;
  for (const std::string_view guide : kGuides) {
    const std::string text = text_of(guide);
    for (const auto& [path, names] : asked)
      for (const std::string& name : names) {
        const bool ours = !of_contract.contains(path) || !of_contract.at(path).contains(name);
        if (!ours || path == "certificates" || path == "delivery.fallback") continue;  // names of one's own choice
        CAPTURE(guide, path, name);
        CHECK_THAT(text, Contains("`" + name + "`") || Contains("## " + name + "\n") || Contains("`" + name + ": "));
        ++looked_for;
      }
    for (const std::string_view section : kSetupSections) CHECK_THAT(text, Contains("\n## " + std::string(section) + "\n"));
  }
  CHECK(looked_for > 2 * 45);
}

TEST_CASE("setup: what is wrong is named with its place") {
  const Machine machine;
  struct Case {
    const char* text;
    const char* says;
  };
  const Case cases[] = {
      {"stor: {}\n", "finwatch-notifier.yml:4:1: unknown key 'stor'; did you mean 'store'?"},
      {"retention: {keep: 90d}\n",
       "finwatch-notifier.yml:4:19: retention.keep: expected 180d to 3650d: the audit trail must last 180 days, found 90d"},
      {"retention: {keep: 4000d}\n", "retention.keep: expected 180d"},
      {"retention: {archiv: x}\n", "retention: unknown key 'archiv'; did you mean 'archive'?"},
      {"incidents: {hold_down: 2d}\n", "incidents.hold_down: expected from 0s to 24h, found 2d"},
      {"incidents: {reopen_within: 5m}\n", "incidents.reopen_within: shorter than hold_down"},
      {"incidents: {close_after: 1s}\n", "incidents.close_after: expected from 1m to 90d"},
      {"incidents: {verify: manual}\n", "incidents.verify: expected one of automatic, by_hand, found 'manual'"},
      {"delivery: {attempts: 0}\n", "delivery.attempts: expected a whole number from 1 to 100"},
      {"delivery: {timeout: 5m}\n", "delivery.timeout: expected from 1s to 1m"},
      {"delivery: {instead: email}\n", "delivery.instead: expected one of command, console, found 'email'"},
      {"delivery: {instead: command}\n", "'instead: command' and 'command: [program, argument, …]' go together"},
      {"delivery: {command: [cat]}\n", "'instead: command' and 'command: [program, argument, …]' go together"},
      {"delivery: {fallback: {smss: [voice]}}\n",
       "finwatch-notifier.yml:4:23: delivery.fallback: no channel 'smss'; did you mean 'sms'?"},
      {"delivery: {fallback: {sms: [vioce]}}\n", "delivery.fallback.sms: no channel 'vioce'; did you mean 'voice'?"},
      {"delivery: {fallback: {sms: [wecom]}}\n", "delivery.fallback.sms: 'wecom' is not set up"},
      {"delivery: {fallback: {sms: [console]}}\n", "delivery.fallback.sms: no channel 'console'"},
      {"delivery: {fallback: {sms: [sms]}}\n", "delivery.fallback.sms: a channel that failed cannot stand in for itself"},
      {"alertmanager: {user: a}\n", "alertmanager.url: must be given"},
      {"alertmanager: {url: \"http://a\", user: a}\n", "alertmanager: 'user' and 'password_file' go together"},
      {"alertmanager: {url: \"127.0.0.1:9093\"}\n",
       "alertmanager.url: expected an address that begins with http:// or https://"},
      {"links: {runbooks: \"https://a/{alrt}\"}\n", "links.runbooks: no {alrt}; did you mean 'alert'?; there are {alert}"},
      {"links: {panels: \"wiki\"}\n", "links.panels: expected an address"},
      {"providers: {aliyun_sms: dysms}\n", "providers.aliyun_sms: expected an address"},
      {"providers: {aliyun: x}\n", "providers: unknown key 'aliyun'"},
      {"page: {address: notify.example.com, key_file: k}\n", "page.address: expected an address"},
      {"page: {address: \"https://a\"}\n", "page.key_file: must be given"},
      {"page: {session: 10s}\n", "page.session: expected from 1m to 30d"},
      {"page: {link_valid: 31d}\n", "page.link_valid: expected from 1m to 30d"},
      {"page: [x]\n", "finwatch-notifier.yml:4:7: page: expected a map"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.text);
    CHECK_THAT(machine.refusal(least(one.text)), Contains(one.says));
  }
  CHECK_FALSE(fs::exists(machine.path("k")));  // no key is made for a configuration that is refused
  CHECK_THAT(machine.refusal("store: {}\n"), Contains("contract: must be given"));
  CHECK_THAT(machine.refusal(changed(kLeast, "notifier.yml", "notify.yml")), Contains("finwatch compile"));
}

TEST_CASE("setup: exactly one store") {
  const Machine machine;
  const auto store = [&](std::string_view to) { return changed(kLeast, "{sqlite: journal.db}", to); };
  CHECK_THAT(machine.refusal(store("{}")), Contains("finwatch-notifier.yml:2:8: store: expected exactly one of sqlite"));
  CHECK_THAT(machine.refusal(changed(kLeast, "store: {sqlite: journal.db}\n", "")), Contains("store: expected exactly one of"));
  CHECK_THAT(machine.refusal(store("{sqlite: a, postgresql: {user: u, database: d}}")),
             Contains("store: expected exactly one of"));
  CHECK_THAT(machine.refusal(store("{postgresql: {database: d}}")), Contains("store.postgresql.user: must be given"));
  CHECK_THAT(machine.refusal(store("{postgresql: {user: u}}")), Contains("store.postgresql.database: must be given"));
  CHECK_THAT(machine.refusal(store("{postgresql: {user: u, database: d, port: 0}}")),
             Contains("store.postgresql.port: expected"));
  CHECK_THAT(machine.refusal(store("{postgresql: {user: u, database: d, tls: on}}")),
             Contains("store.postgresql.tls: expected one of off, prefer, require, verify_ca, verify_full, found 'on'"));
  CHECK_THAT(machine.refusal(store("{postgresql: {user: u, database: d, tls: verify_ca}}")),
             Contains("verify_ca needs tls_ca"));
  CHECK_THAT(machine.refusal(store("{postgresql: {user: u, database: d, engine: mysql}}")), Contains("unknown key 'engine'"));
  CHECK_THAT(machine.refusal(store("{postgresql: {user: u, database: d, statement_timeout: 1h}}")),
             Contains("store.postgresql.statement_timeout: expected from 100ms to 1m"));
  CHECK_THAT(machine.refusal(store("{sqlite: a, instance: \"a b\"}")), Contains("store.instance: expected a letter"));
  const auto least_server = machine.good(store("{postgresql: {user: u, database: d, socket: /run/postgresql}}"));
  CHECK(least_server->store.postgresql->socket == "/run/postgresql");
  CHECK(least_server->store.postgresql->tls == SqlTls::prefer);
  CHECK(least_server->store.postgresql->application_name == "finwatch-notifier");
}

TEST_CASE("setup: exactly one way in") {
  const Machine machine;
  const auto intake = [&](std::string_view to) { return changed(kLeast, "{token_file: notifier.token}", to); };
  CHECK(machine.good(intake("{open: true}"))->intake.open);
  CHECK(machine.good(intake("{token: abc}"))->intake.token.reveal() == "abc");
  CHECK(machine.good(intake("{user: a, password: b, open: false}"))->intake.password.reveal() == "b");
  for (const char* const wrong : {"{}", "{open: false}", "{open: true, token: a}", "{token: a, user: b, password: c}",
                                  "{user: b, password: c, open: true}"})
    CHECK_THAT(machine.refusal(intake(wrong)),
               Contains("finwatch-notifier.yml:3:9: intake: expected exactly one of token_file"));
  CHECK_THAT(machine.refusal(intake("{user: a}")), Contains("intake: 'user' and 'password_file' go together"));
  CHECK_THAT(machine.refusal(intake("{password: a}")), Contains("intake: 'user' and 'password_file' go together"));
  CHECK_THAT(machine.refusal(intake("{token_file: nowhere}")), Contains("intake.token_file: "));
  CHECK_THAT(machine.refusal(intake("hunter2")), Contains("intake: expected a map") && !Contains("hunter2"));
  CHECK_THAT(machine.refusal(intake("{tokn: a}")), Contains("unknown key 'tokn'") || Contains("expected exactly one of"));
}

TEST_CASE("setup: who stands in for a channel, of those that are set up") {
  const Machine machine;  // its contract has e-mail, DingTalk, text messages and calls
  using enum ChannelKind;
  using Kinds = std::vector<ChannelKind>;
  const auto usual = machine.good(least())->delivery.fallback;
  CHECK(usual == std::map<ChannelKind, Kinds>{
                     {sms, {voice, dingtalk}}, {voice, {sms}}, {dingtalk, {sms, email}}, {email, {dingtalk, sms}}});
  const auto own = machine.good(least("delivery: {fallback: {sms: [dingtalk, email, email], voice: []}}\n"))->delivery.fallback;
  CHECK(own.at(sms) == Kinds{dingtalk, email});
  CHECK(own.at(voice).empty());
  CHECK(own.at(email) == Kinds{dingtalk, sms});
}

TEST_CASE("setup: trials") {
  const Machine machine;
  CHECK(machine.good(least("delivery: {instead: console}\n"))->delivery.instead == ChannelKind::console);
  const auto command = machine.good(least("delivery: {instead: command, command: [/bin/cat, -u]}\n"));
  CHECK(command->delivery.instead == ChannelKind::command);
  CHECK(command->channels.command == std::vector<std::string>{"/bin/cat", "-u"});
  CHECK(machine.good(least("providers: {tencent_voice: \"http://127.0.0.1:1/\"}\n"))->channels.tencent_voice ==
        "http://127.0.0.1:1");
}

TEST_CASE("setup: the key is made once, for this program's eyes alone") {
  const Machine machine;
  const std::string with_key = least("page: {address: \"https://a.example.com//\", key_file: page.key}\n");
  const auto first = machine.good(with_key);
  CHECK(first->page.address == "https://a.example.com");
  CHECK(from_base64(first->page.key.reveal()).value_or("").size() == 32);
  struct stat about {};
  REQUIRE(stat(machine.path("page.key").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0600U);
  CHECK(machine.good(with_key)->page.key.reveal() == first->page.key.reveal());
  for (const auto& entry : fs::directory_iterator(fs::path(machine.path("page.key")).parent_path()))
    CHECK_THAT(entry.path().filename().string(), !Contains(".new"));

  machine.write("page.key", "  too short\n");
  const std::string message = machine.refusal(with_key);
  CHECK_THAT(message, Contains("finwatch-notifier.yml:4:"));
  CHECK_THAT(message, Contains("page.key_file: page.key: expected a key of at least 32 bytes, found 9"));
  CHECK_THAT(message, !Contains("too short"));
  machine.write("page.key", std::string(32, 'k') + "\n");
  CHECK(machine.good(with_key)->page.key.reveal() == std::string(32, 'k'));
}

TEST_CASE("setup: a key that cannot be made says how to make it") {
  const Machine machine;
  const std::string message = machine.refusal(least("page: {key_file: nowhere/page.key}\n"));
  CHECK_THAT(message, Contains("page.key_file: cannot make the key nowhere/page.key"));
  CHECK_THAT(message, Contains("(umask 077; head -c 32 /dev/urandom | base64 > "));
  CHECK_THAT(machine.refusal(least("page: {key_file: users.yml/page.key}\n")), Contains("page.key_file: "));
}

TEST_CASE("setup: users and their roles") {
  const Machine machine;
  const std::string with_users = least("page: {users_file: users.yml, key_file: page.key}\n");
  const auto users = [&](std::string_view text) {
    machine.write("users.yml", text);
    return machine.refusal(with_users);
  };
  CHECK_THAT(users("users: {a: {password: hunter2, role: admin}}\n"),
             Contains("users.yml:1:23: users.a.password: expected a bcrypt hash") && !Contains("hunter2"));
  CHECK_THAT(users("users: {a: {password: [hunter2], role: admin}}\n"), Contains("users.a.password") && !Contains("hunter2"));
  const std::string hash(kHash);
  CHECK_THAT(users("users: {a: {password: " + hash + "}}\n"),
             Contains("users.a.role: must be given: viewer, responder or admin"));
  CHECK_THAT(users("users: {a: {password: " + hash + ", role: root}}\n"),
             Contains("users.a.role: expected one of viewer, responder, admin, found 'root'"));
  CHECK_THAT(users("users: {a: hunter2}\n"), Contains("users.yml:1:12: users.a: expected {password: ") && !Contains("hunter2"));
  CHECK_THAT(users("users: {a: {role: admin}}\n"), Contains("users.a.password: must be given"));
  CHECK_THAT(users("users: {\"a:b\": {password: " + hash + ", role: admin}}\n"), Contains("nor hold a colon"));
  CHECK_THAT(users("users: {a: {password: $2y$31" + hash.substr(6) + ", role: admin}}\n"), Contains("cost 4 to 18"));
  CHECK_THAT(users("users: {a: {passwd: x, password: " + hash + ", role: admin}}\n"),
             Contains("users.a: unknown key 'passwd'"));
  CHECK_THAT(users("certificates: {a: root}\n"), Contains("certificates.a: expected one of viewer, responder, admin"));
  CHECK_THAT(users("user: {}\n"), Contains("nobody may log in") || Contains("unknown key 'user'"));
  CHECK_THAT(users("x"), Contains("users.yml:1:1: "));
  fs::remove(machine.path("users.yml"));
  CHECK_THAT(machine.refusal(with_users), Contains("page.users_file: "));
  CHECK_FALSE(fs::exists(machine.path("page.key")));
  machine.write("users.yml", "certificates: {ops: viewer}\n");
  CHECK(machine.good(with_users)->page.certificates.at("ops") == Role::viewer);
}

}  // namespace finwatch::notifier
