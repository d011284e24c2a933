// A robot in a group of DingTalk. Its codes: the vendor's page "custom robot", and what its server answered to others.
#include "core/json_text.h"
#include "core/text.h"
#include "notifier/channel/robot.h"
#include "notifier/channel/text.h"

namespace finwatch::notifier {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The limit is 20,000 bytes for the whole body, and the vendor's other robots have 15,000; counted after JSON made it longer.
constexpr std::size_t kMostBody = 15'000;

constexpr CodeRule kCodes[] = {
    {"0", Verdict::accepted, {}, "已收", "taken"},
    {"-1", Verdict::later, seconds{10}, "钉钉繁忙", "DingTalk is busy"},
    {"130101", Verdict::later, seconds{60}, "超过每分钟 20 条，限流可达 10 分钟",
     "more than 20 a minute, throttled for up to 10 minutes"},
    {"410100", Verdict::later, seconds{60}, "发送过快，被限流", "too fast, throttled"},
    {"1111", Verdict::later, minutes{5}, "本机出口 IP 被限流", "this machine's address is throttled"},
    {"90030", Verdict::later, minutes{10}, "调用次数已达上限", "the limit of calls is reached"},
    {"310000", Verdict::refused, {}, "机器人安全设置未通过", "the robot's security settings refused it"},
    {"300001",
     Verdict::refused,
     {},
     "access_token 无效，请重新复制机器人地址",
     "no such access_token: copy the robot's address again"},
    {"300005",
     Verdict::refused,
     {},
     "access_token 无效，请重新复制机器人地址",
     "no such access_token: copy the robot's address again"},
    {"400101",
     Verdict::refused,
     {},
     "access_token 无效，请重新复制机器人地址",
     "no such access_token: copy the robot's address again"},
    {"400013", Verdict::refused, {}, "群已解散", "the group is gone"},
    {"400102", Verdict::refused, {}, "机器人已停用", "the robot is switched off"},
    {"400106", Verdict::refused, {}, "机器人不在群中", "the robot is not in the group"},
    {"400105", Verdict::refused, {}, "不支持的消息类型", "this kind of message is not supported"},
    {"40035", Verdict::refused, {}, "缺少参数", "a parameter is missing"},
    {"430101", Verdict::refused, {}, "含有被判为不安全的链接", "a link was found unsafe"},
    {"430102", Verdict::refused, {}, "含有被判为不合适的文字", "the text was found unfit"},
    {"430104", Verdict::refused, {}, "含有被判为不合适的内容", "the content was found unfit"},
    {"460101", Verdict::refused, {}, "消息超过 20000 字节", "more than 20,000 bytes"},
    {"101002", Verdict::refused, {}, "消息过长", "the message is too long"},
};

/// One code stands for three checks; the words say which.
Receipt which_check(Receipt receipt, std::string_view words) {
  const std::string said = lower_case(words);
  if (said.find("keyword") != std::string::npos || said.find("关键词") != std::string::npos) {
    receipt.note = note_of("关键词不符：请把机器人的关键词设为 INC 或告警标题里必有的词，或改用加签",
                           "keyword not found: set INC as the robot's keyword, or use a signature", words);
  } else if (said.find("timestamp") != std::string::npos) {
    receipt.note =
        note_of("时间戳不符：本机时间与标准时间相差超过 1 小时", "timestamp: this machine's clock is off by an hour", words);
  } else if (said.find("sign") != std::string::npos || said.find("签名") != std::string::npos) {
    receipt.note =
        note_of("加签不符：请检查 secret_file 与本机时间", "signature: check secret_file and this machine's clock", words);
  } else if (said.find("ip") != std::string::npos || said.find("白名单") != std::string::npos) {
    receipt.note =
        note_of("IP 不在白名单：请加入本机出口 IP", "address not allowed: add this machine's to the robot's list", words);
  }
  return receipt;
}

class DingTalk final : public Channel {
 public:
  explicit DingTalk(Robot robot) : robot_(std::move(robot)) {}

  Receipt send(const Message& message, SteadyTime deadline) override {
    const std::string body = fitted(message, kMostBody, [&](const MessageText& text) { return body_of(message, text); });
    const ProviderAnswer answer = robot_.post(signed_url(), body, deadline);
    if (const auto banned = throttled_address(answer)) return *banned;
    Receipt receipt = receipt_of(answer, {.code = "errcode", .words = "errmsg"}, kCodes);
    // Who tries again every minute would use up his attempts before the ten minutes are over.
    if (receipt.code == "130101" && message.attempt > 1) receipt.wait = minutes{2};
    if (receipt.code == "310000") receipt = which_check(receipt, words_of_answer(answer));
    return receipt;
  }

