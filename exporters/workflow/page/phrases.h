// What /flows says of each state, reason, part and phase. Words that the configuration knows stay as they are; these explain them.
#pragma once

#include "web/page.h"
#include "workflow/page/flow_page.h"

namespace finwatch::workflow {

inline constexpr Phrase kAgo{"% 前", "% ago"};
inline constexpr Phrase kIn{"% 后", "in %"};

inline constexpr Phrase kStandingPhrases[] = {
    {"失败", "failing"}, {"未授权", "refused"}, {"非本产品", "not this product"}, {"尚未运行", "never run"}, {"成功", "ok"},
};
static_assert(std::size(kStandingPhrases) == kStandings);
inline const Phrase& phrase_of(Standing standing) { return kStandingPhrases[static_cast<std::size_t>(standing)]; }

inline constexpr Phrase kReasonPhrases[] = {
    {"应答与预期不符", "the answer is not what was expected"},
    {"状态码与预期不符", "not the expected status"},
    {"登录或会话被拒绝", "login or session refused"},
    {"没有权限", "not permitted"},
    {"请求过多，被限制", "too many requests"},
    {"被他人锁定", "locked by another"},
    {"主数据有误，如会计期间已关闭", "master data is wrong, such as a closed period"},
    {"应用无法提供服务", "the application cannot serve"},
    {"超时", "late"},
    {"域名解析失败", "the name was not resolved"},
    {"无法建立连接", "nobody accepted the connection"},
    {"TLS 握手失败", "the TLS handshake failed"},
    {"清理失败", "what was created could not be removed"},
    {"上次运行尚未结束", "the run before had not ended"},
    {"流程文件或程序有误", "a mistake of the flow file or the program"},
};
static_assert(std::size(kReasonPhrases) == kReasonCount);

inline constexpr Phrase kSectionPhrases[] = {
    {"登录", "login"},
    {"清扫：删除此前运行的残留", "sweep: removes what earlier runs left"},
    {"业务步骤：计入耗时", "steps: the measured duration"},
    {"收尾清理：必定执行", "finally: always, cleans up"},
    {"退出登录", "logout"},
};
static_assert(std::size(kSectionPhrases) == std::size(kSections));
inline const Phrase& phrase_of(Section section) { return kSectionPhrases[static_cast<std::size_t>(section)]; }

inline constexpr Phrase kPhasePhrases[] = {
    {"域名解析", "DNS"}, {"建立连接", "connect"},      {"TLS 握手", "TLS"},
    {"发送", "send"},    {"等待首字节", "first byte"}, {"接收", "transfer"},
};
static_assert(std::size(kPhasePhrases) == kPhaseCount);
inline const Phrase& phrase_of(Phase phase) { return kPhasePhrases[static_cast<std::size_t>(phase)]; }

inline constexpr Phrase kModePhrases[] = {{"只读", "reads only"}, {"模拟", "simulates"}, {"写入", "writes"}};
static_assert(std::size(kModePhrases) == std::size(kModeNames));
inline const Phrase& phrase_of(Mode mode) { return kModePhrases[static_cast<std::size_t>(mode)]; }

inline constexpr Phrase kEffectPhrases[] = {{"读取", "reads"},   {"登录", "logs in"}, {"模拟", "simulates"},
                                            {"新建", "creates"}, {"修改", "changes"}, {"删除", "removes"}};
static_assert(std::size(kEffectPhrases) == std::size(kEffectNames));
inline const Phrase& phrase_of(Effect effect) { return kEffectPhrases[static_cast<std::size_t>(effect)]; }

}  // namespace finwatch::workflow
