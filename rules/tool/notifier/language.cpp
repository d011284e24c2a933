#include "rules/tool/notifier/language.h"

#include <algorithm>
#include <span>

namespace finwatch::rules::notifier {
namespace {

struct Name {
  std::string_view name, zh;
};

constexpr Name kStates[] = {{"received", "接报"},
                            {"classified", "已分类"},
                            {"assigned", "已分派"},
                            {"acknowledged", "已认领"},
                            {"diagnosed", "已初步诊断"},
                            {"resolved", "已恢复"},
                            {"verified", "已验证"},
                            {"closed", "已关闭"},
                            {"fired", "告警触发"},
                            {"joined", "新告警并入"},
                            {"cleared", "告警恢复"},
                            {"refired", "告警再次触发"},
                            {"reopened", "重新打开"},
                            {"merged", "已合并"},
                            {"false_alarm", "判为误报"},
                            {"note", "备注"},
                            {"told", "通知已送达"},
                            {"not_told", "通知失败"},
                            {"warned_half", "时限已用一半"},
                            {"warned_late", "时限已用八成"},
                            {"maybe_told_twice", "可能重复通知"},
                            {"breached", "已超时"},
                            {"step", "升级"},
                            {"policy", "升级策略变更"},
                            {"heartbeat", "心跳告警"}};
constexpr Name kChannels[] = {{"email", "邮件"},     {"dingtalk", "钉钉"}, {"wecom", "企业微信"}, {"feishu", "飞书"},
                              {"sms", "短信"},       {"voice", "电话"},    {"http", "HTTP 网关"}, {"command", "本机命令"},
                              {"console", "控制台"}, {"page", "页面"},     {"link", "链接"},      {"code", "认领码"},
                              {"api", "接口"}};
constexpr Name kPurposes[] = {{"page", "通知"},     {"joined", "故障仍在"}, {"warning", "超时预警"},
                              {"breach", "已超时"}, {"resolved", "恢复"},   {"heartbeat", "心跳告警"}};
constexpr Name kDeliveries[] = {
    {"queued", "待发送"}, {"sending", "发送中"}, {"delivered", "已送达"}, {"failed", "失败"}, {"dropped", "未发送"}};
constexpr Name kClocks[] = {{"answer", "响应"}, {"first_diagnosis", "初步诊断"}, {"solve", "解决"}};

std::string word(std::span<const Name> names, std::string_view name, Language language) {
  const auto known = std::find_if(names.begin(), names.end(), [&](const Name& one) { return one.name == name; });
  if (known == names.end()) return std::string(name);
  if (language == Language::zh) return std::string(known->zh);
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

}  // namespace

const std::string& say(Language language, const Words& words) {
  if (language == Language::zh) return words.zh.empty() ? words.en : words.zh;
  return words.en.empty() ? words.zh : words.en;
}

std::string state_word(std::string_view name, Language language) { return word(kStates, name, language); }
std::string channel_word(std::string_view name, Language language) { return word(kChannels, name, language); }
std::string purpose_word(std::string_view name, Language language) { return word(kPurposes, name, language); }
std::string delivery_word(std::string_view name, Language language) { return word(kDeliveries, name, language); }
std::string clock_word(std::string_view name, Language language) { return word(kClocks, name, language); }

}  // namespace finwatch::rules::notifier
