#include "rules/tool/alerts/readable.h"
#include "rules/tool/compile/yaml_text.h"
#include "rules/tool/explain/explain.h"

namespace finwatch::rules {
namespace {

// A step is a line: its time, how long after the beginning, who, by what, and unless what.
struct Phrases {
  std::string_view severity, policy, fault_class, service, runbook, colon, comma;
  std::string_view fires, fires_after, fires_at_once, heartbeat;
  std::string_view maintenance, outside, until_then;
  std::string_view told, at_once, unless, nobody, by_alertmanager, gathered, copy, again;
  std::string_view deadlines;
  std::array<std::string_view, 3> promise;
  std::string_view held, held_same, no_service;
  std::array<std::string_view, kChannels.size()> channels;
};

// clang-format off: a phrase a line is easier to hold beside the other language.
constexpr Phrases kEnglish{
    .severity = "severity",
    .policy = "; policy ",
    .fault_class = "class",
    .service = "service",
    .runbook = "runbook",
    .colon = ": ",
    .comma = ", ",
    .fires = "It fires at ",
    .fires_after = ", having been true for ",
    .fires_at_once = ", at once",
    .heartbeat = "It always fires. The notifier expects it, and calls when it stops coming. Nobody is told of it itself.",
    .maintenance = "Planned maintenance ",
    .outside = "Outside business hours",
    .until_then = ": nobody is told before ",
    .told = "Who is told",
    .at_once = "at once",
    .unless = ", unless acknowledged",
    .nobody = "NOBODY: the rota has a gap here",
    .by_alertmanager = ", sent by Alertmanager itself",
    .gathered = ", gathered for up to ",
    .copy = "a copy by e-mail, sent by Alertmanager itself: ",
    .again = "The e-mail comes again every ",
    .deadlines = "What is promised",
    .promise = {"answered by ", "first diagnosis by ", "solved by "},
    .held = "Nobody is told while one of these fires",
    .held_same = " about the same ",
    .no_service = "depends on its labels; --service=ID works it out for one",
    .channels = {"e-mail", "DingTalk", "WeCom", "Feishu", "SMS", "telephone", "HTTP"}};

constexpr Phrases kChinese{.severity = "级别",
                           .policy = "；策略 ",
                           .fault_class = "类别",
                           .service = "服务",
                           .runbook = "处置手册",
                           .colon = "：",
                           .comma = "、",
                           .fires = "触发时间 ",
                           .fires_after = "，此前条件已持续 ",
                           .fires_at_once = "，条件成立即触发",
                           .heartbeat = "此告警始终触发。通知程序等待它的到来，收不到时直接呼叫；它本身不通知任何人。",
                           .maintenance = "计划维护 ",
                           .outside = "非工作时间",
                           .until_then = "：暂不通知，直至 ",
                           .told = "通知对象",
                           .at_once = "立即",
                           .unless = "，若届时未认领",
                           .nobody = "无人值班：排班表在此处有空缺",
                           .by_alertmanager = "，由 Alertmanager 直接发送",
                           .gathered = "，最多汇集 ",
                           .copy = "邮件抄送，由 Alertmanager 直接发送：",
                           .again = "邮件重复间隔 ",
                           .deadlines = "承诺",
                           .promise = {"响应截止 ", "初步诊断截止 ", "解决截止 "},
                           .held = "下列告警触发期间不通知",
                           .held_same = "，条件是标签相同：",
                           .no_service = "取决于告警的标签；用 --service=标识 查看某一服务",
                           .channels = {"邮件", "钉钉", "企业微信", "飞书", "短信", "电话", "HTTP"}};
// clang-format on

std::string shown(LocalTime at) {
  const auto time = at - day_of(at);
  std::string text = to_text(day_of(at)) + " " + clock_text(std::chrono::floor<minutes>(time));
  const auto seconds = (time - std::chrono::floor<minutes>(time)).count();
  if (seconds != 0) text.append(seconds < 10 ? ":0" : ":").append(std::to_string(seconds));
  return text;
}

std::string_view address_of(const Person& person, Channel channel) {
  switch (channel) {
    case Channel::email: return person.email;
    case Channel::sms:
    case Channel::voice: return person.phone;
    case Channel::dingtalk: return person.dingtalk;
    case Channel::wecom: return person.wecom;
    case Channel::feishu: return person.feishu;
    case Channel::http: break;
  }
  return {};
}

class Page {
 public:
  Page(const Contract& contract, const Explanation& told, std::string_view language)
      : contract_(contract), told_(told), language_(language), say_(language == "zh" ? kChinese : kEnglish) {}

  std::string text() {
    heading();
    if (told_.alert->heartbeat) return out_.append("\n").append(say_.heartbeat).append("\n");
    beginning();
    steps();
    promises();
    explainers();
    return std::move(out_);
  }

