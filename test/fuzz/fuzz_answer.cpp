// What providers answer: whatever stands in it, a message counts as accepted only where the provider's own code says so, and what is
// kept of the answer is short, of one line and of a closed set.
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "core/json.h"
#include "fuzz/fuzz.h"
#include "notifier/channel/channel.h"
#include "support/fake_web.h"

using namespace finwatch;
using namespace finwatch::notifier;
using fuzz::require;
namespace fs = std::filesystem;

namespace {

// All channels, to one server that gives the answer. Made anew from time to time, because the server keeps all that it was asked.
class Providers {
 public:
  Providers() {
    fs::create_directories(folder_);
    write("url", web_.url() + "/robot?key=k\n");
    write("key", "secret\n");
    ChannelWorld world;
    world.aliyun_sms = world.aliyun_voice = world.tencent_sms = world.tencent_voice = web_.url();
    const RobotSetup robot{file("url"), file("key"), 20};
    PhoneSetup phone;
    phone.key_id_file = phone.key_secret_file = file("key");
    phone.variables = {"id", "code"};
    HttpCallSetup gateway;
    gateway.url_file = file("url");
    gateway.body = "{}";
    gateway.success_pointer = "/code";
    gateway.success_equals = "0";
    add(open_dingtalk(robot, world));
    add(open_wecom(robot, world));
    add(open_feishu(robot, world));
    add(open_aliyun_sms(phone, world));
    add(open_aliyun_voice(phone, world));
    add(open_tencent_sms(phone, world));
    add(open_tencent_voice(phone, world));
    add(open_http(gateway, {}, world));
  }
  ~Providers() { fs::remove_all(folder_); }
  Providers(const Providers&) = delete;
  Providers& operator=(const Providers&) = delete;

  Channel& channel(std::size_t which) { return *channels_[which % channels_.size()]; }
  void will_answer(test::FakeAnswer answer) { answer_ = std::move(answer); }

 private:
  void add(Result<std::unique_ptr<Channel>> channel) {
    require(static_cast<bool>(channel), "a channel opens");
    channels_.push_back(std::move(*channel));
  }
  std::string file(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  fs::path folder_ = fs::temp_directory_path() / ("finwatch-fuzz-answer-" + std::to_string(getpid()));
  test::FakeAnswer answer_;
  test::FakeWeb web_{[this](const test::FakeCall&) { return answer_; }};
  std::vector<std::unique_ptr<Channel>> channels_;
};

Message a_message() {
  const WallTime now = system_clock().wall();
  Message message;
  message.reference = "D17";
  message.facts.resize(1);
  message.facts[0].id = 42;
  message.facts[0].title = {"凭证录入失败", "Voucher entry fails"};
  message.facts[0].began = now;
  message.to.resize(1);
  message.to[0].id = "zhang.wei";
  message.to[0].phone = "13800000001";
  message.languages = {"zh", "en"};
  message.now = message.first_attempt = now;
  return message;
}

bool is_code(std::string_view code) {
  for (const char c : code)
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' && c != '.' && c != '-')
      return false;
  return !code.empty() && code.size() <= 64;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kStatuses[] = {200, 200, 200, 400, 403, 429, 500, 503};
  static std::unique_ptr<Providers> providers;
  static int asked = 0;
  if (asked++ % 2000 == 0) {
    providers.reset();
    providers = std::make_unique<Providers>();
  }
  fuzz::Bytes bytes(data, size);
  const std::size_t which = bytes.byte();
  const int status = kStatuses[bytes.byte() % 8];
  const std::string body(bytes.rest());
  providers->will_answer({.code = status, .body = body});
  const Message message = a_message();
  const SteadyTime deadline = system_clock().steady() + std::chrono::seconds{5};
  Channel& channel = providers->channel(which);

  const Receipt receipt = channel.send(message, deadline);
  require(is_code(receipt.code), "a code is the value of a label");
  fuzz::require_text(receipt.note);
  require(receipt.note.size() <= 1000 && receipt.note.find('\n') == std::string::npos, "a note is a line");
  require(receipt.wait >= std::chrono::seconds{0} && receipt.wait <= std::chrono::hours{1}, "nobody waits for ever");
  const Result<Json> json = Json::parse(body);
  const bool speaks = json && json->root().kind() == JsonRef::Kind::map;
  require(receipt.verdict != Verdict::accepted || speaks, "only the provider itself accepts");
  const Taken taken = channel.ask(message, deadline);
  require(taken == Taken::cannot_tell || speaks, "only the provider itself can tell");
  return 0;
}
