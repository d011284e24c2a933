// What is counted and must survive a restart: the families, how the casebook and the outbox count, how the collectors read it back.
//
//   initialise(counters, contract);                                        // after load and after a reload: all at 0 where absent
//   count({counters, changes.counters}, counted::kOpened, fault_class, service, severity);
//   observe({counters, changes.counters}, counted::kIncidentSeconds, seconds, fault_class, clock_label(ClockKind::answer));
//   count_notification({counters, changes.counters}, ChannelKind::sms, NotificationResult::refused, receipt.code);
//   for (const Counted& each : read_counter(counters, counted::kOpened)) … each.labels, each.value
//
// The wrong number of labels does not compile; they come in the order of the description. Labels are of bounded sets: give ids through
// known_service() and its sisters. A bucket holds what fell into it alone, not what fell below: so a contract may get new limits.
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/metric.h"
#include "notifier/contract/contract.h"
#include "notifier/contract/sla_clock.h"
#include "notifier/incident/incident.h"

namespace finwatch::notifier {

namespace counted {
inline constexpr MetricDesc kIncidents{MetricType::counter,
                                       "finwatch_incidents_total",
                                       "Incidents that were closed, by how they ended: solved, merged or false_alarm.",
                                       "fault_class",
                                       "service",
                                       "outcome"};
inline constexpr MetricDesc kOpened{
    MetricType::counter, "finwatch_incidents_opened_total", "Incidents that began.", "fault_class", "service", "severity"};
inline constexpr MetricDesc kReopened{MetricType::counter, "finwatch_incidents_reopened_total",
                                      "Times that an incident which was resolved, verified or closed went on.", "fault_class"};
inline constexpr MetricDesc kFixedFirstTime{MetricType::counter, "finwatch_incidents_fixed_first_time_total",
                                            "Incidents that were closed as solved and never reopened.", "fault_class"};
inline constexpr MetricDesc kAlerts{MetricType::counter, "finwatch_alerts_received_total",
                                    "Alerts that Alertmanager sent, firing or resolved, by what was made of them.", "status",
                                    "result"};
inline constexpr MetricDesc kWebhooks{MetricType::counter, "finwatch_webhook_requests_total",
                                      "Requests of Alertmanager, by how they were answered.", "result"};
inline constexpr MetricDesc kIncidentSeconds{
    MetricType::histogram, "finwatch_incident_seconds",
    "Time that counted until each clock of an incident stopped, in seconds; the contract's limits are buckets.", "fault_class",
    "clock"};
inline constexpr MetricDesc kBreaches{MetricType::counter, "finwatch_sla_breaches_total",
                                      "Clocks that ran past what the contract promises.", "fault_class", "clock"};
inline constexpr MetricDesc kNotifications{
    MetricType::counter,
    "finwatch_notifications_total",
    "Attempts to tell somebody, by what became of them and by the provider's own code; code is other beyond 50 of a channel.",
    "channel",
    "result",
    "code"};
inline constexpr MetricDesc kNotificationDelay{MetricType::histogram, "finwatch_notification_delay_seconds",
                                               "Time from when a message was due until the provider accepted it, in seconds.",
                                               "channel"};
inline constexpr MetricDesc kMaybeTwice{MetricType::counter, "finwatch_notifications_maybe_twice_total",
                                        "Messages said again although the first attempt may have been taken.", "channel"};
inline constexpr MetricDesc kDead{
    MetricType::counter, "finwatch_notifications_dead_total",
    "Messages given up: all attempts and all channels in their place were used up, nobody was told.", "channel"};
}  // namespace counted

/// What became of one alert of a webhook.
enum class AlertResult : unsigned char {
  opened,     // a new incident
  joined,     // an incident that is open
  reopened,   // one that was resolved, verified or closed
  repeated,   // nothing new
  cleared,    // it ended
  unheard,    // it ended, and nobody had heard of it
  heartbeat,  // the alert that always fires
};
inline constexpr std::array<std::string_view, 7> kAlertResultNames = {"new",     "joined",  "reopened", "repeated",
                                                                      "cleared", "unheard", "heartbeat"};
constexpr std::string_view to_string(AlertResult result) { return kAlertResultNames[static_cast<std::size_t>(result)]; }
inline constexpr std::array<std::string_view, 2> kAlertStatusNames = {"firing", "resolved"};

/// How a webhook was answered.
enum class WebhookResult : unsigned char {
  accepted,      // on disk
  posted,        // on disk by an instance that does not lead; counted by the leader when it takes it from the inbox
  malformed,     // 400
  unauthorised,  // 401
  unavailable,   // 503: not on disk
};
inline constexpr std::array<std::string_view, 5> kWebhookResultNames = {"accepted", "posted", "malformed", "unauthorised",
                                                                        "unavailable"};
constexpr std::string_view to_string(WebhookResult result) { return kWebhookResultNames[static_cast<std::size_t>(result)]; }

/// The verdicts of a channel, in their order, and what was never sent.
enum class NotificationResult : unsigned char { accepted, later, refused, unknown, dropped };
inline constexpr std::array<std::string_view, 5> kNotificationResultNames = {"accepted", "later", "refused", "unknown",
                                                                             "dropped"};
constexpr std::string_view to_string(NotificationResult result) {
  return kNotificationResultNames[static_cast<std::size_t>(result)];
}

/// The label `clock`, as the monthly report reads it.
inline constexpr std::array<std::string_view, 3> kClockLabels = {"answer", "diagnose", "solve"};
constexpr std::string_view clock_label(ClockKind kind) { return kClockLabels[static_cast<std::size_t>(kind)]; }

/// The id where the contract knows it; else empty. The view is of `id`.
std::string_view known_service(const Contract& contract, std::string_view id);
std::string_view known_class(const Contract& contract, std::string_view id);
std::string_view known_severity(const Contract& contract, std::string_view id);

/// Where is counted: what stands, and, besides, what the next commit has to write.
class Tally {
 public:
  Tally(Counters& all) : all_(all) {}
  Tally(Counters& all, Counters& changed) : all_(all), changed_(&changed) {}

