#include "support/fake_phones.h"

#include <algorithm>

#include "conf/zone.h"
#include "core/base64.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"
#include "crypto/crypto.h"

namespace finwatch::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kLongestVariable = 35;

std::string sha256(std::string_view text) { return to_hex(digest(Hash::sha256, text).value_or("")); }
std::string mac(std::string_view key, std::string_view text) { return hmac(Hash::sha256, key, text).value_or(""); }

std::string header(const FakeCall& call, const std::string& name) {
  const auto found = call.headers.find(name);
  return found == call.headers.end() ? "" : found->second;
}

// What stands between `name` and the next comma.
std::string part_of(const std::string& text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size();
  return text.substr(begin, text.find(',', begin) - begin);
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::optional<std::string> byte = text[at] == '%' ? from_hex(text.substr(at + 1, 2)) : std::nullopt;
    if (byte) at += 2;
    plain += byte ? *byte : std::string(1, text[at]);
  }
  return plain;
}

std::vector<std::string> parts(const std::string& text, char separator) {
  std::vector<std::string> found;
  if (text.empty()) return found;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find(separator, from)) != std::string::npos; from = at + 1)
    found.push_back(text.substr(from, at - from));
  found.push_back(text.substr(from));
  return found;
}

std::string joined(const std::vector<std::string>& list, char separator) {
  std::string text;
  for (const std::string& each : list) text += (text.empty() ? "" : std::string(1, separator)) + each;
  return text;
}

