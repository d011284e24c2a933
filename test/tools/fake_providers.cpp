// The providers of messages on one port, for tests of the whole program:
//
//   finwatch_fake_providers --port 0 --record accepted.jsonl [--dingtalk-secret SEC…] [--per-minute 20]
//
// prints its port as its first line, writes a line of JSON into the record for each message that was accepted, in one write each, and
// takes orders: POST /control {"provider": "dingtalk", "mood": "lying", "for_calls": 3, "code": "130101", "late_ms": 3000}. Moods:
// ok, slow, lying, broken, half, none. Ends by SIGTERM or SIGINT.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/files.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"
#include "support/fake_phones.h"
#include "support/fake_robots.h"
#include "support/fake_web.h"

namespace finwatch::test {
namespace {

/// A line in one write, so that a reader never sees half of one.
class Record {
 public:
  explicit Record(const std::string& path) {
    if (!path.empty()) file_ = Descriptor(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  }
  void add(std::string line) const {
    line += '\n';
    if (file_ && write(file_.get(), line.data(), line.size()) < 0) std::perror("record");
  }

 private:
  Descriptor file_;
};

/// All fakes behind one door: the first that knows a call answers it.
class FakeProviders {
 public:
  using Handler = std::function<std::optional<FakeAnswer>(const FakeCall&)>;
  using Control = std::function<bool(const std::string& provider, const MoodOrder& order)>;  // false: not mine

  void add(Handler handler, Control control) {
    handlers_.push_back(std::move(handler));
    controls_.push_back(std::move(control));
  }

  FakeAnswer answer(const FakeCall& call) const {
    if (call.path == "/control") return ordered(call.body);
    for (const Handler& handler : handlers_)
      if (auto answer = handler(call)) return std::move(*answer);
    return {.code = 404, .body = R"({"error":"no provider has this address"})"};
  }

 private:
  FakeAnswer ordered(const std::string& body) const {
    const auto wrong = [](const std::string& what) {
      return FakeAnswer{.code = 400, .body = JsonMembers('{').add("error", json_text(what)).end()};
    };
    const Result<Json> json = Json::parse(body);
    if (!json) return wrong(json.error().message);
    const auto text = [&](std::string_view key) {
      const auto value = json->root().find(key);
      return value ? std::string(value->text()) : std::string();
    };
    const auto mood = robot_mood(text("mood"));
    if (!mood) return wrong("mood: expected ok, slow, lying, broken, half or none");
    MoodOrder order{.mood = *mood, .code = text("code"), .words = text("words")};
    order.calls = to_number<int>(text("for_calls")).value_or(-1);
    order.late = std::chrono::milliseconds{to_number<int>(text("late_ms")).value_or(3000)};
    for (const Control& control : controls_)
      if (control(text("provider"), order)) return {.body = R"({"ok":true})"};
    return wrong("provider: not known here");
  }

  std::vector<Handler> handlers_;
  std::vector<Control> controls_;
};

/// A robot that is called with whatever Alertmanager posts, as where nothing stands between the two. Strict as the others: twenty a
/// minute, and every no in a 200.
class StraightRobot {
 public:
  explicit StraightRobot(const Record& record) : record_(record) {}

  std::optional<FakeAnswer> answer(const FakeCall& call) {
    if (call.path != "/straight") return std::nullopt;
    const std::lock_guard lock(mutex_);
    const WallTime now = system_clock().wall();
    while (!taken_.empty() && taken_.front() <= now - std::chrono::minutes{1}) taken_.pop_front();
    const MoodOrder order = order_;
    if (order_.calls > 0 && --order_.calls == 0) order_ = {};
    if (order.mood == RobotMood::broken)
      return FakeAnswer{.code = 502, .body = "<html>502</html>", .content_type = "text/html"};
    if (order.mood == RobotMood::lying) return FakeAnswer{.body = R"({"errcode":-1,"errmsg":"system busy"})"};
    if (taken_.size() >= 20) return FakeAnswer{.body = R"({"errcode":130101,"errmsg":"send too fast"})"};
    taken_.push_back(now);
    record_.add(to_json(AcceptedMessage{"straight", "raw", "D0", call.body, {}, now}));
    FakeAnswer answer{.body = R"({"errcode":0,"errmsg":"ok"})"};
    if (order.mood == RobotMood::slow) answer.delay = order.late;
    if (order.mood == RobotMood::half) answer.ending = FakeAnswer::Ending::half;
    if (order.mood == RobotMood::none) answer.ending = FakeAnswer::Ending::none;
    return answer;
  }

  bool control(const std::string& provider, const MoodOrder& order) {
    if (provider != "straight" && provider != "dingtalk") return false;
    const std::lock_guard lock(mutex_);
    order_ = order;
    return provider == "straight";
  }

 private:
  const Record& record_;
  std::mutex mutex_;
  std::deque<WallTime> taken_;
  MoodOrder order_;
};

/// One service of Aliyun or Tencent with a mood of its own.
class PhoneService {
 public:
  PhoneService(std::string name, const Record& record) : name_(std::move(name)), record_(record) {}

