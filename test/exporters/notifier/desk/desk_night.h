// A made-up night of a finance system: 2026-11-27, a quarter to three in Shanghai.
//
//   Night night;                       // contract, setup, journal, engine
//   night.journal->find(42)->state;
#pragma once

#include <stdexcept>

#include "desk_fakes.h"
#include "notifier/desk/desk.h"

namespace finwatch::notifier::desk_test {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// bcrypt, cost 4, of "correct horse".
inline const std::string kHash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
// 2026-11-26 18:45:00 UTC
inline const WallTime kNow{seconds{1'795'718'700}};

inline Rota night_rota(std::string_view text) {
  Result<Rota> rota = read_rota(text, "rota.csv", hours{9});
  if (!rota) throw std::runtime_error(rota.error().message);
  return std::move(*rota);
}

inline std::shared_ptr<Contract> night_contract() {
  auto contract = std::make_shared<Contract>();
  contract->organisation = {"远山集团财务共享中心", "Yuanshan Shared Finance Centre"};
  contract->zone = *Zone::find("Asia/Shanghai");
  contract->languages = {"zh", "en"};
  contract->classes["ordinary"] = {"ordinary", {"一般故障", "Ordinary fault"}, minutes{60}, hours{4}, hours{8}};
  contract->classes["major"] = {"major", {"重大故障", "Major fault"}, minutes{30}, hours{1}, hours{4}};
  contract->severities["severe"] = {"severe", {"严重", "Severe"}, "night", false, 3};
  contract->severities["warning"] = {"warning", {"警告", "Warning"}, "day", false, 2};
  contract->severities["notice"] = {"notice", {"提示", "Notice"}, "day", true, 1};
  contract->people["zhang.wei"] = {"zhang.wei", {"张伟", "Zhang Wei"}, "zw@example.com", "+8613800000001", "", "", ""};
  contract->people["li.na"] = {"li.na", {"李娜", "Li Na"}, "ln@example.com", "+8613800000002", "", "", ""};
  contract->people["wang.fang"] = {"wang.fang", {"王芳", "Wang Fang"}, "wf@example.com", "+8613800000003", "", "", ""};
  Duty on_call{"on_call", {"一线值班", "First line"}, {}, {}};
  on_call.rota = night_rota(
      "from,person\n2026-11-16,li.na\n2026-11-23,zhang.wei\n2026-11-28 "
      "18:00,li.na\n2026-11-29,zhang.wei\n2026-11-30,wang.fang\n"
      "2026-12-07,li.na\n2026-12-12,\n2026-12-14,zhang.wei\n2026-12-21,wang.fang\n");
  contract->duties["on_call"] = on_call;
  contract->duties["manager"] = {"manager", {"运维主管", "Operations manager"}, {"wang.fang"}, {}};
  contract->services = {{"voucher_entry", {"凭证录入", "Voucher entry"}, "major"},
                        {"month_end", {"月末结账", "Month-end close"}, "major"},
                        {"reports", {"报表生成", "Report generation"}, "ordinary"}};
  return contract;
}

inline std::shared_ptr<Setup> night_setup() {
  auto setup = std::make_shared<Setup>();
  setup->contract = night_contract();
  setup->intake.token = Secret("intake-token");
  setup->page.address = "http://127.0.0.1";
  setup->page.key = Secret(std::string(32, 'k'));
  setup->page.users = {{"zhang.wei", kHash, Role::responder}, {"admin", kHash, Role::admin}, {"auditor", kHash, Role::viewer}};
  setup->page.certificates = {{"robot", Role::responder}};
  setup->links.runbooks = "https://docs.example.com/runbooks/{lang}/{alert}";
  setup->links.panels = "https://grafana.example.com/d/services?var-service={service}";
  return setup;
}

struct Night {
  Night() {
    add_incidents();
    add_details();
  }

  ManualClock clock{kNow};
  std::shared_ptr<Setup> setup = night_setup();
  std::shared_ptr<FakeJournal> journal = std::make_shared<FakeJournal>();
  FakeEngine engine{setup, journal, clock};

  Incident& add(std::int64_t id, State state, Words title, const char* severity, const char* service, nanoseconds ago) {
    Incident incident;
    incident.id = id;
    incident.key = service + std::string("/") + std::to_string(id);
    incident.service = service;
    incident.fault_class = std::string(severity) == "severe" ? "major" : "ordinary";
    incident.severity = severity;
    incident.title = std::move(title);
    incident.state = state;
    incident.began = kNow - std::chrono::duration_cast<WallTime::duration>(ago);
    incident.received = incident.began + seconds{75};
    incident.firing = state >= State::resolved ? 0 : 1;
    incident.alerts = 1;
    incident.area = "workflow";
    if (state >= State::acknowledged) {
      incident.acknowledged = incident.began + minutes{9};
      incident.acknowledged_by = incident.assigned = "zhang.wei";
    }
    if (state >= State::diagnosed) {
      incident.diagnosed = incident.began + minutes{40};
      incident.diagnosis = "归档日志写满了数据盘。 The disk of the archive logs is full.";
    }
    if (state >= State::resolved) incident.resolved = incident.began + hours{3};
    if (state >= State::verified) incident.verified = incident.began + hours{4};
    if (state == State::closed) {
      incident.closed = incident.began + hours{5};
      incident.outcome = Outcome::solved;
    }
    journal->incidents.push_back(std::move(incident));
    return journal->incidents.back();
  }

 private:
  void add_incidents() {
    Incident& first = add(42, State::assigned, {"凭证录入拨测连续失败", "Voucher entry fails again and again"}, "severe",
                          "voucher_entry", minutes{26});
    first.alertname = "VoucherEntryFailing";
    first.where = "erp";
    first.firing = 2;
    first.alerts = 3;
    first.assigned = "";
    first.state = State::classified;
    add(41, State::diagnosed, {"数据库复制延迟超过 5 分钟", "Replication lags by more than 5 minutes"}, "warning", "reports",
        minutes{215})
        .where = "db2:9100";
    add(40, State::acknowledged, {"月末结账任务超过窗口仍未结束", "Month-end close has not ended within its window"}, "severe",
        "month_end", minutes{257})
        .where = "erp";
    add(39, State::resolved, {"报表服务器磁盘剩余不足 10%", "Less than 10 % of the report server's disk is left"}, "warning",
        "reports", hours{9})
        .where = "rpt1:9100";
    add(38, State::received, {"备份早于 26 小时", "The backup is older than 26 hours"}, "notice", "", minutes{12}).where =
        "backup1";
    for (int i = 0; i < 12; ++i) {
      Incident& old = add(20 + i, State::closed, {"报表生成超过 60 秒", "Reports take longer than 60 seconds"},
                          i % 3 == 0 ? "severe" : "warning", "reports", hours{30 * (i + 1)});
      old.alertname = "ReportSlow";
      if (i == 4) old.outcome = Outcome::false_alarm;
      if (i == 5) {
        old.outcome = Outcome::merged;
        old.merged_into = 20;
      }
      if (i == 6) old.reopened = 1;
      if (i == 3) old.acknowledged = old.began + minutes{52};
    }
  }

  void add_details() {
    const WallTime began = journal->find(42)->began;
    const auto alert = [&](const char* print, const char* book, bool firing) {
      AlertRecord record;
      record.fingerprint = print;
      record.incident = 42;
      record.starts = began;
      record.firing = firing;
      if (!firing) record.ended = began + minutes{11};
      record.seen = kNow - seconds{40};
      record.alertname = "VoucherEntryFailing";
      record.severity = "severe";
      record.fault_class = "major";
      record.labels = std::string(R"({"alertname":"VoucherEntryFailing","service":"voucher_entry","target":"erp","ledger":")") +
                      book + R"(","severity":"severe"})";
      record.annotations = R"({"summary_zh":"账套 )" + std::string(book) +
                           R"( 的凭证录入连续 3 次失败","summary_en":"Voucher entry of ledger )" + book +
                           R"( failed three times"})";
      record.generator_url = "http://prometheus.example.com/graph?g0.expr=up";
      journal->alerts.push_back(std::move(record));
    };
    alert("00000000000000a1", "1001", true);
    alert("00000000000000a2", "1002", true);
    alert("00000000000000a3", "1003", false);
    const auto line = [&](minutes after, const char* kind, const char* actor, const char* note) {
      journal->timeline.push_back({.sequence = static_cast<std::int64_t>(journal->timeline.size() + 1),
                                   .incident = 42,
                                   .at = began + after,
                                   .kind = kind,
                                   .actor = actor,
                                   .channel = {},
                                   .note = note});
    };
    line(minutes{1}, "received", "alertmanager", "VoucherEntryFailing");
    line(minutes{1}, "classified", "finwatch", "重大故障 major");
    line(minutes{1}, "told", "finwatch", "钉钉 dingtalk: 张伟");
    line(minutes{3}, "not_told", "finwatch", "短信 sms: isv.BUSINESS_LIMIT_CONTROL");
    line(minutes{4}, "joined", "alertmanager", "账套 1003");
    line(minutes{15}, "warned_half", "finwatch", "响应 answer: 15 min");
    line(minutes{24}, "warned_late", "finwatch", "响应 answer: 24 min");
    const auto delivery = [&](std::int64_t id, ChannelKind channel, DeliveryState state, const char* code, const char* note,
                              minutes after) {
      Delivery made;
      made.id = id;
      made.incident = 42;
      made.channel = channel;
      made.step = static_cast<int>(after.count() / 15);
      if (is_personal(channel))
        made.person = "zhang.wei";
      else
        made.mention = {"zhang.wei"};
      made.state = state;
      made.attempts = state == DeliveryState::failed ? 3 : 1;
      made.created = began + after;
      if (state == DeliveryState::delivered || state == DeliveryState::failed)
        made.sent = made.done = made.created + seconds{2};
      made.code = code;
      made.note = note;
      journal->deliveries.push_back(std::move(made));
    };
    delivery(101, ChannelKind::dingtalk, DeliveryState::delivered, "0", "ok", minutes{1});
    delivery(102, ChannelKind::sms, DeliveryState::failed, "isv.BUSINESS_LIMIT_CONTROL", "触发号码天级流控", minutes{1});
    delivery(103, ChannelKind::voice, DeliveryState::delivered, "OK", "", minutes{4});
    delivery(104, ChannelKind::email, DeliveryState::delivered, "250", "2.0.0 Ok: queued as 4fX2", minutes{15});
    delivery(105, ChannelKind::wecom, DeliveryState::queued, "", "", minutes{25});
  }
};

}  // namespace finwatch::notifier::desk_test