std::string china_day(WallTime at) {
  std::string text = to_text(day_of(Zone().local(at + hours{8})));
  text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
  return text;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// A map of JSON whose values are texts; nothing for any other.
std::optional<std::map<std::string, std::string>> texts_of(std::string_view json) {
  const Result<Json> parsed = Json::parse(json);
  if (!parsed || parsed->root().kind() != JsonRef::Kind::map) return std::nullopt;
  std::map<std::string, std::string> texts;
  for (auto value = parsed->root().first(); value; value = value->next()) {
    if (value->kind() != JsonRef::Kind::text) return std::nullopt;
    texts[std::string(value->key())] = value->text();
  }
  return texts;
}

std::string field(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

std::string aliyun_text(std::string_view code, std::string_view message, std::string_view id_name = {},
                        std::string_view id = {}) {
  JsonMembers members('{');
  members.add("RequestId", json_text("819BE656-D2E0-4858-8B21-B2E477085AAF"));
  members.add("Code", json_text(code)).add("Message", json_text(message));
  if (!id.empty()) members.add(id_name, json_text(id));
  return members.end();
}

std::string tencent_error(std::string_view code, std::string_view message) {
  return R"({"Response":{"Error":{"Code":)" + json_text(code) + R"(,"Message":)" + json_text(message) +
         R"(},"RequestId":"a0aabda6-cf91-4f3e-a81f-9198114a2279"}})";
}

std::string tencent_status(std::string_view code, std::string_view message, const TakenCall& call) {
  const bool taken = code == "Ok";
  return R"({"Response":{"SendStatusSet":[)" +
         JsonMembers('{')
             .add("SerialNo", json_text(taken ? call.id : ""))
             .add("PhoneNumber", json_text(call.phone))
             .add("Fee", taken ? "1" : "0")
             .add("SessionContext", json_text(call.reference))
             .add("Code", json_text(code))
             .add("Message", json_text(message))
             .add("IsoCode", json_text("CN"))
             .end() +
         R"(],"RequestId":"a0aabda6-cf91-4f3e-a81f-9198114a2279"}})";
}

}  // namespace

std::optional<FakeAnswer> FakePhones::answer(const FakeCall& call) {
  const std::lock_guard lock(mutex_);
  if (const std::string action = header(call, "x-acs-action"); !action.empty()) return aliyun(call, action);
  if (const std::string action = header(call, "x-tc-action"); !action.empty()) return tencent(call, action);
  return std::nullopt;
}

void FakePhones::be(FakeMood mood, std::string code, std::string message, std::chrono::milliseconds late) {
  const std::lock_guard lock(mutex_);
  mood_ = mood;
  lie_ = std::move(code);
  lie_words_ = std::move(message);
  late_ = late;
}

void FakePhones::remember(TakenCall call) {
  const std::lock_guard lock(mutex_);
  taken_.push_back(std::move(call));
}

std::vector<TakenCall> FakePhones::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

std::vector<std::string> FakePhones::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

std::size_t FakePhones::count(std::string_view service, std::string_view phone, seconds within) const {
  return static_cast<std::size_t>(std::count_if(taken_.begin(), taken_.end(), [&](const TakenCall& call) {
    return call.service == service && call.phone == phone && call.at > now() - within;
  }));
}

FakeAnswer FakePhones::in_mood(TakenCall call, const std::string& yes, const std::string& no) {
  if (mood_ == FakeMood::broken) return {.code = 502, .body = "<html>502 Bad Gateway</html>", .content_type = "text/html"};
  if (mood_ == FakeMood::lying) {
    refused_.push_back(lie_);
    return {.code = 200, .body = no};
  }
  call.at = now();
  taken_.push_back(std::move(call));
  FakeAnswer answer{.code = 200, .body = yes};
  if (mood_ == FakeMood::slow) answer.delay = late_;
  if (mood_ == FakeMood::half) answer.ending = FakeAnswer::Ending::half;
  if (mood_ == FakeMood::taken_unanswered) answer.ending = FakeAnswer::Ending::none;
  return answer;
}

std::optional<FakePhones::No> FakePhones::check_acs3(const FakeCall& call) {
  const std::string authorization = header(call, "authorization"), date = header(call, "x-acs-date");
  if (!authorization.starts_with("ACS3-HMAC-SHA256 ")) return No{"IncompleteSignature", "no ACS3-HMAC-SHA256"};
  if (part_of(authorization, "Credential=") != setup_.aliyun_id)
    return No{"InvalidAccessKeyId.NotFound", "Specified access key is not found."};
  if (date.size() != 20 || date[19] != 'Z') return No{"InvalidTimeStamp.Format", "the date is not ISO 8601"};
  const std::optional<LocalTime> at = parse_local_time(date.substr(0, 16));
  if (!at || Zone().instant(*at) < now() - minutes{15} || Zone().instant(*at) > now() + minutes{15})
    return No{"InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."};
  if (header(call, "x-acs-content-sha256") != sha256(call.body)) return No{"SignatureDoesNotMatch", "another body"};

  const std::string names = part_of(authorization, "SignedHeaders=");
  for (const auto& [name, value] : call.headers)  // each of these must be signed where it is there
    if ((name == "host" || name == "content-type" || name.starts_with("x-acs-")) &&
        (";" + names + ";").find(";" + name + ";") == std::string::npos)
      return No{"IncompleteSignature", name + " is not signed"};
  std::vector<std::string> query = parts(call.query, '&');
  std::sort(query.begin(), query.end());
  std::string canonical = call.method + "\n" + call.path + "\n" + joined(query, '&') + "\n";
  for (const std::string& name : parts(names, ';')) canonical += name + ":" + header(call, name) + "\n";
  canonical += "\n" + names + "\n" + sha256(call.body);
  const std::string wanted = to_hex(mac(setup_.aliyun_secret, "ACS3-HMAC-SHA256\n" + sha256(canonical)));
  if (part_of(authorization, "Signature=") != wanted)
    return No{"SignatureDoesNotMatch", "Specified signature is not matched with our calculation."};
  if (!nonces_.insert(header(call, "x-acs-signature-nonce")).second)
    return No{"SignatureNonceUsed", "Specified signature nonce was used already."};
  return std::nullopt;
}

std::optional<FakePhones::No> FakePhones::check_sms(const Fields& fields) const {
  const std::string phone = field(fields, "PhoneNumbers");
  if (!is_digits(phone) || phone.size() < 8) return No{"isv.MOBILE_NUMBER_ILLEGAL", phone + "invalid mobile number"};
  if (field(fields, "SignName").empty()) return No{"isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名"};
  if (!field(fields, "TemplateCode").starts_with("SMS_")) return No{"isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板"};
  const auto variables = texts_of(field(fields, "TemplateParam"));
  if (!variables) return No{"isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值"};
  for (const auto& [name, value] : *variables) {
    if (value.empty()) return No{"isv.TEMPLATE_MISSING_PARAMETERS", "模板变量缺少对应参数值 " + name};
    if (characters(value) > kLongestVariable) return No{"isv.PARAM_LENGTH_LIMIT", "参数超过长度限制 " + name};
    if (value.find("://") != std::string::npos) return No{"isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入 URL " + name};
  }
  if (count("aliyun_sms", phone, hours{24}) >= setup_.most_per_day)
    return No{"isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:" + std::to_string(setup_.most_per_day)};
  return std::nullopt;
}

std::optional<FakePhones::No> FakePhones::check_call(const Fields& fields) const {
  const std::string phone = field(fields, "CalledNumber");
  if (!is_digits(phone)) return No{"isv.MOBILE_NUMBER_ILLEGAL", phone + "被叫号码不合法"};
  if (!field(fields, "TtsCode").starts_with("TTS_")) return No{"isv.TTS_TEMPLATE_ILLEGAL", "TTS模板不合法"};
  if (!texts_of(field(fields, "TtsParam"))) return No{"isv.INVALID_JSON_PARAM", "JSON参数不合法"};
  if (count("aliyun_voice", phone, minutes{1}) >= 1) return No{"isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1"};
  if (count("aliyun_voice", phone, hours{1}) >= 5) return No{"isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"};
  if (count("aliyun_voice", phone, hours{24}) >= 20) return No{"isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:20"};
  return std::nullopt;
}

std::string FakePhones::details(const Fields& fields) const {
  const std::size_t size = to_number<std::size_t>(field(fields, "PageSize")).value_or(0);
  const std::size_t page = to_number<std::size_t>(field(fields, "CurrentPage")).value_or(0);
  if (size < 1 || size > 50 || page < 1) return aliyun_text("isv.INVALID_PARAMETERS", "PageSize, CurrentPage");
  JsonMembers rows('[');
  std::size_t all = 0;
  for (const TakenCall& call : taken_) {
    if (call.service != "aliyun_sms" || call.phone != field(fields, "PhoneNumber")) continue;
    if (china_day(call.at) != field(fields, "SendDate")) continue;
    if (all++ / size != page - 1) continue;
    rows.add(JsonMembers('{')
                 .add("OutId", json_text(call.reference))
                 .add("PhoneNum", json_text(call.phone))
                 .add("SendStatus", "1")
                 .add("TemplateCode", json_text(call.template_code))
                 .end());
  }
  return R"({"Code":"OK","Message":"OK","RequestId":"819BE656","TotalCount":)" + std::to_string(all) +
         R"(,"SmsSendDetailDTOs":{"SmsSendDetailDTO":)" + rows.end() + "}}";
}

FakeAnswer FakePhones::aliyun(const FakeCall& call, const std::string& action) {
  if (const std::optional<No> no = check_acs3(call)) {
    refused_.push_back(no->code);
    return {.code = 400, .body = aliyun_text(no->code, no->message)};
  }
  Fields fields;
  for (const std::string& each : parts(call.query, '&')) {
    const std::size_t sign = each.find('=');
    fields[decoded(each.substr(0, sign))] = sign == std::string::npos ? "" : decoded(each.substr(sign + 1));
  }
  if (header(call, "x-acs-version") != "2017-05-25" || call.method != "POST")
    return {.code = 404, .body = aliyun_text("InvalidVersion", "Specified parameter Version is not valid.")};
  if (action == "QuerySendDetails") return {.body = details(fields)};
  const bool sms = action == "SendSms";
  if (!sms && action != "SingleCallByTts")
    return {.code = 404, .body = aliyun_text("InvalidAction.NotFound", "Specified api is not found")};
  if (const std::optional<No> no = sms ? check_sms(fields) : check_call(fields)) {
    refused_.push_back(no->code);
    return {.body = aliyun_text(no->code, no->message)};
  }
  const std::string number = std::to_string(taken_.size() + 1);
  TakenCall taken{.service = sms ? "aliyun_sms" : "aliyun_voice",
                  .reference = field(fields, "OutId"),
                  .phone = field(fields, sms ? "PhoneNumbers" : "CalledNumber"),
                  .id = (sms ? "90061900000000^" : "11601488806000^") + number,
                  .sign_name = field(fields, "SignName"),
                  .template_code = field(fields, sms ? "TemplateCode" : "TtsCode"),
                  .caller = field(fields, "CalledShowNumber"),
                  .variables = texts_of(field(fields, sms ? "TemplateParam" : "TtsParam")).value_or(Fields{}),
                  .at = {}};
  const std::string yes = aliyun_text("OK", "OK", sms ? "BizId" : "CallId", taken.id);
  return in_mood(std::move(taken), yes, aliyun_text(lie_, lie_words_));
}

std::optional<FakePhones::No> FakePhones::check_tc3(const FakeCall& call) const {
  const std::string authorization = header(call, "authorization"), timestamp = header(call, "x-tc-timestamp");
  const std::optional<long long> unix_time = to_number<long long>(timestamp);
  if (!authorization.starts_with("TC3-HMAC-SHA256 ") || !unix_time)
    return No{"AuthFailure.InvalidAuthorization", "no TC3-HMAC-SHA256"};
  const WallTime at{seconds{*unix_time}};
  if (at < now() - minutes{5} || at > now() + minutes{5})
    return No{"AuthFailure.SignatureExpire", "The provided credentials have expired."};
  const std::string credential = part_of(authorization, "Credential=");
  const std::size_t slash = credential.find('/');
  if (credential.substr(0, slash) != setup_.tencent_id) return No{"AuthFailure.SecretIdNotFound", "The SecretId is not found"};
  const std::string scope = slash == std::string::npos ? "" : credential.substr(slash + 1);
  const std::vector<std::string> steps = parts(scope, '/');
  if (steps.size() != 3 || steps[0] != to_text(day_of(Zone().local(at))) || steps[2] != "tc3_request")
    return No{"AuthFailure.SignatureFailure", "the scope is not date/service/tc3_request"};

  const std::string names = part_of(authorization, "SignedHeaders=");
  std::string canonical = call.method + "\n" + call.path + "\n" + call.query + "\n";
  for (const std::string& name : parts(names, ';')) canonical += name + ":" + lower_case(header(call, name)) + "\n";
  canonical += "\n" + names + "\n" + sha256(call.body);
  const std::string key = mac(mac(mac("TC3" + setup_.tencent_secret, steps[0]), steps[1]), steps[2]);
  const std::string text = "TC3-HMAC-SHA256\n" + timestamp + "\n" + scope + "\n" + sha256(canonical);
  if (part_of(authorization, "Signature=") != to_hex(mac(key, text)))
    return No{"AuthFailure.SignatureFailure", "The provided credentials could not be validated."};
  return std::nullopt;
}

std::string FakePhones::pulled(const Fields& fields) const {
  const WallTime begin{seconds{to_number<long long>(field(fields, "BeginTime")).value_or(0)}};
  const WallTime end{seconds{to_number<long long>(field(fields, "EndTime")).value_or(0)}};
  JsonMembers rows('[');
  for (const TakenCall& call : taken_) {
    if (call.service != "tencent_sms" || call.phone != field(fields, "PhoneNumber")) continue;
    if (call.at < begin || call.at > end + seconds{1}) continue;
    rows.add(JsonMembers('{')
                 .add("PhoneNumber", json_text(call.phone))
                 .add("SerialNo", json_text(call.id))
                 .add("ReportStatus", json_text("SUCCESS"))
                 .add("SessionContext", json_text(setup_.tells_context ? call.reference : ""))
                 .end());
  }
  return R"({"Response":{"PullSmsSendStatusSet":)" + rows.end() + R"(,"RequestId":"a0aabda6"}})";
}

FakeAnswer FakePhones::tencent(const FakeCall& call, const std::string& action) {
  const auto no = [&](const std::string& code, const std::string& message) -> FakeAnswer {
    refused_.push_back(code);
    return {.body = tencent_error(code, message)};
  };
  if (const std::optional<No> wrong = check_tc3(call)) return no(wrong->code, wrong->message);
  const bool voice = action == "SendTtsVoice";
  if (header(call, "x-tc-version") != (voice ? "2020-09-02" : "2021-01-11")) return no("NoSuchVersion", "");
  if (header(call, "x-tc-region").empty()) return no("MissingParameter", "Region");
  const Result<Json> json = Json::parse(call.body);
  if (!json) return no("FailedOperation.JsonParseFail", json.error().message);
  Fields fields;
  for (auto value = json->root().first(); value; value = value->next()) fields[std::string(value->key())] = value->text();
  if (field(fields, voice ? "VoiceSdkAppid" : "SmsSdkAppId") != setup_.app)
    return no("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SdkAppId verify fail");
  if (action == "PullSmsSendStatusByPhoneNumber") return {.body = pulled(fields)};
  if (!voice && action != "SendSms") return no("InvalidAction", action);

  TakenCall taken{.service = voice ? "tencent_voice" : "tencent_sms",
                  .reference = field(fields, "SessionContext"),
                  .phone = field(fields, "CalledNumber"),
                  .id = "5000:10457106691570536578" + std::to_string(taken_.size() + 1),
                  .sign_name = field(fields, "SignName"),
                  .template_code = field(fields, "TemplateId"),
                  .caller = {},
                  .variables = {},
                  .at = {}};
  if (const auto numbers = json->root().find("PhoneNumberSet"); numbers && numbers->first())
    taken.phone = numbers->first()->text();
  if (const auto values = json->root().find("TemplateParamSet"))
    for (auto value = values->first(); value; value = value->next())
      taken.variables[std::to_string(taken.variables.size() + 1)] = value->text();
  const std::string lie = tencent_error(lie_, lie_words_);
  if (voice) {
    if (!taken.phone.starts_with("+")) return no("InvalidParameterValue.CalledNumberVerifyFail", taken.phone);
    const std::string yes = R"({"Response":{"SendStatus":{"CallId":)" + json_text(taken.id) + R"(,"SessionContext":)" +
                            json_text(taken.reference) + R"(},"RequestId":"a0aabda6"}})";
    return in_mood(std::move(taken), yes, lie);
  }
  if (!taken.phone.starts_with("+"))
    return {.body = tencent_status("InvalidParameterValue.IncorrectPhoneNumber", "incorrect phone " + taken.phone, taken)};
  if (count("tencent_sms", taken.phone, hours{24}) >= setup_.most_per_day) {
    refused_.push_back("LimitExceeded.PhoneNumberDailyLimit");
    return {.body =
                tencent_status("LimitExceeded.PhoneNumberDailyLimit",
                               "the number of sms messages sent from a single mobile number exceeds the daily limit", taken)};
  }
  // What a number is refused for stands in its status, all else in the Error of the call.
  const bool of_number = lie_.starts_with("LimitExceeded.") || lie_.starts_with("FailedOperation.");
  const std::string yes = tencent_status("Ok", "send success", taken);
  const std::string status = tencent_status(lie_, lie_words_, taken);
  return in_mood(std::move(taken), yes, of_number ? status : lie);
}

}  // namespace finwatch::test
