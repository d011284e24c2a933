// Codes of the text message service (2021-01-11), the voice service (2020-09-02) and of the gateway before them
// (cloud.tencent.com, "Error codes" of each).
#include "notifier/channel/tencent.h"

namespace finwatch::notifier {
namespace {

using std::chrono::seconds;

constexpr CodeRule kRules[] = {
    {"Ok", Verdict::accepted, {}, "已受理", "accepted"},
    // Not now.
    {"RequestLimitExceeded", Verdict::later, seconds{1}, "调用过快", "calls come too fast"},
    {"LimitExceeded.PhoneNumberThirtySecondLimit", Verdict::later, seconds{30}, "该号码 30 秒限额",
     "this number's limit of 30 seconds"},
    {"LimitExceeded.DeliveryFrequencyLimit", Verdict::later, seconds{60}, "触发频率限制", "too many to this number"},
    {"ServiceUnavailable", Verdict::later, {}, "服务暂不可用", "the service is not available"},
    {"ResourceInsufficient", Verdict::later, {}, "对方资源不足", "the provider is short of resources"},
    {"InternalError", Verdict::later, {}, "对方内部错误", "an error at the provider's"},
    {"InternalError.OtherError", Verdict::later, {}, "对方内部错误", "an error at the provider's"},
    {"InternalError.UnknownError", Verdict::later, {}, "对方未知错误", "an error at the provider's"},
    {"InternalError.UpstreamError", Verdict::later, {}, "运营商错误", "an error at the carrier's"},
    // It was passed on, and nobody answered inside: it may have been taken.
    {"InternalError.Timeout", Verdict::unknown, {}, "下发超时，可能已收", "no answer inside, it may have been taken"},
    {"InternalError.SendAndRecvFail", Verdict::unknown, {}, "收发超时，可能已收", "no answer inside, it may have been taken"},
    {"InternalError.AccessUpstreamTimeout",
     Verdict::unknown,
     {},
     "上游超时，可能已收",
     "no answer inside, it may have been taken"},
    // Limits that last.
    {"LimitExceeded.PhoneNumberOneHourLimit", Verdict::refused, {}, "该号码小时限额", "this number's limit of the hour"},
    {"LimitExceeded.PhoneNumberDailyLimit", Verdict::refused, {}, "该号码日限额", "this number's limit of the day"},
    {"LimitExceeded.PhoneNumberSameContentDailyLimit",
     Verdict::refused,
     {},
     "相同内容日限额",
     "the limit of the day for the same text"},
    {"LimitExceeded.AppDailyLimit", Verdict::refused, {}, "应用日限额", "the application's limit of the day"},
    {"LimitExceeded.DailyLimit", Verdict::refused, {}, "国际短信日限额", "the limit of the day for other countries"},
    {"LimitExceeded.PhoneNumberCountLimit", Verdict::refused, {}, "号码过多", "too many numbers"},
    // Money, rights and keys: somebody must act.
    {"FailedOperation.InsufficientBalanceInSmsPackage", Verdict::refused, {}, "套餐包余量不足", "the package is used up"},
    {"FailedOperation.InsufficientBalanceInVoicePackage", Verdict::refused, {}, "套餐包余量不足", "the package is used up"},
    {"UnauthorizedOperation.SerivceSuspendDueToArrears", Verdict::refused, {}, "欠费停服", "suspended for debt: top up"},
    {"UnauthorizedOperation.ServiceSuspendDueToArrears", Verdict::refused, {}, "欠费停服", "suspended for debt: top up"},
    {"UnauthorizedOperation.SmsSdkAppIdVerifyFail",
     Verdict::refused,
     {},
     "应用与密钥不属同一账户",
     "application and key are not of one account"},
    {"UnauthorizedOperation.VoiceSdkAppidVerifyFail",
     Verdict::refused,
     {},
     "应用与密钥不属同一账户",
     "application and key are not of one account"},
    {"UnauthorizedOperation.SdkAppIdIsDisabled", Verdict::refused, {}, "应用被禁用", "the application is disabled"},
    {"UnauthorizedOperation.SdkAppidIsDisabled", Verdict::refused, {}, "应用被禁用", "the application is disabled"},
    {"UnauthorizedOperation.RequestIpNotInWhitelist",
     Verdict::refused,
     {},
     "本机 IP 不在白名单",
     "this machine's address is not on the list"},
    {"UnauthorizedOperation.RequestPermissionDeny", Verdict::refused, {}, "没有权限", "the right is missing"},
    {"UnauthorizedOperation", Verdict::refused, {}, "没有权限", "the right is missing"},
    {"AuthFailure.SignatureExpire", Verdict::refused, {}, "时间相差过大，请校时", "this machine's clock is off"},
    {"InternalError.RequestTimeException", Verdict::refused, {}, "时间相差过大，请校时", "this machine's clock is off"},
    {"AuthFailure.SignatureFailure",
     Verdict::refused,
     {},
     "签名不符，请检查密钥",
     "the signature does not match: check the secret"},
    {"AuthFailure.SecretIdNotFound", Verdict::refused, {}, "密钥不存在", "no such key"},
    {"AuthFailure.InvalidSecretId", Verdict::refused, {}, "密钥无效", "the key is not valid"},
    {"AuthFailure.InvalidAuthorization", Verdict::refused, {}, "鉴权头有误", "the header Authorization is not valid"},
    {"AuthFailure.UnauthorizedOperation", Verdict::refused, {}, "CAM 权限不足", "the CAM user has not the right"},
    // Templates, signatures and what is put into them.
    {"FailedOperation.TemplateIncorrectOrUnapproved",
     Verdict::refused,
     {},
     "模板未审批或不匹配",
     "the template is not approved or does not fit"},
    {"FailedOperation.SignatureIncorrectOrUnapproved",
     Verdict::refused,
     {},
     "签名未审批或有误",
     "the sign name is not approved"},
    {"FailedOperation.ContainSensitiveWord", Verdict::refused, {}, "含敏感词", "it has a forbidden word"},
    {"FailedOperation.FailResolvePacket", Verdict::refused, {}, "请求格式有误", "the request cannot be read"},
    {"FailedOperation.ParametersOtherError", Verdict::refused, {}, "参数有误", "a parameter is wrong"},
    {"InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
     Verdict::refused,
     {},
     "变量含链接",
     "a variable looks like a link"},
    {"InvalidParameterValue.TemplateParameterLengthLimit", Verdict::refused, {}, "变量过长", "a variable is too long"},
    {"InvalidParameterValue.TemplateParameterFormatError", Verdict::refused, {}, "变量格式有误", "a variable is not valid"},
    {"InvalidParameterValue.ContentLengthLimit", Verdict::refused, {}, "内容过长", "the text is too long"},
    {"InvalidParameterValue.SdkAppIdNotExist", Verdict::refused, {}, "应用不存在", "no such application"},
    {"InvalidParameterValue.SdkAppidNotExist", Verdict::refused, {}, "应用不存在", "no such application"},
    {"InvalidParameter", Verdict::refused, {}, "参数有误", "a parameter is wrong"},
    {"InvalidParameterValue", Verdict::refused, {}, "参数有误", "a parameter is wrong"},
    {"MissingParameter", Verdict::refused, {}, "缺少参数", "a parameter is missing"},
    {"UnsupportedRegion", Verdict::refused, {}, "地域不支持", "the region is not supported"},
    {"UnsupportedOperation.UnsuportedRegion", Verdict::refused, {}, "地区不支持", "that country is not supported"},
    // Numbers.
    {"FailedOperation.PhoneNumberInBlacklist", Verdict::refused, {}, "号码在黑名单", "the number is on the black list"},
    {"InvalidParameterValue.IncorrectPhoneNumber", Verdict::refused, {}, "号码格式有误", "the number is not valid"},
    {"InvalidParameterValue.CalledNumberVerifyFail", Verdict::refused, {}, "号码格式有误", "the number is not valid"},
    {"FailedOperation.PhonenumberUnappliedOrExpired",
     Verdict::refused,
     {},
     "主叫号码未申请或已过期",
     "the caller's number is not there any more"},
};

}  // namespace

Receipt tencent_receipt(std::string_view code, std::string_view message) {
  if (code.starts_with("RequestLimitExceeded")) code = "RequestLimitExceeded";  // .UinLimitExceeded and so on
  return receipt_of_code(kRules, code, message);
}

}  // namespace finwatch::notifier
