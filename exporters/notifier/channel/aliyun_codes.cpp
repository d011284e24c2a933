// Codes of the text message and voice services, and of the gateway before them (help.aliyun.com, "API error codes").
#include <string>

#include "notifier/channel/aliyun.h"

namespace finwatch::notifier {
namespace {

using std::chrono::seconds;

constexpr CodeRule kRules[] = {
    {"OK", Verdict::accepted, {}, "已受理", "accepted"},
    // Not now.
    {"isv.BUSINESS_LIMIT_CONTROL", Verdict::later, seconds{60}, "触发流控", "too many to this number"},
    {"Throttling", Verdict::later, seconds{1}, "调用过快", "calls come too fast"},
    {"ServiceUnavailable", Verdict::later, {}, "服务暂不可用", "the service is not available"},
    {"isp.SYSTEM_ERROR", Verdict::later, {}, "对方系统错误", "an error at the provider's"},
    {"isp.GATEWAY_ERROR", Verdict::later, {}, "对方网关错误", "an error at the provider's gateway"},
    {"isp.UNKNOWN_ERR_CODE", Verdict::later, {}, "运营商未知错误", "an error at the carrier's"},
    {"SignatureNonceUsed", Verdict::later, {}, "随机数重复，换一个再发", "the nonce was used, a new one follows"},
    {"isv.VOICE_CALL_FAIL", Verdict::later, {}, "呼叫发起失败", "the call was not begun"},
    // It broke behind the door: the message may have been taken.
    {"InternalError", Verdict::unknown, {}, "对方内部错误，可能已收", "an error inside, it may have been taken"},
    // Money, rights and keys: somebody must act.
    {"isv.AMOUNT_NOT_ENOUGH", Verdict::refused, {}, "余额不足，请充值", "not enough money: top up"},
    {"isv.OUT_OF_SERVICE", Verdict::refused, {}, "欠费停机，请充值", "suspended for debt: top up"},
    {"isv.DAY_LIMIT_CONTROL", Verdict::refused, {}, "达到账户日限额", "the account's limit of the day"},
    {"isv.MONTH_LIMIT_CONTROL", Verdict::refused, {}, "达到账户月限额", "the account's limit of the month"},
    {"isv.ACCOUNT_ABNORMAL", Verdict::refused, {}, "账户异常", "something is wrong with the account"},
    {"isv.ACCOUNT_NOT_EXISTS", Verdict::refused, {}, "账户不存在", "no such account"},
    {"isv.PRODUCT_UN_SUBSCRIPT", Verdict::refused, {}, "产品未开通", "the product is not subscribed to"},
    {"isv.PRODUCT_UNSUBSCRIBE", Verdict::refused, {}, "功能未开通", "the feature is not subscribed to"},
    {"isp.RAM_PERMISSION_DENY", Verdict::refused, {}, "RAM 权限不足", "the RAM user has not the right"},
    {"isv.DENY_IP_RANGE", Verdict::refused, {}, "本机 IP 不允许", "calls from this address are not allowed"},
    {"InvalidAccessKeyId.NotFound", Verdict::refused, {}, "AccessKey 不存在", "no such access key"},
    {"InvalidAccessKeyId.Inactive", Verdict::refused, {}, "AccessKey 已禁用", "the access key is disabled"},
    {"SignatureDoesNotMatch", Verdict::refused, {}, "签名不符，请检查密钥", "the signature does not match: check the secret"},
    {"IncompleteSignature", Verdict::refused, {}, "签名不完整", "the signature is incomplete"},
    {"InvalidTimeStamp.Expired", Verdict::refused, {}, "时间相差过大，请校时", "this machine's clock is off"},
    {"Forbidden.RAM", Verdict::refused, {}, "RAM 权限不足", "the RAM user has not the right"},
    // Templates, signatures and what is put into them.
    {"isv.SMS_TEMPLATE_ILLEGAL", Verdict::refused, {}, "短信模板不可用", "the template is not usable"},
    {"isv.SMS_SIGNATURE_ILLEGAL", Verdict::refused, {}, "短信签名不可用", "the sign name is not usable"},
    {"isv.SMS_SIGN_ILLEGAL", Verdict::refused, {}, "短信签名被禁用", "the sign name is forbidden"},
    {"isv.SIGN_STATE_ILLEGAL", Verdict::refused, {}, "短信签名状态不可用", "the sign name is not usable now"},
    {"isv.SMS_SIGNATURE_SCENE_ILLEGAL", Verdict::refused, {}, "签名与模板类型不一致", "sign name and template differ in kind"},
    {"isv.SMS_CONTENT_ILLEGAL", Verdict::refused, {}, "内容违规", "the text is forbidden"},
    {"isv.TEMPLATE_MISSING_PARAMETERS", Verdict::refused, {}, "模板变量缺失", "the template has variables that were not given"},
    {"isv.TEMPLATE_PARAMS_ILLEGAL", Verdict::refused, {}, "模板变量不合法", "a variable is forbidden"},
    {"isv.TEMPLATE_ILLEGAL", Verdict::refused, {}, "模板不存在", "no such template"},
    {"isv.TTS_TEMPLATE_ILLEGAL", Verdict::refused, {}, "语音模板不可用", "the voice template is not usable"},
    {"isv.INVALID_PARAMETERS", Verdict::refused, {}, "参数有误", "a parameter is wrong"},
    {"isv.INVALID_JSON_PARAM", Verdict::refused, {}, "变量格式有误", "the variables are not JSON"},
    {"isv.PARAM_LENGTH_LIMIT", Verdict::refused, {}, "变量过长", "a variable is too long"},
    {"isv.PARAM_NOT_SUPPORT_URL", Verdict::refused, {}, "变量含链接", "a variable looks like a link"},
    {"isv.BLACK_KEY_CONTROL_LIMIT", Verdict::refused, {}, "变量含违禁词", "a variable has a forbidden word"},
    // Numbers.
    {"isv.MOBILE_NUMBER_ILLEGAL", Verdict::refused, {}, "号码格式有误", "the number is not valid"},
    {"isv.MOBILE_COUNT_OVER_LIMIT", Verdict::refused, {}, "号码过多", "too many numbers"},
    {"isv.DOMESTIC_NUMBER_NOT_SUPPORTED", Verdict::refused, {}, "模板不支持境内号码", "the template is not for the mainland"},
    {"isv.DISPLAY_NUMBER_ILLEGAL", Verdict::refused, {}, "主叫号码有误", "the caller's number is not valid"},
    {"isv.BILLID_NOT_EXIST", Verdict::refused, {}, "主叫号码不属于本账户", "the caller's number is not of this account"},
    {"isv.COMPLAINT_REJECT", Verdict::refused, {}, "防骚扰拦截", "blocked after complaints"},
    {"isv.VOICE_ROBOT_NOT_PERIOD", Verdict::refused, {}, "不在可呼时段", "outside of the hours for calls"},
    {"isv.VOICE_CALL_PERIOD_ERROR", Verdict::refused, {}, "不在可呼时段", "outside of the hours for calls"},
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// "触发分钟级流控Permits:1", "触发小时级流控Permits:5", "触发天级流控Permits:10"
bool is_long_limit(std::string_view message) {
  return has(message, "小时级") || has(message, "天级") || has(message, "hour") || has(message, "day");
}

}  // namespace

Receipt aliyun_receipt(std::string_view code, std::string_view message) {
  for (const std::string_view family : {"Throttling", "InternalError", "ServiceUnavailable"})
    if (code.starts_with(family)) code = family;
  Receipt receipt = receipt_of_code(kRules, code, message);
  if (code == "isv.BUSINESS_LIMIT_CONTROL" && is_long_limit(message)) {
    receipt.verdict = Verdict::refused;
    receipt.wait = seconds{0};
  }
  return receipt;
}

}  // namespace finwatch::notifier
