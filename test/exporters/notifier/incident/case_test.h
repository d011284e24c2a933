// What the tests of incidents share: a contract made by hand, a casebook on it, and alerts as Alertmanager says them.
//
//   CaseTest test;
//   test.fire("DatabaseDisconnected", {{"service", "database"}, {"severity", "severe"}});
//   test.wait(std::chrono::minutes{5});
//   CHECK(test.told() == "sms zhang.wei, dingtalk [zhang.wei]");
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/instant.h"
#include "core/json_text.h"
#include "notifier/incident/casebook.h"

namespace finwatch::test {

inline std::shared_ptr<notifier::Contract> a_contract() {
  using namespace notifier;
  using namespace std::chrono_literals;
  auto contract = std::make_shared<Contract>();
  contract->organisation = {"集团财务部", "Group Finance"};
  contract->zone = *Zone::find("Asia/Shanghai");
  contract->languages = {"zh", "en"};
  contract->says_again_every = 15min;
  contract->classes = {{"ordinary", {"ordinary", {"一般故障", "Ordinary fault"}, 30min, {}, 4h}},
                       {"major", {"major", {"重大故障", "Major fault"}, {}, 2h, {}}}};
  contract->severities = {{"light", {"light", {"轻微", "Light"}, "by_mail", false, 0}},
                          {"severe", {"severe", {"严重", "Severe"}, "at_once", false, 1}}};
  contract->policies["by_mail"] = {{0s, false, "team", {}, true},
                                   {24min, true, "on_call", {ChannelKind::dingtalk}, false},
                                   {30min, true, "manager", {ChannelKind::sms}, false}};
  contract->policies["at_once"] = {{0s, false, "on_call", {ChannelKind::sms, ChannelKind::dingtalk}, false},
                                   {5min, true, "on_call", {ChannelKind::voice}, false},
                                   {15min, true, "manager", {ChannelKind::sms, ChannelKind::voice}, false}};
  contract->people = {{"zhang.wei", {"zhang.wei", {"张伟", "Zhang Wei"}, "zhang.wei@example.com", "13800000001", "", "", ""}},
                      {"wang.fang", {"wang.fang", {"王芳", "Wang Fang"}, "wang.fang@example.com", "13800000002", "", "", ""}},
                      {"li.na", {"li.na", {"李娜", "Li Na"}, "li.na@example.com", "13800000003", "", "", ""}}};
  contract->duties = {{"on_call", {"on_call", {"值班工程师", "Engineer on duty"}, {"zhang.wei"}, {}}},
                      {"team", {"team", {"运维组", "Operations team"}, {"zhang.wei", "wang.fang"}, {}}},
                      {"manager", {"manager", {"运维经理", "Operations manager"}, {"li.na"}, {}}}};
  contract->services = {{"database", {"财务数据库", "Finance database"}, "major"},
                        {"reports", {"报表生成", "Report generation"}, "ordinary"}};
  contract->channels.email = EmailSetup{"127.0.0.1:25", "finwatch@example.com", "", "", false};
  contract->channels.dingtalk = RobotSetup{"/none", "", 20};
  contract->channels.sms = PhoneSetup{};
  contract->channels.voice = PhoneSetup{};
  return contract;
}

using Labels = std::map<std::string, std::string>;

struct CaseTest {
  explicit CaseTest(std::shared_ptr<notifier::Contract> its = a_contract(), notifier::IncidentSetup setup = {})
      : contract(std::move(its)), casebook(contract, setup, now) {
    initialise(counters, *contract);
  }

  static std::string fingerprint(const std::string& alertname, const Labels& labels) {
    std::string all = alertname;
    for (const auto& [name, value] : labels) all += "|" + name + "=" + value;
    char text[32];
    std::snprintf(text, sizeof text, "%016zx", std::hash<std::string>{}(all));
    return text;
  }

  notifier::ReceivedAlert alert(const std::string& alertname, Labels labels, bool firing, WallTime starts) const {
    notifier::ReceivedAlert one;
    one.fingerprint = fingerprint(alertname, labels);
    one.firing = firing;
    one.starts = starts;
    one.ended = now;
    for (const auto& [name, value] : labels) one.labels[name] = value;
    one.labels["alertname"] = alertname;
    one.annotations["summary"] = alertname + "（中文）";
    one.annotations["summary_en"] = alertname;
    one.annotations["runbook"] = alertname;
    return one;
  }

  notifier::Decisions receive(std::vector<notifier::ReceivedAlert> alerts) {
    notifier::Decisions out(counters);
    casebook.receive({.receiver = "notifier", .alerts = std::move(alerts), .truncated = 0}, now, out);
    keep(out);
    return out;
  }
  notifier::Decisions fire(const std::string& alertname, const Labels& labels, std::optional<WallTime> starts = {}) {
    return receive({alert(alertname, labels, true, starts.value_or(now))});
  }
  notifier::Decisions clear(const std::string& alertname, const Labels& labels, WallTime starts) {
    return receive({alert(alertname, labels, false, starts)});
  }
  Status act(notifier::ActionKind kind, std::int64_t incident, const std::string& note = "", const std::string& target = "",
             const std::string& actor = "zhang.wei") {
    notifier::Decisions out(counters);
    Status status = casebook.act({kind, incident, actor, "page", note, target}, now, out);
    keep(out);
    return status;
  }
  /// Time goes by in steps as the engine takes them.
  void wait(std::chrono::nanoseconds time) {
    const WallTime until = now + std::chrono::duration_cast<WallTime::duration>(time);
    while (true) {
      now = std::min(until, std::max(casebook.next_due(), now));
      notifier::Decisions out(counters);
      casebook.tick(now, out);
      keep(out);
      if (now == until) return;
      if (casebook.next_due() <= now) now += std::chrono::milliseconds{100};
    }
  }

  /// Since it was asked last: "sms zhang.wei, dingtalk [zhang.wei]".
  std::string told() {
    std::string text;
    for (const notifier::Delivery& message : messages) {
      if (!text.empty()) text += ", ";
      if (message.purpose != notifier::Purpose::page) text += std::string(to_string(message.purpose)) + ": ";
      text += std::string(to_string(message.channel)) + " ";
      if (!message.person.empty()) {
        text += message.person;
        continue;
      }
      text += "[";
      for (const std::string& person : message.mention) text += (text.ends_with('[') ? "" : " ") + person;
      text += "]";
    }
    messages.clear();
    return text;
  }
  /// Kinds of the timeline since it was asked last.
  std::string lines() {
    std::string text;
    for (const notifier::TimelineEntry& entry : timeline) text += (text.empty() ? "" : " ") + entry.kind;
    timeline.clear();
    return text;
  }
  double counter(const std::string& family, const std::string& labels) const {
    const auto found = counters.find({family, labels});
    return found == counters.end() ? -1 : found->second;
  }
  const notifier::Incident& incident(std::int64_t id) const { return *casebook.find(id); }

  std::shared_ptr<notifier::Contract> contract;
  WallTime now = *parse_instant("2026-11-23T02:00:00Z");
  notifier::Counters counters;
  notifier::Casebook casebook;
  std::vector<notifier::Delivery> messages;
  std::vector<notifier::TimelineEntry> timeline;

 private:
  void keep(const notifier::Decisions& out) {
    messages.insert(messages.end(), out.messages.begin(), out.messages.end());
    timeline.insert(timeline.end(), out.timeline.begin(), out.timeline.end());
  }
};

}  // namespace finwatch::test