 private:
  std::string signed_url() const {
    std::string url(robot_.url());
    if (!robot_.signs()) return url;
    const auto now = std::chrono::floor<std::chrono::milliseconds>(robot_.now()).time_since_epoch().count();
    const std::string timestamp = std::to_string(now);
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += "timestamp=" + timestamp + "&sign=";
    return url += url_part(Robot::signature(robot_.secret(), timestamp + "\n" + std::string(robot_.secret())));
  }

  static std::string_view words_of_answer(const ProviderAnswer& answer) {
    const auto words = answer.json->root().find("errmsg");
    return words ? words->text() : std::string_view();
  }

  /// {"status":1111,"wait":5,"punish":"deny"} in place of a code: all calls from our address are refused for so many minutes.
  static std::optional<Receipt> throttled_address(const ProviderAnswer& answer) {
    if (!answer.json) return std::nullopt;
    const auto of_map = [](const JsonRef& map) -> std::optional<Receipt> {
      const auto status = map.find("status");
      if (!status || status->text() != "1111") return std::nullopt;
      Receipt receipt = receipt_of_code(kCodes, "1111", {});
      const auto wait = map.find("wait");
      const auto count = wait ? to_number<int>(wait->text()) : std::nullopt;
      if (count && *count > 0 && *count <= 60) receipt.wait = minutes{*count};
      return receipt;
    };
    const JsonRef root = answer.json->root();
    if (auto receipt = of_map(root)) return receipt;
    for (auto member = root.first(); member; member = member->next())
      if (member->kind() == JsonRef::Kind::map)
        if (auto receipt = of_map(*member)) return receipt;
    return std::nullopt;
  }

  static std::string body_of(const Message& message, const MessageText& text) {
    JsonMembers mobiles('['), users('[');
    std::string call;
    bool rings = false;
    for (const Recipient& person : mentioned(message)) {
      call += call.empty() ? "" : " ";
      if (const std::string mobile = mobile_of(person); !mobile.empty()) {
        mobiles.add(json_text(mobile));
        call += "@" + mobile;
        rings = true;
      } else if (const std::string user(provider_user(person.dingtalk)); !user.empty()) {
        users.add(json_text(user));
        call += "@" + user;
        rings = true;
      } else {
        call += harmless(name_of(message, person), Markup::dingtalk);
      }
    }
    const std::string title = harmless(text.title, Markup::dingtalk);
    // A card has buttons, but calls nobody by name; who must be woken needs a message that does, with links in it.
    if (message.purpose == Purpose::page && !rings && !text.links.empty()) {
      JsonMembers buttons('[');
      for (const MessageLink& link : text.links)
        buttons.add(JsonMembers('{')
                        .add("title", json_text(harmless(link.label, Markup::dingtalk)))
                        .add("actionURL", json_text(link.url))
                        .end());
      return JsonMembers('{')
          .add("msgtype", json_text("actionCard"))
          .add("actionCard", JsonMembers('{')
                                 .add("title", json_text(title))
                                 .add("text", json_text(markdown(message, text, title, call, {})))
                                 .add("btnOrientation", json_text("0"))
                                 .add("btns", buttons.end())
                                 .end())
          .end();
    }
    std::string links;
    for (const MessageLink& link : text.links) links += (links.empty() ? "" : " · ") + set_link(link, Markup::dingtalk);
    return JsonMembers('{')
        .add("msgtype", json_text("markdown"))
        .add("markdown", JsonMembers('{')
                             .add("title", json_text(title))
                             .add("text", json_text(markdown(message, text, title, call, links)))
                             .end())
        .add("at", JsonMembers('{')
                       .add("atMobiles", mobiles.end())
                       .add("atUserIds", users.end())
                       .add("isAtAll", json_truth(false))
                       .end())
        .end();
  }

  static std::string markdown(const Message& message, const MessageText& text, const std::string& title,
                              const std::string& call, const std::string& links) {
    std::string whole = "### " + title;
    const auto add = [&](const std::string& paragraph) {
      if (!paragraph.empty()) whole += "\n\n" + paragraph;
    };
    for (const std::string& line : text.lines) add(harmless(line, Markup::dingtalk));
    add(links);
    if (!call.empty()) add(in_languages(message, "通知", "for") + ": " + call);
    add(harmless(text.foot, Markup::dingtalk));
    return whole;
  }

  Robot robot_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_dingtalk(const RobotSetup& setup, const ChannelWorld& world) {
  Result<Robot> robot = Robot::open("dingtalk", setup, world);
  if (!robot) return robot.error();
  return std::unique_ptr<Channel>(std::make_unique<DingTalk>(std::move(*robot)));
}

}  // namespace finwatch::notifier
