#include "rules/check/subject_text.h"

using namespace finwatch;
using namespace finwatch::test;

TEST_CASE("check: nothing is said where nothing is wrong") {
  CHECK(CheckFolder().check(std::string(kContract), std::string(kArea)) == Said{});
}

TEST_CASE("check: promises of a class stand in their order") {
  CHECK(
      with_contract("answer: 30m, solve: 4h", "answer: 30m, solve: 20m") ==
      Said{
          "sla.yaml:11:13: error: classes.ordinary.solve: 20m is shorter than 'answer', 30m, which comes first; make it longer "
          "[promises]"});
  CHECK(contains(with_contract("answer: 30m, solve: 4h", "solve: 0s"),
                 "sla.yaml:11:13: error: classes.ordinary.solve: expected more than 0s [promises]"));
}

TEST_CASE("check: the steps of a policy come in time for what is promised") {
  const std::string why = "; class ordinary promises 'answer' within 30m (ErpSlow)";
  CHECK(with_contract("{after: 24m, unless", "{after: 31m, unless") ==
        Said{"sla.yaml:17:7: error: policies.by_mail: when nobody takes it up, nobody else is told in time" + why +
                 ". Add a step such as {after: 15m, unless: acknowledged, …} [promises]",
             "sla.yaml:18:7: warning: policies.by_mail[1].after: 31m is too late to keep the promise" + why +
                 ". Move the step forward [promises]"});
  CHECK(with_contract("    - {after: 24m, unless: acknowledged, tell: manager, by: [sms]}\n", "")
            .at(0)
            .starts_with("sla.yaml:17:7: error: policies.by_mail: when nobody takes it up"));
  CHECK(with_contract("    - {after: 0s, tell: on_call, by: [email]}\n    - {after: 24m,", "    - {after: 30m,") ==
        Said{"sla.yaml:17:7: error: policies.by_mail[0].after: nobody is told before 30m" + why +
             ". Tell somebody earlier [promises]"});
}

TEST_CASE("check: who is told in business hours only cannot keep a promise of the night") {
  CHECK(
      with_contract("policy: by_mail}", "policy: by_mail, when: business_hours}") ==
      Said{"sla.yaml:13:10: warning: severities.light.when: what begins when business hours end on fri is told 2d12h later; "
           "class "
           "ordinary promises 'answer' within 30m (ErpSlow). Take 'when' away, unless the promise holds in business hours only "
           "[promises]"});
}

TEST_CASE("check: an alert speaks before its promise is broken, and falls silent before it seems unsolved") {
  CHECK(with_area("for: 5m", "for: 31m") == Said{"erp.yaml:6:5: error: ErpSlow.for: 31m pass before anybody is told; class "
                                                 "ordinary promises 'answer' within 30m. Make it "
                                                 "shorter, or the alert calm [promises]"});
  CHECK(with_area("for: 5m", "for: 1d\n    speed: calm") == Said{});
  CHECK(with_area("for: 5m", "for: 1m\n    speed: slow") == Said{"erp.yaml:6:5: warning: ErpSlow.for: 1m are 2m in truth: a "
                                                                 "rule of speed slow is worked out that often. Write that, or "
                                                                 "make the rule faster [promises]"});
  CHECK(with_area("for: 5m", "for: 5m\n    keep_firing_for: 4h") ==
        Said{"erp.yaml:6:5: error: ErpSlow.keep_firing_for: it fires 4h after the fault is over; class ordinary promises "
             "'solve' within "
             "4h, which would be broken each time. Make it shorter [promises]"});
  CHECK(
      with_area("for: 5m", "for: 5m\n    keep_firing_for: 20s") ==
      Said{"erp.yaml:6:5: warning: ErpSlow.keep_firing_for: 20s change nothing in a rule that is worked out every 30s. Make it "
           "longer, or take it away [promises]"});
  // Something that happened is closed by a person.
  CHECK(
      with_area("expr: finwatch_flow_last_duration_seconds > 9\n    for: 5m",
                "expr: finwatch_privileged_accounts - finwatch_privileged_accounts offset 6h > 0\n    keep_firing_for: 18h") ==
      Said{});
}