 private:
  const std::string& in(const Words& words) const { return language_ == "zh" ? words.zh : words.en; }
  std::string named(const Words& words, std::string_view id) const { return in(words) + " (" + std::string(id) + ")"; }

  void fact(std::string_view name, const std::string& value) {
    out_.append("  ").append(name).append(say_.colon).append(value).append("\n");
  }

  void heading() {
    const Alert& alert = *told_.alert;
    out_.append(alert.id).append(say_.colon).append(readable(in(alert.title))).append("\n");
    fact(say_.severity, named(told_.severity->name, told_.severity->id) + std::string(say_.policy) + told_.severity->policy);
    fact(say_.fault_class, named(told_.fault_class->name, told_.fault_class->id));
    fact(say_.service, told_.service == nullptr ? std::string(say_.no_service) : named(told_.service->name, told_.service->id));
    fact(say_.runbook, runbook_path(alert, language_));
  }

  void beginning() {
    out_.append("\n").append(say_.fires).append(shown(told_.at)).append(" (").append(contract_.time_zone).append(")");
    if (told_.alert->after > nanoseconds{})
      out_.append(say_.fires_after).append(length_text(told_.alert->after));
    else
      out_.append(say_.fires_at_once);
    out_.append("\n");
    for (const Delay& delay : told_.delays) {
      if (delay.maintenance != nullptr)
        out_.append(say_.maintenance).append(delay.maintenance->id);
      else
        out_.append(say_.outside);
      out_.append(say_.until_then).append(shown(delay.until)).append("\n");
    }
  }

  // Zhang Wei (SMS 13800000001, DingTalk)
  void person(const Person& person, const std::vector<Channel>& by) {
    out_.append(in(person.name)).append(" (");
    for (const Channel& channel : by) {
      const std::string_view address = address_of(person, channel);
      out_.append(&channel == &by.front() ? "" : ", ").append(say_.channels[static_cast<std::size_t>(channel)]);
      out_.append(address.empty() ? "" : " ").append(address);
    }
    out_.append(")");
  }

  void line(LocalTime at, std::string_view after) {
    out_.append("  ").append(shown(at)).append("  ").append(after).append("  ");
  }

  void steps() {
    out_.append("\n").append(say_.told).append("\n");
    bool copied = told_.mailed.empty();
    for (const TellingStep& step : told_.steps) {
      if (step.after > nanoseconds{} && !copied) {
        copy();
        copied = true;
      }
      one_step(step);
    }
    if (!copied) copy();
    if (!told_.mail_duty.empty()) out_.append("  ").append(say_.again).append(length_text(told_.mail.repeat)).append("\n");
  }

  void one_step(const TellingStep& step) {
    line(step.at, step.after == nanoseconds{} ? std::string(say_.at_once) : "+" + length_text(step.after));
    out_.append(in(step.duty->name)).append(say_.colon);
    if (step.people.empty()) out_.append(say_.nobody);
    for (const Person* one : step.people) {
      if (one != step.people.front()) out_.append(say_.comma);
      person(*one, step.by);
    }
    if (step.by_alertmanager) out_.append(say_.by_alertmanager);
    if (step.by_alertmanager && told_.mail.wait > nanoseconds{})
      out_.append(say_.gathered).append(length_text(told_.mail.wait));
    if (step.unless_acknowledged) out_.append(say_.unless);
    out_.append("\n");
  }

  // What the policy tells by other ways comes to the team as a letter, too.
  void copy() {
    line(told_.begins, say_.at_once);
    out_.append(in(contract_.duties.at(told_.mail_duty).name)).append(say_.colon).append(say_.copy);
    for (const std::string& address : told_.mailed) out_.append(&address == &told_.mailed.front() ? "" : ", ").append(address);
    if (told_.mail.wait > nanoseconds{}) out_.append(say_.gathered).append(length_text(told_.mail.wait));
    out_.append("\n");
  }

  void promises() {
    out_.append("\n").append(say_.deadlines).append("\n");
    for (const Deadline& deadline : told_.deadlines) {
      out_.append("  ").append(say_.promise[static_cast<std::size_t>(deadline.kind)]).append(shown(deadline.until));
      out_.append(" (").append(length_text(deadline.length)).append(")\n");
    }
  }

  void explainers() {
    if (told_.explainers.empty()) return;
    out_.append("\n").append(say_.held).append("\n");
    for (const Explainer& one : told_.explainers) {
      out_.append("  ").append(one.alert->id).append(say_.held_same);
      for (const std::string& label : one.same) out_.append(&label == &one.same.front() ? "" : ", ").append(label);
      out_.append(say_.colon).append(readable(in(one.alert->title))).append("\n");
    }
  }

  const Contract& contract_;
  const Explanation& told_;
  const std::string_view language_;
  const Phrases& say_;
  std::string out_;
};

}  // namespace

std::string page_of(const Contract& contract, const Explanation& explanation, std::string_view language) {
  return Page(contract, explanation, language).text();
}

}  // namespace finwatch::rules
