// A robot in a group of WeCom. Its markdown calls people by their id; who is known by telephone alone is called by a text behind it.
#include "core/json_text.h"
#include "notifier/channel/plain_text.h"
#include "notifier/channel/robot.h"
#include "notifier/channel/text.h"

namespace finwatch::notifier {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostMarkdown = 4096, kMostText = 2048;  // bytes of the content

constexpr CodeRule kCodes[] = {
    {"0", Verdict::accepted, {}, "已收", "taken"},
    {"-1", Verdict::later, seconds{10}, "企业微信繁忙", "WeCom is busy"},
    {"45009", Verdict::later, seconds{60}, "超过每分钟 20 条，限流", "more than 20 a minute, throttled"},
    {"45033", Verdict::later, seconds{10}, "并发过多", "too many calls at once"},
    {"93000",
     Verdict::refused,
     {},
     "机器人地址无效或已移出群，请重新复制",
     "the robot's address is wrong or it left the group: copy it again"},
    {"93004", Verdict::refused, {}, "机器人已停用", "the robot is switched off"},
    {"93008", Verdict::refused, {}, "机器人不在群中", "the robot is not in the group"},
    {"40008", Verdict::refused, {}, "消息类型有误", "this kind of message is not supported"},
    {"40058", Verdict::refused, {}, "参数有误或内容过长", "a parameter is wrong or the content too long"},
    {"44004", Verdict::refused, {}, "内容为空", "no content"},
    {"60020", Verdict::refused, {}, "本机出口 IP 不被允许", "this machine's address is not allowed"},
};
constexpr AnswerKeys kKeys{.code = "errcode", .words = "errmsg"};

std::string message_of(std::string_view type, const std::string& content) {
  return JsonMembers('{').add("msgtype", json_text(type)).add(type, content).end();
}

std::string coloured(std::string_view colour, const std::string& text) {
  return std::string("<font color=\"").append(colour).append("\">").append(text).append("</font>");
}

class WeCom final : public Channel {
 public:
  explicit WeCom(Robot robot) : robot_(std::move(robot)) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    std::string content = fitted(message, kMostMarkdown, [&](const MessageText& text) { return markdown(message, text); });
    content = first_bytes(content, kMostMarkdown);
    Receipt receipt = receipt_of(
        robot_.post(robot_.url(), message_of("markdown", JsonMembers('{').add("content", json_text(content)).end()), deadline),
        kKeys, kCodes);
    if (receipt.verdict != Verdict::accepted) return receipt;
    JsonMembers mobiles('[');
    bool calls = false;
    for (const Recipient& person : mentioned(message)) {
      if (!provider_user(person.wecom).empty()) continue;
      if (const std::string mobile = mobile_of(person); !mobile.empty()) {
        mobiles.add(json_text(mobile));
        calls = true;
      }
    }
    if (!calls) return receipt;
    const Receipt called = receipt_of(robot_.post(robot_.url(), call_of(message, mobiles.end()), deadline), kKeys, kCodes);
    // What was said is said: it is never repeated because the call behind it failed.
    if (called.verdict != Verdict::accepted)
      receipt.note = note_of("已收，但未能 @ 到人：" + called.code, "taken, but nobody was called by name: " + called.code);
    return receipt;
  }

 private:
  static std::string markdown(const Message& message, const MessageText& text) {
    const bool good = message.purpose == Purpose::resolved;
    std::string whole = "### " + coloured(good ? "info" : "warning", harmless(text.title, Markup::wecom));
    for (const std::string& line : text.lines) whole += "\n> " + harmless(line, Markup::wecom);
    for (const MessageLink& link : text.links) whole += "\n" + set_link(link, Markup::wecom);
    std::string call;
    for (const Recipient& person : mentioned(message)) {
      call += call.empty() ? "" : " ";
      const std::string user(provider_user(person.wecom));
      call += user.empty() ? harmless(name_of(message, person), Markup::wecom) : "<@" + user + ">";
    }
    if (!call.empty()) whole += "\n" + in_languages(message, "通知", "for") + ": " + call;
    return whole += "\n" + coloured("comment", harmless(text.foot, Markup::wecom));
  }

  static std::string call_of(const Message& message, const std::string& mobiles) {
    const MessageText text = words_of(message, 1);
    const std::string content =
        first_bytes(harmless(text.title, Markup::wecom) + "\n" + harmless(text.foot, Markup::wecom), kMostText);
    return message_of("text", JsonMembers('{').add("content", json_text(content)).add("mentioned_mobile_list", mobiles).end());
  }

  Robot robot_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_wecom(const RobotSetup& setup, const ChannelWorld& world) {
  Result<Robot> robot = Robot::open("wecom", setup, world);
  if (!robot) return robot.error();
  return std::unique_ptr<Channel>(std::make_unique<WeCom>(std::move(*robot)));
}

}  // namespace finwatch::notifier
