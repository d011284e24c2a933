// The fields of every record, listed once: columns of a table, values of a row, members of JSON all come from here.
//
//   Record<Incident>::each(incident, visit);      // visit("id", incident.id); visit("key", incident.key); …
//
// visit.given() is a number that the store gives; visit.kept() a text of which an empty one leaves what is stored; and so is
// visit.document(), which is JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "notifier/incident/incident.h"
#include "notifier/store/sql_text.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

inline std::span<const std::string_view> names_of(State) { return kStateNames; }
inline std::span<const std::string_view> names_of(Outcome) { return kOutcomeNames; }
inline std::span<const std::string_view> names_of(Purpose) { return kPurposeNames; }
inline std::span<const std::string_view> names_of(DeliveryState) { return kDeliveryStateNames; }
inline std::span<const std::string_view> names_of(ChannelKind) { return kChannelNames; }

template <class T>
struct Record;

template <>
struct Record<Incident> {
  static constexpr std::string_view kTable = "incidents", kKey = "id";
  static std::string key(const Incident& i) { return std::to_string(i.id); }
  template <class R, class V>
  static void each(R& i, V& visit) {
    visit("id", i.id);
    visit("key", i.key);
    visit("service", i.service);
    visit("fault_class", i.fault_class);
    visit("severity", i.severity);
    visit("area", i.area);
    visit("alertname", i.alertname);
    visit("runbook", i.runbook);
    visit("place", i.where);  // WHERE is SQL's own word
    visit("title_zh", i.title.zh);
    visit("title_en", i.title.en);
    visit("state", i.state);
    visit("outcome", i.outcome);
    visit("began", i.began);
    visit("received", i.received);
    visit("acknowledged", i.acknowledged);
    visit("diagnosed", i.diagnosed);
    visit("resolved", i.resolved);
    visit("verified", i.verified);
    visit("closed", i.closed);
    visit("acknowledged_by", i.acknowledged_by);
    visit("assigned", i.assigned);
    visit("diagnosis", i.diagnosis);
    visit("merged_into", i.merged_into);
    visit("reopened", i.reopened);
    visit("firing", i.firing);
    visit("alert_count", i.alerts);
    visit("rests", i.rests);
    visit("escalation_began", i.escalation_began);
    visit("next_step", i.next_step);
    visit("told_levels", i.told_levels);
    visit("refired", i.refired);
    visit("changed", i.changed);
  }
};

template <>
struct Record<AlertRecord> {
  static constexpr std::string_view kTable = "alerts", kKey = "fingerprint, starts";
  static std::string key(const AlertRecord& a) { return a.fingerprint + ' ' + sql_time(a.starts); }
  template <class R, class V>
  static void each(R& a, V& visit) {
    visit("fingerprint", a.fingerprint);
    visit("starts", a.starts);
    visit("incident", a.incident);
    visit("firing", a.firing);
    visit("ended", a.ended);
    visit("seen", a.seen);
    visit.kept("alertname", a.alertname);
    visit.kept("severity", a.severity);
    visit.kept("fault_class", a.fault_class);
    visit.document("labels", a.labels);
    visit.document("annotations", a.annotations);
    visit.kept("generator_url", a.generator_url);
  }
};

template <>
struct Record<TimelineEntry> {
  static constexpr std::string_view kTable = "timeline", kKey = "";
  static std::string key(const TimelineEntry&) { return {}; }
  template <class R, class V>
  static void each(R& t, V& visit) {
    visit.given("sequence", t.sequence);
    visit("incident", t.incident);
    visit("at", t.at);
    visit("kind", t.kind);
    visit("actor", t.actor);
    visit("channel", t.channel);
    visit("note", t.note);
  }
};

template <>
struct Record<Delivery> {
  static constexpr std::string_view kTable = "deliveries", kKey = "id";
  static std::string key(const Delivery& d) { return std::to_string(d.id); }
  template <class R, class V>
  static void each(R& d, V& visit) {
    visit("id", d.id);
    visit("incident", d.incident);
    visit("purpose", d.purpose);
    visit("step", d.step);
    visit("channel", d.channel);
    visit("person", d.person);
    visit("mention", d.mention);
    visit("state", d.state);
    visit("attempts", d.attempts);
    visit("created", d.created);
    visit("next", d.next);
    visit("sent", d.sent);
    visit("done", d.done);
    visit("code", d.code);
    visit("note", d.note);
    visit("provider_id", d.provider_id);
    visit("fallback_of", d.fallback_of);
    visit("carried_by", d.carried_by);
    visit("maybe_twice", d.maybe_twice);
  }
};

template <>
struct Record<Posted> {
  static constexpr std::string_view kTable = "inbox", kKey = "";
  static std::string key(const Posted&) { return {}; }
  template <class R, class V>
  static void each(R& p, V& visit) {
    visit.given("sequence", p.sequence);
    visit("at", p.at);
    visit("kind", p.kind);
    visit("body", p.body);
  }
};

struct CounterRow {
  std::string family, labels;
  double value = 0;
};

template <>
struct Record<CounterRow> {
  static constexpr std::string_view kTable = "counters", kKey = "family, labels";
  static std::string key(const CounterRow&) { return {}; }  // of a map: each is there once
  template <class R, class V>
  static void each(R& c, V& visit) {
    visit("family", c.family);
    visit("labels", c.labels);
    visit("value", c.value);
  }
};

}  // namespace finwatch::notifier
