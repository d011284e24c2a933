// What those who carry text messages and calls refuse, or send back for a person to look at: from their published pages.
//
//   rules_of(Provider::aliyun).longest       // 35 characters in one variable
//   for (const RefusedWord& one : kRefusedWords) …
//
// Carriers and regulators change the lists without notice; what is here is what the pages said on the days given.
#pragma once

#include <string_view>

#include "rules/tool/contract/channels.h"

namespace finwatch::rules {

struct TextRules {
  std::string_view name;
  std::size_t longest;  // of a variable, in characters
  bool is_certain;      // a longer one is refused; otherwise it depends on the account
  bool refuses_dots;    // in any variable, not only in what looks like an address
  std::size_t shortest_sign, longest_sign;
  std::string_view source;
};

inline constexpr std::size_t kLongestMessage = 500;  // Aliyun, Tencent and Huawei alike, with signature and variables
inline constexpr std::size_t kSegment = 70;          // characters of UCS-2 in one message: 3GPP TS 23.038

constexpr TextRules rules_of(Provider provider) {
  switch (provider) {
    case Provider::aliyun: return {"Aliyun", 35, true, false, 2, 12, "help.aliyun.com/zh/sms: 短信模板规范"};
    case Provider::tencent:
      return {"Tencent",
              12,
              false,
              false,
              2,
              12,
              "cloud.tencent.com/document/product/382/39023 (2025-06-17): 12 for a person's "
              "account, a firm's as the console says"};
    case Provider::http: break;
  }
  // A gateway of the house leads to one of the carriers: the strictest of them.
  return {"a gateway", 20, false, true, 2, 12, "support.huaweicloud.com/intl/zh-cn/msgsms_faq/sms_faq_0003.html (2024-11-08)"};
}

struct RefusedWord {
  std::string_view word;
  bool aliyun, tencent, huawei;  // who lists it
};

/// Of the words that are refused, those which the name of a finance service could contain.
inline constexpr RefusedWord kRefusedWords[] = {
    {"贷款", true, true, true},       {"借款", true, false, false},     {"催款", false, true, true},
    {"投资理财", true, true, true},   {"代开发票", true, true, false},  {"开发票", false, false, true},
    {"代理记账", true, true, false},  {"财税", false, true, true},      {"金融", false, true, true},
    {"股票", false, true, true},      {"征信", false, true, true},      {"保险推广", false, true, false},
    {"信用卡", false, true, false},   {"银行汇票", false, false, true}, {"期货", false, false, true},
    {"私募", false, false, true},     {"返现", false, true, true},      {"返利", false, true, true},
    {"积分兑换", false, true, true},  {"年检", false, true, false},     {"招标", false, true, false},
    {"工商代办", false, false, true},
};

/// None of them takes these anywhere.
inline constexpr std::string_view kRefusedSigns[] = {"【", "】", "[", "]", "¥", "￥", "★", "※", "√", "^", "&", "{", "}"};

}  // namespace finwatch::rules
