#include "rules/check/subject_text.h"

using namespace finwatch;
using namespace finwatch::test;

namespace {

Said with_service(const std::string& zh) { return with_contract("zh: 凭证", "zh: " + zh); }

std::string by(std::string_view provider) {
  return std::string(provider) == "http"
             ? "provider: http, url_file: /u"
             : "provider: tencent, app: x, key_id_file: /k, key_secret_file: /s, template: T, sign_name: 财务部";
}
Said with(std::string_view provider, std::string_view from, const std::string& to) {
  const std::string contract = changed(
      kContract, "provider: aliyun, key_id_file: /k, key_secret_file: /s, sign_name: 财务部, template: T", by(provider));
  return CheckFolder().check(changed(contract, from, to), std::string(kArea));
}

}  // namespace

TEST_CASE("check: what stands in a text message is what providers carry") {
  CHECK(with_service("小额贷款") == Said{"sla.yaml:29:5: error: the service erp: name.zh: '贷款' is on the list of words that "
                                         "Aliyun refuses. Choose another name "
                                         "for messages [sms]"});
  CHECK(with_service("金融核算") == Said{"sla.yaml:29:5: warning: the service erp: name.zh: '金融' is on the list of words "
                                         "that other providers refuse, and carriers "
                                         "may. Choose another name for messages [sms]"});
  CHECK(with("tencent", "zh: 凭证", "zh: 金融核算")
            .at(0)
            .find("error: the service erp: name.zh: '金融' is on the list of words that "
                  "Tencent refuses") != std::string::npos);
  CHECK(with_service("nc.corp 凭证") == Said{"sla.yaml:29:5: error: the service erp: name.zh: 'nc.corp 凭证' looks like an "
                                             "address, and no provider takes one in a "
                                             "variable of channels.sms. Write it without dots [sms]"});
  CHECK(with_service("\"【凭证\"") ==
        Said{"sla.yaml:29:5: error: the service erp: name.zh: '【' is refused in text messages. Take it out [sms]"});
  CHECK(with_service("No. 凭证") == Said{});
  CHECK(with("http", "zh: 凭证", "zh: No. 凭证") == Said{"sla.yaml:29:5: warning: the service erp: name.zh: 'No. 凭证' has a "
                                                         "dot, which some gateways refuse. Write it without [sms]"});
}

TEST_CASE("check: a variable has room for what it carries") {
  const std::string thirty_six = std::string(36, 'x');
  CHECK(with_contract("en: Vouchers", "en: " + thirty_six) ==
        Said{"sla.yaml:29:5: error: the service erp: name.en: 36 characters, and Aliyun takes 35 in a variable of "
             "channels.sms: the "
             "message would be refused. Shorten it [sms]"});
  CHECK(with_contract("en: Vouchers", "en: " + std::string(35, 'x')) == Said{});
  CHECK(with("tencent", "en: Vouchers", "en: Voucher entry") ==
        Said{"sla.yaml:29:5: warning: the service erp: name.en: 13 characters, and Tencent takes 12 in a variable of "
             "channels.sms, some "
             "accounts more. Shorten it, or make sure that yours does [sms]"});
  CHECK(with_contract("sign_name: 财务部", "sign_name: 部") ==
        Said{"sla.yaml:32:8: error: channels.sms.sign_name: expected 2 to 12 characters, found 1: give what Aliyun approved, "
             "without 【】 "
             "[sms]"});
  // A language that nobody is told in counts for nothing.
  const std::string chinese = changed(kContract, "en: Finance}}", "en: Finance}, languages: [zh]}");
  CHECK(CheckFolder().check(changed(chinese, "en: Vouchers", "en: " + thirty_six), std::string(kArea)) == Said{});
}

TEST_CASE("check: titles are looked at where they are sent") {
  const std::string contract = changed(kContract, "severity, time]", "severity, time, title]");
  const std::string area = changed(kArea, "en: Down}", "en: The loan at http://erp is down and nobody can do anything at all}");
  const Said said = CheckFolder().check(contract, area);
  CHECK(said ==
        Said{"erp.yaml:15:5: warning: ErpDown.title.en: 64 characters, and Aliyun takes 35 in a variable of channels.sms: the "
             "rest is cut off. Shorten it [sms]",
             "erp.yaml:15:5: error: ErpDown.title.en: 'The loan at http://erp is down and nobody can do anything at all' looks "
             "like an address, and no provider takes one in a variable of channels.sms. Write it without dots [sms]",
             "sla.yaml:32:8: warning: channels.sms: signature and variables take up to 102 characters, with the template's own "
             "text more than the 70 of one message: each is paid for. Shorten the names, or send fewer variables [sms]"});
}
