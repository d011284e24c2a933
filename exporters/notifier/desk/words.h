// What the desk calls things, in both languages.
//
//   kStateWords[index(incident.state)].in(language)        // "已认领", "Acknowledged"
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "conf/both_languages.h"
#include "conf/zone.h"
#include "notifier/contract/sla_clock.h"
#include "notifier/incident/action.h"
#include "notifier/incident/incident.h"
#include "web/page.h"

namespace finwatch::notifier {

template <class Enum>
constexpr std::size_t index(Enum value) {
  return static_cast<std::size_t>(value);
}

inline constexpr std::array<Phrase, 8> kStateWords = {Phrase{"接报", "Received"},        Phrase{"已分类", "Classified"},
                                                      Phrase{"已分派", "Assigned"},      Phrase{"已认领", "Acknowledged"},
                                                      Phrase{"已初步诊断", "Diagnosed"}, Phrase{"已恢复", "Resolved"},
                                                      Phrase{"已验证", "Verified"},      Phrase{"已关闭", "Closed"}};
inline constexpr std::array<Phrase, 4> kOutcomeWords = {Phrase{"处理中", "Open"}, Phrase{"已解决", "Solved"},
                                                        Phrase{"已合并", "Merged"}, Phrase{"误报", "False alarm"}};
inline constexpr std::array<Phrase, 10> kActionWords = {
    Phrase{"认领", "Acknowledge"},  Phrase{"分派", "Assign"},          Phrase{"提交初步诊断", "Give first diagnosis"},
    Phrase{"添加备注", "Add note"}, Phrase{"标记解决", "Mark solved"}, Phrase{"确认恢复（验证）", "Verify"},
    Phrase{"关闭", "Close"},        Phrase{"误报", "False alarm"},     Phrase{"重新打开", "Reopen"},
    Phrase{"合并", "Merge"}};
inline constexpr std::array<Phrase, 3> kClockWords = {Phrase{"响应", "Answer"}, Phrase{"初步诊断", "First diagnosis"},
                                                      Phrase{"解决", "Solve"}};
inline constexpr std::array<Phrase, 5> kDeliveryWords = {Phrase{"待发送", "Queued"}, Phrase{"发送中", "Sending"},
                                                         Phrase{"已送达", "Delivered"}, Phrase{"失败", "Failed"},
                                                         Phrase{"未发送", "Not sent"}};
inline constexpr std::array<Phrase, 6> kPurposeWords = {Phrase{"通知", "Page"},        Phrase{"故障仍在", "It goes on"},
                                                        Phrase{"超时预警", "Warning"}, Phrase{"已超时", "Breach"},
                                                        Phrase{"恢复", "Resolved"},    Phrase{"心跳告警", "Dead man's switch"}};
inline constexpr std::array<Phrase, 9> kChannelWords = {
    Phrase{"邮件", "E-mail"},    Phrase{"钉钉", "DingTalk"},    Phrase{"企业微信", "WeCom"},
    Phrase{"飞书", "Feishu"},    Phrase{"短信", "SMS"},         Phrase{"电话", "Voice"},
    Phrase{"HTTP 网关", "HTTP"}, Phrase{"本机命令", "Command"}, Phrase{"控制台", "Console"}};

inline constexpr Phrase kStale{"页面已过期，请返回刷新后重试。",
                               "This page is out of date: go back, reload it, and try again."};
inline constexpr Phrase kBadNumber{"事件编号应形如 INC-42", "the number of an incident looks like INC-42"};

inline const std::string& say(const Words& words, Language language) {
  return language == Language::chinese ? words.zh : words.en;
}

/// Of an id; the id itself where the contract has no such thing.
std::string service_name(const Contract& contract, std::string_view id, Language language);
std::string class_name(const Contract& contract, std::string_view id, Language language);
std::string severity_name(const Contract& contract, std::string_view id, Language language);
/// Of a person's id, a user, "alertmanager" or "finwatch".
std::string actor_name(const Contract& contract, std::string_view id, Language language);
/// What a line of the timeline tells, by its kind; the kind itself when it is a new one.
std::string event_words(std::string_view kind, Language language);

/// "2 小时 5 分", "2 h 5 min"; never negative.
std::string duration_words(nanoseconds length, Language language);
/// On the wall there: "2026-11-27 21:52".
std::string wall_text(WallTime time, const Zone& zone);

/// What somebody typed, as every database takes it: UTF-8 without NUL.
std::string clean_text(std::string_view text);

/// "2026-11" as a month, and back.
std::optional<Month> parse_year_month(std::string_view text);
std::string to_text(Month month);

}  // namespace finwatch::notifier
