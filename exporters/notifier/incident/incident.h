// What an incident is, and what belongs to it: its alerts, its timeline, what is to be said of it.
//
//   incident.number();                                   // "INC-42"
//   state_name(incident.state);                          // "acknowledged"
//
// Plain data. Who changes it is incident/casebook.h alone; who keeps it is store/store.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/both_languages.h"
#include "core/clock.h"
#include "core/shared_text.h"
#include "notifier/contract/channels.h"
#include "notifier/contract/counted_time.h"

namespace finwatch::notifier {

/// The life cycle. `resolved`: all alerts have ended, or a person said so. `verified`: they stayed away for the hold-down.
enum class State : unsigned char { received, classified, assigned, acknowledged, diagnosed, resolved, verified, closed };
inline constexpr std::array<std::string_view, 8> kStateNames = {"received",  "classified", "assigned", "acknowledged",
                                                                "diagnosed", "resolved",   "verified", "closed"};
constexpr std::string_view to_string(State state) { return kStateNames[static_cast<std::size_t>(state)]; }

/// How it ended: the label `outcome` of finwatch_incidents_total.
enum class Outcome : unsigned char { open, solved, merged, false_alarm };
inline constexpr std::array<std::string_view, 4> kOutcomeNames = {"open", "solved", "merged", "false_alarm"};
constexpr std::string_view to_string(Outcome outcome) { return kOutcomeNames[static_cast<std::size_t>(outcome)]; }

struct Incident {
  std::int64_t id = 0;
  std::string key;  // alerts of the same key join it while it is open
  SharedText service, fault_class, severity, area, alertname, runbook;
  std::string where;  // what it is about, of the first alert's labels: "erp" of target, "db1:9100" of instance
  Words title;
  State state = State::received;
  Outcome outcome = Outcome::open;
  WallTime began;     // the earliest startsAt: the clocks start here
  WallTime received;  // when the first alert came in
  std::optional<WallTime> acknowledged, diagnosed, resolved, verified, closed;
  SharedText acknowledged_by;  // a person's id, or a user of the page
  SharedText assigned;         // a person's id, or the user who took it
  SharedText diagnosis;        // the last one said
  std::int64_t merged_into = 0;
  int reopened = 0;
  int firing = 0;                   // alerts that fire now
  int alerts = 0;                   // alerts that ever belonged to it
  std::vector<Span> rests;          // from resolved to reopened: time that does not count
  WallTime escalation_began;        // when the policy of its severity started
  int next_step = 0;                // of that policy
  std::uint32_t told_levels = 0;    // two bits a clock: the ClockLevel that people were told of
  std::optional<WallTime> refired;  // it fires again since, and people still think that it is over
  WallTime changed;

  std::string number() const { return "INC-" + std::to_string(id); }
  bool is_open() const { return state != State::closed; }
};

/// "INC-42" or "42".
std::optional<std::int64_t> incident_id(std::string_view text);

/// One alert of an incident: what Alertmanager last said of it. (fingerprint, starts) is its identity.
struct AlertRecord {
  std::string fingerprint;  // as Alertmanager writes it, 16 hexadecimal digits
  WallTime starts;
  std::int64_t incident = 0;
  bool firing = true;
  std::optional<WallTime> ended;
  WallTime seen;  // when it was last said
  std::string alertname, severity, fault_class;
  std::string labels, annotations;  // JSON maps of texts, as received; empty when only the state changed
  std::string generator_url;
};

/// A line of the timeline: every transition and everything that was said. Never changed, never removed before its time.
struct TimelineEntry {
  std::int64_t sequence = 0;  // given by the store
  std::int64_t incident = 0;
  WallTime at;
  std::string
      kind;  // a State's name, or: fired, joined, cleared, refired, reopened, merged, false_alarm, note, told, not_told,
             // maybe_told_twice, warned_half, warned_late, breached, step, policy, heartbeat
  std::string actor;    // a person's id, a user, "alertmanager", "finwatch"
  std::string channel;  // by what way: "page", "link", "code", "api", "alertmanager", a ChannelKind's name; empty: by itself
  std::string note;
};

/// Why a message is sent.
enum class Purpose : unsigned char { page, joined, warning, breach, resolved, heartbeat };
inline constexpr std::array<std::string_view, 6> kPurposeNames = {"page",   "joined",   "warning",
                                                                  "breach", "resolved", "heartbeat"};
constexpr std::string_view to_string(Purpose purpose) { return kPurposeNames[static_cast<std::size_t>(purpose)]; }

/// Of one message by one channel. `sending` is on disk before the provider is called; what is found in it after a crash may have
/// been taken, and is asked about, or said again with a word that it may be the second time.
enum class DeliveryState : unsigned char { queued, sending, delivered, failed, dropped };
inline constexpr std::array<std::string_view, 5> kDeliveryStateNames = {"queued", "sending", "delivered", "failed", "dropped"};
constexpr std::string_view to_string(DeliveryState state) { return kDeliveryStateNames[static_cast<std::size_t>(state)]; }

struct Delivery {
  std::int64_t id = 0;
  std::int64_t incident = 0;
  Purpose purpose = Purpose::page;
  int step = -1;  // of the policy; -1 when it is none of its steps
  ChannelKind channel = ChannelKind::console;
  DeliveryState state = DeliveryState::queued;
  bool maybe_twice = false;  // it may have been said before
  int attempts = 0;
  SharedText person;                 // of a personal channel
  std::vector<std::string> mention;  // of a group: whom it is for
  WallTime created;
  WallTime next;  // not before
  std::optional<WallTime> sent, done;
  SharedText code;               // the provider's, of the last answer
  SharedText note;               // its words
  SharedText provider_id;        // what the provider calls it: BizId, SerialNo, Message-ID
  std::int64_t fallback_of = 0;  // the delivery that failed before it
  std::int64_t carried_by = 0;   // the delivery whose digest said it too

  /// Whom it is for: the person, or those whom the group is to notice.
  std::vector<std::string> people() const { return person.empty() ? mention : std::vector{person.text()}; }
};

/// A number of the metrics that must survive a restart: family and its labels, `a="1",b="2"`.
using CounterKey = std::pair<std::string, std::string>;
using Counters = std::map<CounterKey, double>;

}  // namespace finwatch::notifier
