#include "notifier/channel/phone_text.h"
#include "notifier/channel/plain_text.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;

namespace {

Message digest(std::size_t more) {
  IncidentFacts facts;
  facts.id = 42;
  facts.title = {"凭证录入失败", "Voucher entry fails"};
  facts.service = {"凭证录入", "Voucher entry"};
  facts.severity = {"严重", "Severe"};
  facts.fault_class = {"重大故障", "Major fault"};
  facts.began = WallTime{std::chrono::seconds{1'795'788'900}};  // 2026-11-27 14:15 UTC
  Message message;
  message.reference = "D17";
  message.facts = {facts};
  message.more = more;
  message.zone = *Zone::find("Asia/Shanghai");
  message.languages = {"zh", "en"};
  message.to = {Recipient{.id = "zhang.wei",
                          .name = {"张伟", "Zhang Wei"},
                          .email = {},
                          .phone = {},
                          .dingtalk = {},
                          .wecom = {},
                          .feishu = {},
                          .link = {},
                          .code = "402913"}};
  return message;
}

std::string value(const Message& message, const std::string& name, std::size_t longest = 35) {
  const std::vector<std::string> names = {name};
  const auto variables = phone_variables(message, names, longest);
  REQUIRE(variables.size() == 1);
  CHECK(variables[0].first == name);
  CHECK(count_characters(variables[0].second) <= longest);
  return variables[0].second;
}

}  // namespace

TEST_CASE("channel: the variables of a text message, in the first language") {
  Message message = digest(0);
  CHECK(value(message, "id") == "INC-42");
  CHECK(value(message, "service") == "凭证录入");
  CHECK(value(message, "severity") == "严重");
  CHECK(value(message, "class") == "重大故障");
  CHECK(value(message, "time") == "22:15");
  CHECK(value(message, "code") == "402913");
  CHECK(value(message, "title") == "凭证录入失败");
  CHECK(value(message, "other") == "无");
  message.languages = {"en", "zh"};
  CHECK(value(message, "service") == "Voucher entry");
  CHECK(value(message, "severity") == "Severe");
  CHECK(value(message, "other") == "none");
}

TEST_CASE("channel: a digest says how many, also where the name is cut") {
  Message message = digest(17);
  CHECK(value(message, "service") == "凭证录入等18项");
  CHECK(value(message, "service", 7) == "凭证…等18项");
  message.languages = {"en"};
  CHECK(value(message, "service") == "Voucher entry and 17 more");
  CHECK(value(message, "service", 16) == "Vou… and 17 more");
  CHECK(value(message, "service", 4) == " an…");
}

TEST_CASE("channel: what is missing is a word, because a variable may not be empty") {
  Message message = digest(0);
  message.to.clear();
  CHECK(value(message, "code") == "无");
  message.facts[0].service = {};
  message.facts[0].where = "db1.example.com:9100";
  CHECK(value(message, "service") == "db1-example-com:9100");
  message.facts[0].where.clear();
  CHECK(value(message, "service") == "凭证录入失败");
  message.facts.clear();
  message.purpose = Purpose::heartbeat;
  message.now = WallTime{std::chrono::seconds{1'795'788'900}};
  CHECK(value(message, "id") == "心跳告警");
  CHECK(value(message, "time") == "22:15");
  CHECK(value(message, "service") == "监控");
  CHECK(value(message, "severity") == "无");
}

TEST_CASE("channel: nothing in a variable looks like an address") {
  const auto words = [](std::string_view text) { return phone_words(text, 60, true); };
  CHECK(words("see https://evil.example/x now") == "see evil-example/x now");
  CHECK(words("10.0.0.1 and v1.2.3") == "10-0-0-1 and v1-2-3");
  CHECK(words("99.9% of 1.5") == "99点9% of 1点5");
  CHECK(phone_words("99.9%", 60, false) == "99 point 9%");
  CHECK(words("Disk full. Act.") == "Disk full. Act.");
  CHECK(words("evil。com 磁盘已满。请处理") == "evil-com 磁盘已满。请处理");
  CHECK(words("例子.中国") == "例子-中国");
  CHECK(words("【银行】请\n点击\t此\x01处🔥") == "银行 请 点击 此 处");
  CHECK(words("\xE2\x80\xAEgnp\xE2\x80\x8B") == "gnp");
  CHECK(words("a\xFF"
              "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(words("") == "");
}

TEST_CASE("channel: text is cut behind whole lines and whole characters") {
  CHECK(one_line("  a \r\n\t b\xC2\x85 c ") == "a b c");
  CHECK(first_characters("磁盘已满，请处理", 5) == "磁盘已满…");
  CHECK(first_characters("磁盘", 2) == "磁盘");
  CHECK(first_characters("磁盘", 0).empty());
  CHECK(first_bytes("one\ntwo\nthree", 13) == "one\ntwo\nthree");
  CHECK(first_bytes("one\ntwo\nthree", 12) == "one\ntwo\n…");
  CHECK(first_bytes("磁盘已满", 11) == "磁盘…");
  CHECK(first_bytes("磁盘已满", 2).empty());
  for (std::size_t most = 3; most < 40; ++most) CHECK(first_bytes("凭证\n录入 等\n18项目都失败了", most).size() <= most);
}