  const Counters& all() const { return all_; }
  void add(CounterKey key, double by) const;

 private:
  Counters& all_;
  Counters* changed_ = nullptr;
};

/// `a="1",b="2"`: values escaped as in an exposition, and made valid UTF-8 without NUL.
std::string label_text(std::span<const std::string_view> names, std::span<const std::string_view> values);
/// The values again; empty when the text has other names, or is no such text.
std::vector<std::string> label_values(std::string_view text, std::span<const std::string_view> names);

void count_labels(const Tally& tally, const MetricRef& family, std::span<const std::string_view> values, double by);
void observe_labels(const Tally& tally, const MetricRef& family, std::span<const std::string_view> values, double seconds);

template <std::size_t N, std::convertible_to<std::string_view>... L>
void count(const Tally& tally, const MetricDesc<N>& family, const L&... values) {
  static_assert(N > 0 && sizeof...(L) == N, "one value for each label of the metric");
  count_labels(tally, family, std::array<std::string_view, N>{std::string_view(values)...}, 1);
}

/// Into the first bucket that initialise() made and that is wide enough; less than 0 counts as 0.
template <std::size_t N, std::convertible_to<std::string_view>... L>
void observe(const Tally& tally, const MetricDesc<N>& family, double seconds, const L&... values) {
  static_assert(N > 0 && sizeof...(L) == N, "one value for each label of the metric");
  observe_labels(tally, family, std::array<std::string_view, N>{std::string_view(values)...}, seconds);
}

/// One attempt. Of the provider's code, what is not a letter, a digit or one of _.:- becomes _; new codes beyond 50 of a channel are "other".
void count_notification(const Tally& tally, ChannelKind channel, NotificationResult result, std::string_view code);

/// Puts everything that may be counted under this contract at 0 where it is not yet, so that increase() sees the first one.
void initialise(Counters& counters, const Contract& contract);

/// The bounds of finwatch_incident_seconds for one class, ascending, without +Inf: its own limits are always among them.
std::vector<double> clock_buckets(const FaultClass& fault_class);

/// One counter, with the values of its labels in the order of the description.
struct Counted {
  std::vector<std::string> labels;
  double value = 0;
};
std::vector<Counted> read_counter(const Counters& counters, const MetricRef& family);

/// One histogram: cumulative, as it is shown.
struct CountedHistogram {
  struct Bucket {
    double upper_bound = 0;
    std::uint64_t cumulative_count = 0;
  };
  std::vector<std::string> labels;
  std::vector<Bucket> buckets;  // ascending, without +Inf
  std::uint64_t count = 0;
  double sum = 0;
};
std::vector<CountedHistogram> read_histogram(const Counters& counters, const MetricRef& family);

}  // namespace finwatch::notifier
