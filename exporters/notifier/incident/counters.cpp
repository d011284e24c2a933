#include "notifier/incident/counters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "core/text.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostCodes = 50;        // of one channel
constexpr std::size_t kLongestCode = 64;      // "isv.BUSINESS_LIMIT_CONTROL" has 26
constexpr std::string_view kOther = "other";  // all codes beyond
constexpr double kBounds[] = {60, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400};
constexpr double kDelayBounds[] = {1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600};

std::string bucket_family(std::string_view name) { return std::string(name) + "_bucket"; }
std::string sum_family(std::string_view name) { return std::string(name) + "_sum"; }

std::string bound_text(double bound) {
  if (std::isinf(bound)) return "+Inf";
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), bound).ptr};
}

std::optional<double> bound_of(std::string_view text) {
  if (text == "+Inf") return HUGE_VAL;
  const auto bound = to_number<double>(text);
  return bound && std::isfinite(*bound) ? bound : std::nullopt;
}

// All counters of a family whose labels begin with `first`.
template <class Each>
void each_of(const Counters& counters, const std::string& family, const std::string& first, Each&& each) {
  for (auto it = counters.lower_bound({family, first}); it != counters.end(); ++it) {
    if (it->first.first != family || !it->first.second.starts_with(first)) return;
    each(it->first.second, it->second);
  }
}

std::string within_labels(const std::string& labels) { return labels + ",le=\""; }

// "…,le="60"" of a bucket.
std::optional<double> bound_of_labels(std::string_view labels, std::size_t before) {
  if (labels.size() < before + 1) return std::nullopt;
  return bound_of(labels.substr(before, labels.size() - before - 1));
}

std::string plain_code(std::string_view code) {
  std::string plain(code.substr(0, kLongestCode));
  for (char& c : plain) {
    const char lower = to_lower(c);
    const bool fine = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' || c == '-';
    if (!fine) c = '_';
  }
  return plain;
}

using Values = std::initializer_list<std::string_view>;

void at_zero(Counters& counters, const MetricRef& family, Values values) {
  counters.try_emplace({std::string(family.name), label_text(family.labels, values)}, 0);
}

void buckets_at_zero(Counters& counters, const MetricRef& family, Values values, std::span<const double> bounds) {
  const std::string labels = label_text(family.labels, values);
  const std::string family_of_buckets = bucket_family(family.name);
  const auto bucket = [&](double bound) {
    counters.try_emplace({family_of_buckets, within_labels(labels) + bound_text(bound) + '"'}, 0);
  };
  for (const double bound : bounds) bucket(bound);
  bucket(HUGE_VAL);
  counters.try_emplace({sum_family(family.name), labels}, 0);
}

void initialise_incidents(Counters& counters, const Contract& contract, std::string_view fault_class,
                          std::string_view service) {
  for (const Outcome outcome : {Outcome::solved, Outcome::merged, Outcome::false_alarm})
    at_zero(counters, counted::kIncidents, {fault_class, service, to_string(outcome)});
  for (const auto& [severity, its] : contract.severities) at_zero(counters, counted::kOpened, {fault_class, service, severity});
}

void initialise_class(Counters& counters, const Contract& contract, const FaultClass& fault_class) {
  const std::string& id = fault_class.id;
  initialise_incidents(counters, contract, id, "");
  for (const Service& service : contract.services) initialise_incidents(counters, contract, id, service.id);
  at_zero(counters, counted::kReopened, {id});
  at_zero(counters, counted::kFixedFirstTime, {id});
  const std::vector<double> bounds = clock_buckets(fault_class);
  const auto clock = [&](ClockKind kind, const std::optional<nanoseconds>& limit) {
    // How long it took is of interest also where nothing was promised.
    buckets_at_zero(counters, counted::kIncidentSeconds, {id, clock_label(kind)}, bounds);
    if (limit) at_zero(counters, counted::kBreaches, {id, clock_label(kind)});
  };
  clock(ClockKind::answer, fault_class.answer);
  clock(ClockKind::first_diagnosis, fault_class.first_diagnosis);
  clock(ClockKind::solve, fault_class.solve);
}

void initialise_channel(Counters& counters, std::string_view channel) {
  for (const std::string_view result : kNotificationResultNames)
    at_zero(counters, counted::kNotifications, {channel, result, ""});
  buckets_at_zero(counters, counted::kNotificationDelay, {channel}, kDelayBounds);
  at_zero(counters, counted::kMaybeTwice, {channel});
  at_zero(counters, counted::kDead, {channel});
}

}  // namespace

std::string_view known_service(const Contract& contract, std::string_view id) {
  return contract.service(id) != nullptr ? id : std::string_view();
}
std::string_view known_class(const Contract& contract, std::string_view id) {
  return contract.fault_class(id) != nullptr ? id : std::string_view();
}
std::string_view known_severity(const Contract& contract, std::string_view id) {
  return contract.severity(id) != nullptr ? id : std::string_view();
}

