// notifier.yml and the notifier's own configuration: any bytes are refused with a place, or give what can be used.
#include <filesystem>
#include <fstream>

#include "conf/yaml.h"
#include "exporters/notifier/incident/case_test.h"
#include "fuzz/fuzz.h"
#include "notifier/setup.h"

using namespace finwatch;
using namespace finwatch::notifier;
using fuzz::require;
namespace fs = std::filesystem;

namespace {

const WallTime kNow = *parse_instant("2026-12-31T10:00:00Z");

void sound(const Error& error) {
  fuzz::require_text(error.message);
  require(error.code == Errc::config, "a bad file is an error of the configuration");
}

// A day with one alert of each severity, and of one that nobody knows.
void use(const std::shared_ptr<const Contract>& contract, const IncidentSetup& setup) {
  WallTime now = kNow;
  Counters counters;
  initialise(counters, *contract);
  Casebook casebook(contract, setup, now);
  std::vector<std::string> severities{"unheard of"};
  for (const auto& [id, severity] : contract->severities)
    if (severities.size() < 4) severities.push_back(id);
  Payload payload;
  for (const std::string& severity : severities) {
    ReceivedAlert alert;
    alert.fingerprint = test::CaseTest::fingerprint(severity, {});
    alert.firing = true;
    alert.starts = now - std::chrono::minutes{1};
    alert.labels = {{"alertname", severity}, {"severity", severity}};
    if (!contract->services.empty()) alert.labels["service"] = contract->services.front().id;
    payload.alerts.push_back(std::move(alert));
  }
  for (int i = 0; i < 8; ++i) {
    Decisions out(counters);
    if (i == 0) casebook.receive(payload, now, out);
    casebook.tick(now, out);
    require(casebook.next_due() > now, "after a tick, what is due is in the future");
    for (const Delivery& message : out.messages)
      require(contract->channels.has(message.channel), "told by a channel that is set up");
    now = std::min(casebook.next_due(), now + std::chrono::hours{12});
  }
  casebook.overdue(now);
  contract->next_gap(now, std::chrono::hours{24 * 14});
}

// A machine's folder, with what the seeds name in it.
class Machine {
 public:
  Machine() {
    fs::create_directories(folder_);
    write("token", "secret\n");
    write("users.yml", "users: {}\n");
    write("notifier.yml", R"(version: 1
organisation: {name: "组", time_zone: "Asia/Shanghai", languages: ["zh"]}
alertmanager: {says_again_every: 15m}
calendar: {business_hours: {days: ["mon"], from: "08:00", to: "20:00"}}
classes: {major: {name: "重大", solve: 2h}}
severities: {severe: {name: "严重", policy: "now"}}
policies: {now: [{after: 0s, tell: "chief", by: ["email"]}]}
duties: {chief: {name: "主管", people: ["li.na"]}}
people: {li.na: {name: "李娜", email: "li.na@example.com"}}
channels: {email: {smarthost: "mail.example.com:587", from: "f@example.com", require_tls: true}}
)");
  }
  ~Machine() { fs::remove_all(folder_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  std::string path(const std::string& name) const { return folder_ / name; }

 private:
  void write(const std::string& name, std::string_view text) const { std::ofstream(folder_ / name) << text; }
  fs::path folder_ = fs::temp_directory_path() / ("finwatch-fuzz-contract-" + std::to_string(getpid()));
};

// A path that leads out of the folder is none for a fuzzer: a key is made where there is none.
bool stays(const Tree& tree) {
  if (tree.scalar.find('/') != std::string::npos) return false;
  for (const Tree& item : tree.items)
    if (!stays(item)) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Machine machine;
  static const Env env;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Tree> tree = parse_yaml(text, machine.path("fuzz.yml"), {.substitute_environment = false});
  if (!tree) return 0;
  if (const auto contract = read_contract(*tree))
    use(*contract, {});
  else
    sound(contract.error());
  if (!stays(*tree)) return 0;
  if (const auto setup = read_setup(*tree, env))
    use((*setup)->contract, (*setup)->incidents);
  else
    sound(setup.error());
  return 0;
}
