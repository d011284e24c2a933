// A robot in a group of Feishu or Lark: a card whose texts are plain, with buttons for the links.
#include "core/json_text.h"
#include "core/text.h"
#include "notifier/channel/robot.h"
#include "notifier/channel/text.h"

namespace finwatch::notifier {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostBody = 19'000;  // the limit is 20 KB

constexpr CodeRule kCodes[] = {
    {"0", Verdict::accepted, {}, "已收", "taken"},
    {"11232", Verdict::later, seconds{30}, "飞书限流（整点、半点常见）", "Feishu throttles (often at the full and half hour)"},
    {"19001", Verdict::refused, {}, "机器人地址无效，请重新复制", "the robot's address is wrong: copy it again"},
    {"19021",
     Verdict::refused,
     {},
     "签名不符：请检查 secret_file 与本机时间",
     "signature: check secret_file and this machine's clock"},
    {"19022",
     Verdict::refused,
     {},
     "IP 不在白名单：请加入本机出口 IP",
     "address not allowed: add this machine's to the robot's list"},
    {"19024",
     Verdict::refused,
     {},
     "关键词不符：请把机器人的关键词设为 INC，或改用签名",
     "keyword not found: set INC as the robot's keyword, or use a signature"},
    {"9499", Verdict::refused, {}, "请求格式有误", "the request is malformed"},
};

std::string plain(std::string_view text) {
  return JsonMembers('{').add("tag", json_text("plain_text")).add("content", json_text(text)).end();
}

std::string_view colour_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::resolved: return "green";
    case Purpose::joined:
    case Purpose::warning: return "orange";
    case Purpose::page:
    case Purpose::breach:
    case Purpose::heartbeat: break;
  }
  return "red";
}

class Feishu final : public Channel {
 public:
  explicit Feishu(Robot robot) : robot_(std::move(robot)) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    const std::string body = fitted(message, kMostBody, [&](const MessageText& text) { return body_of(message, text); });
    const ProviderAnswer answer = robot_.post(robot_.url(), body, deadline);
    Receipt receipt = receipt_of(answer, {.code = "code", .words = "msg"}, kCodes);
    if (receipt.code == "9499" && lower_case(receipt.note).find("too many") != std::string::npos) {
      receipt.verdict = Verdict::later;
      receipt.wait = seconds{30};
      receipt.note = note_of("飞书限流", "Feishu throttles");
    }
    return receipt;
  }

 private:
  std::string body_of(const Message& message, const MessageText& text) const {
    JsonMembers body('{');
    if (robot_.signs()) {
      const std::string timestamp = std::to_string(std::chrono::floor<seconds>(robot_.now()).time_since_epoch().count());
      body.add("timestamp", json_text(timestamp));
      // Not as DingTalk does: the text is the key, and nothing is signed with it.
      body.add("sign", json_text(Robot::signature(timestamp + "\n" + std::string(robot_.secret()), {})));
    }
    return body.add("msg_type", json_text("interactive")).add("card", card(message, text)).end();
  }

  static std::string card(const Message& message, const MessageText& text) {
    JsonMembers elements('[');
    std::string lines;
    for (const std::string& line : text.lines) lines += (lines.empty() ? "" : "\n") + harmless(line, Markup::feishu);
    if (!lines.empty()) elements.add(JsonMembers('{').add("tag", json_text("div")).add("text", plain(lines)).end());
    if (const std::string call = call_of(message); !call.empty())
      elements.add(JsonMembers('{')
                       .add("tag", json_text("div"))
                       .add("text", JsonMembers('{').add("tag", json_text("lark_md")).add("content", json_text(call)).end())
                       .end());
    if (!text.links.empty()) {
      JsonMembers buttons('[');
      std::string_view kind = "primary";
      for (const MessageLink& link : text.links) {
        buttons.add(JsonMembers('{')
                        .add("tag", json_text("button"))
                        .add("text", plain(harmless(link.label, Markup::feishu)))
                        .add("type", json_text(kind))
                        .add("url", json_text(link.url))
                        .end());
        kind = "default";
      }
      elements.add(JsonMembers('{').add("tag", json_text("action")).add("actions", buttons.end()).end());
    }
    elements.add(JsonMembers('{')
                     .add("tag", json_text("note"))
                     .add("elements", JsonMembers('[').add(plain(harmless(text.foot, Markup::feishu))).end())
                     .end());
    return JsonMembers('{')
        .add("config", JsonMembers('{').add("wide_screen_mode", json_truth(true)).end())
        .add("header", JsonMembers('{')
                           .add("title", plain(harmless(text.title, Markup::feishu)))
                           .add("template", json_text(colour_of(message.purpose)))
                           .end())
        .add("elements", elements.end())
        .end();
  }

  /// The one text in markup: calls by open_id, which is all that a robot may use; the others by name.
  static std::string call_of(const Message& message) {
    std::string call;
    for (const Recipient& person : mentioned(message)) {
      call += call.empty() ? "" : " ";
      const std::string user(provider_user(person.feishu));
      call += user.empty() ? harmless(name_of(message, person), Markup::feishu) : "<at id=" + user + "></at>";
    }
    return call.empty() ? call : in_languages(message, "通知", "for") + ": " + call;
  }

  Robot robot_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_feishu(const RobotSetup& setup, const ChannelWorld& world) {
  Result<Robot> robot = Robot::open("feishu", setup, world);
  if (!robot) return robot.error();
  return std::unique_ptr<Channel>(std::make_unique<Feishu>(std::move(*robot)));
}

}  // namespace finwatch::notifier