  std::optional<FakeAnswer> answer(const FakeCall& call) {
    if (service_of(call) != name_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    if (calls_ > 0 && sends(call) && calls_-- == 1) last_ = true;
    auto answer = phones_.answer(call);
    if (std::exchange(last_, false)) phones_.be(FakeMood::ok);
    const std::vector<TakenCall> taken = phones_.taken();
    for (; recorded_ < taken.size(); ++recorded_) record_.add(line_of(taken[recorded_]));
    return answer;
  }

  /// A line of the record of an earlier run.
  void remember(const JsonRef& line) {
    const auto text = [&](std::string_view key) {
      const auto value = line.find(key);
      return value ? std::string(value->text()) : std::string();
    };
    if (text("provider") != name_) return;
    TakenCall call{
        .service = name_, .reference = text("reference"), .phone = {}, .id = "restored-" + std::to_string(recorded_)};
    if (const auto mobiles = line.find("mobiles"))
      if (const auto mobile = mobiles->first()) call.phone = mobile->text();
    const double seconds = to_number<double>(text("time")).value_or(0);
    call.at = WallTime{std::chrono::duration_cast<WallTime::duration>(std::chrono::duration<double>(seconds))};
    phones_.remember(std::move(call));
    ++recorded_;
  }

  bool control(const std::string& provider, const MoodOrder& order) {
    if (provider != name_) return false;
    constexpr FakeMood kMoods[] = {FakeMood::ok,     FakeMood::slow, FakeMood::lying,
                                   FakeMood::broken, FakeMood::half, FakeMood::taken_unanswered};
    const std::lock_guard lock(mutex_);
    phones_.be(kMoods[static_cast<std::size_t>(order.mood)], order.code, order.words, order.late);
    calls_ = order.calls;
    return true;
  }

 private:
  static std::string header(const FakeCall& call, const std::string& name) {
    const auto known = call.headers.find(name);
    return known == call.headers.end() ? std::string() : known->second;
  }
  static std::string action(const FakeCall& call) { return header(call, "x-acs-action") + header(call, "x-tc-action"); }
  static bool sends(const FakeCall& call) { return action(call).starts_with("Send") || action(call).starts_with("SingleCall"); }
  static std::string service_of(const FakeCall& call) {
    const std::string provider = !header(call, "x-acs-action").empty()  ? "aliyun"
                                 : !header(call, "x-tc-action").empty() ? "tencent"
                                                                        : "";
    const bool voice = action(call).find("Tts") != std::string::npos || action(call).find("Call") != std::string::npos;
    return provider.empty() ? provider : provider + (voice ? "_voice" : "_sms");
  }
  static std::string line_of(const TakenCall& call) {
    std::string text;
    for (const auto& [name, value] : call.variables) text += (text.empty() ? "" : " ") + name + "=" + value;
    return to_json(AcceptedMessage{call.service, "variables", call.reference, text, {call.phone}, call.at});
  }

  const std::string name_;
  const Record& record_;
  std::mutex mutex_;  // over all below
  FakePhones phones_;
  int calls_ = -1;
  bool last_ = false;
  std::size_t recorded_ = 0;
};

int serve(std::map<std::string, std::string> flags) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before there are threads
  const std::string before = read_file(flags["--record"]).value_or("");
  const Record record(flags["--record"]);
  FakeRobotsSetup setup;
  setup.dingtalk_secret = flags["--dingtalk-secret"];
  setup.dingtalk_keyword = flags["--dingtalk-keyword"];
  setup.feishu_secret = flags["--feishu-secret"];
  setup.feishu_keyword = flags["--feishu-keyword"];
  setup.per_minute = to_number<std::size_t>(flags["--per-minute"]).value_or(20);
  setup.on_accepted = [&record](const AcceptedMessage& message) { record.add(to_json(message)); };
  FakeRobots robots(std::move(setup));
  FakeProviders providers;

  StraightRobot straight(record);
  providers.add([&](const FakeCall& call) { return straight.answer(call); },
                [&](const std::string& provider, const MoodOrder& order) { return straight.control(provider, order); });
  providers.add([&](const FakeCall& call) { return robots.answer(call); },
                [&](const std::string& provider, const MoodOrder& order) { return robots.be(provider, order); });
  std::vector<std::unique_ptr<PhoneService>> phones;
  for (const char* name : {"aliyun_sms", "aliyun_voice", "tencent_sms", "tencent_voice"}) {
    PhoneService& service = *phones.emplace_back(std::make_unique<PhoneService>(name, record));
    for (LineReader lines(before); const auto line = lines.next();)
      if (const Result<Json> json = Json::parse(*line)) service.remember(json->root());
    providers.add([&service](const FakeCall& call) { return service.answer(call); },
                  [&service](const std::string& provider, const MoodOrder& order) { return service.control(provider, order); });
  }

  const FakeWeb web([&](const FakeCall& call) { return providers.answer(call); }, to_number<int>(flags["--port"]).value_or(0));
  std::cout << web.port() << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace
}  // namespace finwatch::test

int main(int count, char** words) {
  std::map<std::string, std::string> flags;
  for (int i = 1; i + 1 < count; i += 2) flags[words[i]] = words[i + 1];
  return finwatch::test::serve(std::move(flags));
}
