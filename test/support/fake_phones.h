// The text message and voice services of Aliyun and Tencent Cloud, as far as finwatch calls them: one handler for all of them.
//
//   FakePhones phones({.clock = &clock});
//   FakeWeb web([&](const FakeCall& call) { return phones.answer(call).value_or(FakeAnswer{.code = 404}); });
//   world.aliyun_sms = world.tencent_sms = web.url();
//   phones.be(FakeMood::taken_unanswered);
//   CHECK(phones.taken().at(0).reference == "D17");
//
// Signatures, clocks, nonces, numbers, templates and limits are checked as the vendors say they do it, by code of its own.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/environment.h"
#include "support/fake_web.h"

namespace finwatch::test {

/// Of calls that send; those that ask are always answered.
enum class FakeMood : unsigned char {
  ok,
  slow,             // takes it, and answers late
  lying,            // HTTP 200, and a code that says no
  broken,           // a page of a gateway with 502, nothing is taken
  half,             // takes it, and the answer is cut
  taken_unanswered  // takes it, and closes
};

struct TakenCall {
  std::string service;    // "aliyun_sms", "aliyun_voice", "tencent_sms", "tencent_voice"
  std::string reference;  // OutId or SessionContext
  std::string phone;      // as it came
  std::string id;         // BizId, SerialNo or CallId
  std::string sign_name, template_code, caller;
  std::map<std::string, std::string> variables;  // of Tencent by number: "1", "2"
  WallTime at;
};

struct FakePhonesSetup {
  std::string aliyun_id = "LTAI-test", aliyun_secret = "aliyun-secret";
  std::string tencent_id = "AKID-test", tencent_secret = "tencent-secret";
  std::string app = "1400006666";
  std::size_t most_per_day = 50;  // text messages to one number
  bool tells_context = true;      // Tencent: SessionContext in what is pulled
  const Clock* clock = &system_clock();
};

class FakePhones {
 public:
  explicit FakePhones(FakePhonesSetup setup = {}) : setup_(std::move(setup)) {}

  /// Nothing for a call that is of none of the services.
  std::optional<FakeAnswer> answer(const FakeCall& call);

  /// `code` and `message` of lying; how long, of slow.
  void be(FakeMood mood, std::string code = {}, std::string message = {}, std::chrono::milliseconds late = {});
  std::vector<TakenCall> taken() const;
  /// As after a restart of the provider, which forgets nothing.
  void remember(TakenCall call);
  /// Why calls were not taken, in their order: the codes.
  std::vector<std::string> refused() const;

 private:
  struct No {
    std::string code, message;
  };
  using Fields = std::map<std::string, std::string>;

  FakeAnswer aliyun(const FakeCall& call, const std::string& action);
  std::optional<No> check_acs3(const FakeCall& call);
  std::optional<No> check_sms(const Fields& fields) const;
  std::optional<No> check_call(const Fields& fields) const;
  std::string details(const Fields& fields) const;

  FakeAnswer tencent(const FakeCall& call, const std::string& action);
  std::optional<No> check_tc3(const FakeCall& call) const;
  std::string pulled(const Fields& fields) const;

  /// The answer to one that sends, in the mood of now; taken when the mood allows it.
  FakeAnswer in_mood(TakenCall call, const std::string& yes, const std::string& no);
  std::size_t count(std::string_view service, std::string_view phone, std::chrono::seconds within) const;
  WallTime now() const { return setup_.clock->wall(); }

  FakePhonesSetup setup_;
  mutable std::mutex mutex_;  // over all below
  FakeMood mood_ = FakeMood::ok;
  std::string lie_, lie_words_;
  std::chrono::milliseconds late_{0};
  std::vector<TakenCall> taken_;
  std::vector<std::string> refused_;
  std::set<std::string> nonces_;
};

}  // namespace finwatch::test
