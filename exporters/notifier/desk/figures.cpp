#include "notifier/desk/figures.h"

#include <algorithm>
#include <numeric>

#include "notifier/desk/words.h"

namespace finwatch::notifier {
namespace {

constexpr int kPage = 500;
constexpr int kMostIncidents = 50'000;
constexpr int kMostDeliveries = 200'000;
constexpr std::size_t kMostBreached = 200;

std::optional<double> percent(int part, int whole) {
  if (whole == 0) return std::nullopt;
  return 100.0 * part / whole;
}

void count_clock(ClockFigures& figures, const ClockReading& clock) {
  if (clock.breached())
    ++figures.breached;
  else if (clock.stopped)
    ++figures.kept;
  if (clock.stopped) figures.used.push_back(clock.used);
}

void count_incident(MonthFigures& figures, const Contract& contract, Incident incident, WallTime now) {
  ++figures.incidents;
  ++figures.by_class[incident.fault_class];
  ++figures.by_service[incident.service];
  ++figures.by_severity[incident.severity];
  ++figures.by_outcome[index(incident.outcome)];
  if (incident.outcome == Outcome::merged || incident.outcome == Outcome::false_alarm) return;
  if (incident.reopened > 0) ++figures.reopened;
  if (incident.resolved || incident.outcome == Outcome::solved) {
    ++figures.solved;
    if (incident.reopened == 0) ++figures.solved_at_once;
  }
  Sheet sheet = sheet_of(contract, std::move(incident), now);
  for (const ClockReading& clock : sheet.clocks) {
    count_clock(figures.clocks[index(clock.kind)], clock);
    count_clock(figures.clocks_by_class[sheet.incident.fault_class][index(clock.kind)], clock);
  }
  if (sheet.breached()) ++figures.with_breach;
  if (sheet.breached() && figures.breached.size() < kMostBreached) figures.breached.push_back(std::move(sheet));
}

Status count_incidents(MonthFigures& figures, Store& store, const Contract& contract, WallTime now) {
  IncidentQuery query;
  query.began_from = figures.from;
  query.began_to = figures.to;
  query.most = kPage;
  while (figures.incidents < kMostIncidents) {
    Result<std::vector<Incident>> found = store.incidents(query);
    if (!found) return found.error();
    const bool last = found->size() < kPage;
    if (!found->empty()) query.before = found->back().id;
    for (Incident& incident : *found)
      if (incident.began >= figures.from && incident.began < figures.to)
        count_incident(figures, contract, std::move(incident), now);
    if (last) return ok();
  }
  figures.complete = false;
  return ok();
}

// The log has no index by time that the store offers: it is read backwards from its end, as far as the month reaches.
Status count_deliveries(MonthFigures& figures, Store& store) {
  DeliveryQuery query;
  query.most = kPage;
  for (int read = 0; read < kMostDeliveries; read += kPage) {
    const Result<std::vector<Delivery>> found = store.deliveries(query);
    if (!found) return found.error();
    for (const Delivery& delivery : *found)
      if (delivery.created >= figures.from && delivery.created < figures.to)
        ++figures.deliveries[delivery.channel][index(delivery.state)];
    if (found->size() < kPage || found->back().created < figures.from) return ok();
    query.before = found->back().id;
  }
  figures.complete = false;
  return ok();
}

}  // namespace

std::optional<double> ClockFigures::kept_percent() const { return percent(kept, kept + breached); }

std::optional<nanoseconds> ClockFigures::mean() const {
  if (used.empty()) return std::nullopt;
  return std::accumulate(used.begin(), used.end(), nanoseconds{0}) / static_cast<std::int64_t>(used.size());
}

std::optional<nanoseconds> ClockFigures::median() const {
  if (used.empty()) return std::nullopt;
  std::vector<nanoseconds> sorted = used;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

std::optional<double> MonthFigures::first_time_fix_percent() const { return percent(solved_at_once, solved); }

Result<MonthFigures> month_figures(Store& store, const Contract& contract, Month month, WallTime now) {
  MonthFigures figures;
  figures.month = month;
  figures.from = contract.zone.instant(LocalTime(first_day(month)));
  figures.to = contract.zone.instant(LocalTime(last_day(month)) + std::chrono::days{1});
  if (const Status status = count_incidents(figures, store, contract, now); !status) return status.error();
  if (const Status status = count_deliveries(figures, store); !status) return status.error();
  return figures;
}

}  // namespace finwatch::notifier