void Tally::add(CounterKey key, double by) const {
  const double now = all_[key] += by;
  if (changed_ != nullptr) changed_->insert_or_assign(std::move(key), now);
}

void count_labels(const Tally& tally, const MetricRef& family, std::span<const std::string_view> values, double by) {
  tally.add({std::string(family.name), label_text(family.labels, values)}, by);
}

void observe_labels(const Tally& tally, const MetricRef& family, std::span<const std::string_view> values, double seconds) {
  if (!std::isfinite(seconds)) return;
  seconds = std::max(seconds, 0.0);
  const std::string labels = label_text(family.labels, values);
  const std::string first = within_labels(labels);
  double into = HUGE_VAL;
  each_of(tally.all(), bucket_family(family.name), first, [&](std::string_view bucket, double) {
    if (const auto bound = bound_of_labels(bucket, first.size()); bound && *bound >= seconds) into = std::min(into, *bound);
  });
  tally.add({bucket_family(family.name), first + bound_text(into) + '"'}, 1);
  tally.add({sum_family(family.name), labels}, seconds);
}

void count_notification(const Tally& tally, ChannelKind channel, NotificationResult result, std::string_view code) {
  const auto& family = counted::kNotifications;
  const std::string plain = plain_code(code);
  const std::string_view name = to_string(channel);
  const CounterKey key{std::string(family.name),
                       label_text(family.labels, Values{name, to_string(result), std::string_view(plain)})};
  if (!tally.all().contains(key)) {
    std::size_t codes = 0;
    const std::string first = label_text(std::span(family.labels).first(1), Values{name}) + ',';
    each_of(tally.all(), key.first, first, [&](std::string_view, double) { ++codes; });
    if (codes >= kMostCodes + kNotificationResultNames.size()) return count(tally, family, name, to_string(result), kOther);
  }
  tally.add(key, 1);
}

std::vector<double> clock_buckets(const FaultClass& fault_class) {
  std::vector<double> bounds(std::begin(kBounds), std::end(kBounds));
  for (const auto& limit : {fault_class.answer, fault_class.first_diagnosis, fault_class.solve})
    if (limit && limit->count() > 0) bounds.push_back(std::chrono::duration<double>(*limit).count());
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  return bounds;
}

void initialise(Counters& counters, const Contract& contract) {
  for (const auto& [id, fault_class] : contract.classes) initialise_class(counters, contract, fault_class);
  initialise_incidents(counters, contract, "", "");  // what the contract does not know
  using enum AlertResult;
  for (const AlertResult result : {opened, joined, reopened, repeated, heartbeat})
    at_zero(counters, counted::kAlerts, {kAlertStatusNames[0], to_string(result)});
  for (const AlertResult result : {repeated, cleared, unheard, heartbeat})
    at_zero(counters, counted::kAlerts, {kAlertStatusNames[1], to_string(result)});
  for (const std::string_view result : kWebhookResultNames) at_zero(counters, counted::kWebhooks, {result});
  for (std::size_t i = 0; i < kChannelNames.size(); ++i)
    if (contract.channels.has(static_cast<ChannelKind>(i))) initialise_channel(counters, kChannelNames[i]);
}

std::vector<Counted> read_counter(const Counters& counters, const MetricRef& family) {
  std::vector<Counted> all;
  each_of(counters, std::string(family.name), "", [&](std::string_view labels, double value) {
    std::vector<std::string> values = label_values(labels, family.labels);
    if (!values.empty()) all.push_back({std::move(values), value});
  });
  return all;
}

std::vector<CountedHistogram> read_histogram(const Counters& counters, const MetricRef& family) {
  std::vector<std::string_view> names(family.labels.begin(), family.labels.end());
  names.emplace_back("le");
  std::map<std::vector<std::string>, std::map<double, double>> found;
  each_of(counters, bucket_family(family.name), "", [&](std::string_view labels, double value) {
    std::vector<std::string> values = label_values(labels, names);
    if (values.empty()) return;
    const auto bound = bound_of(values.back());
    values.pop_back();
    if (bound) found[std::move(values)][*bound] += value;
  });
  std::vector<CountedHistogram> all;
  for (auto& [values, buckets] : found) {
    CountedHistogram histogram;
    histogram.labels = values;
    for (const auto& [bound, own] : buckets) {
      histogram.count += static_cast<std::uint64_t>(std::max(own, 0.0));
      if (std::isfinite(bound)) histogram.buckets.push_back({bound, histogram.count});
    }
    const std::vector<std::string_view> views(values.begin(), values.end());
    const auto sum = counters.find({sum_family(family.name), label_text(family.labels, views)});
    if (sum != counters.end()) histogram.sum = sum->second;
    all.push_back(std::move(histogram));
  }
  return all;
}

}  // namespace finwatch::notifier
