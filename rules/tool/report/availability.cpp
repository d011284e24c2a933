// How much of the time each service worked, day by day, out of what the rules recorded every ten minutes.
#include <algorithm>
#include <cmath>

#include "rules/tool/report/gather.h"

namespace finwatch::rules {
namespace {

constexpr std::string_view kGood = "service:finwatch_slo_good_seconds:sum10m";
constexpr std::string_view kTotal = "service:finwatch_slo_total_seconds:sum10m";
constexpr std::string_view kLatencyGood = "service:finwatch_latency_good_runs:sum10m";
constexpr std::string_view kLatencyTotal = "service:finwatch_latency_runs:sum10m";

ServiceFigures* find(Figures& figures, std::string_view id) {
  const auto found = std::find_if(figures.services.begin(), figures.services.end(),
                                  [&](const ServiceFigures& one) { return one.service->id == id; });
  return found == figures.services.end() ? nullptr : &*found;
}

// The days of equal length that follow each other: one question each.
std::size_t run_length(const std::vector<PeriodDay>& days, std::size_t first) {
  const auto length = days[first].when.to - days[first].when.from;
  std::size_t count = 1;
  while (first + count < days.size() && days[first + count].when.to - days[first + count].when.from == length) ++count;
  return count;
}

// `part` says which number of a day's tally a recording fills.
Status ask_days(const Gathering& gathering, Figures& figures, std::string_view recording, double Tally::*part) {
  const std::vector<PeriodDay>& days = gathering.period.days;
  for (std::size_t first = 0; first < days.size();) {
    const std::size_t count = run_length(days, first);
    const Stretch& day = days[first].when;
    const auto step = day.to - day.from;
    const Result<std::vector<Series>> answer = gathering.prometheus.over(
        "sum by (service, scope) (sum_over_time(" + std::string(recording) + "[" + window_of(day) + "]))", day.to,
        days[first + count - 1].when.to, step);
    if (!answer) return answer.error();
    for (const Series& series : *answer) {
      ServiceFigures* service = find(figures, label(series.labels, "service"));
      const std::string_view scope = label(series.labels, "scope");
      if (service == nullptr || (scope != "all" && scope != "counted")) continue;
      for (const Point& point : series.points) {
        const long long nth = std::llround((point.at - to_seconds(WallTime{day.to})) / static_cast<double>(step.count()));
        if (nth < 0 || nth >= static_cast<long long>(count)) continue;
        const std::size_t index = first + static_cast<std::size_t>(nth);
        // A name of its own: g++ 12 takes (a ? b : c).*part for a copy.
        Tally& tally = scope == "all" ? service->days[index].all : service->days[index].counted;
        tally.*part = point.value;
      }
    }
    first += count;
  }
  return ok();
}

// Work beyond the cap was left out of what was recorded; it counts as downtime.
void count_beyond_cap(const Gathering& gathering, ServiceFigures& figures) {
  const std::vector<Stretch> work =
      planned_work(gathering.contract, gathering.period, figures.service->id, gathering.period.reported());
  const std::vector<Stretch> beyond = beyond_cap(gathering.contract, gathering.period, work);
  figures.planned = seconds_of(work);
  figures.beyond_cap = seconds_of(beyond);
  for (std::size_t i = 0; i < figures.days.size(); ++i)
    for (const Stretch& one : beyond)
      figures.days[i].counted.total +=
          weighted_seconds(gathering.contract, gathering.period, common(one, gathering.period.days[i].when));
}

// What is still to come of a period that is not over counts in full, less the announced work that the cap allows.
double counted_ahead(const Gathering& gathering, const Service& service) {
  const Period& period = gathering.period;
  double ahead = weighted_seconds(gathering.contract, period, {period.until, period.to});
  const std::vector<Stretch> work = planned_work(gathering.contract, period, service.id, {period.from, period.to});
  const auto after = [&](const std::vector<Stretch>& stretches) {
    double sum = 0;
    for (const Stretch& one : stretches)
      sum += weighted_seconds(gathering.contract, period, common(one, {period.until, period.to}));
    return sum;
  };
  return ahead - after(work) + after(beyond_cap(gathering.contract, period, work));
}

void add_up(const Gathering& gathering, ServiceFigures& figures) {
  count_beyond_cap(gathering, figures);
  for (const DayFigures& day : figures.days) {
    figures.all += day.all;
    figures.counted += day.counted;
  }
  const double share = 1 - figures.service->availability->objective / 100;
  figures.budget = share * (figures.counted.total + counted_ahead(gathering, *figures.service));
}

Status ask_latency(const Gathering& gathering, Figures& figures, std::string_view recording, double Tally::*part) {
  const Stretch whole = gathering.period.reported();
  // Of the two scopes the counted one; a recording without scopes is taken as it is.
  const Result<std::vector<Sample>> answer = gathering.prometheus.at(
      "sum by (service) (sum_over_time(" + std::string(recording) + R"({scope=~"|counted"}[)" + window_of(whole) + "]))",
      whole.to);
  if (!answer) return answer.error();
  for (const Sample& sample : *answer) {
    ServiceFigures* service = find(figures, label(sample.labels, "service"));
    if (service == nullptr || !service->service->latency) continue;
    if (!service->latency) service->latency.emplace();
    *service->latency.*part = sample.value;
  }
  return ok();
}

}  // namespace

Status gather_availability(const Gathering& gathering, Figures& figures) {
  for (const Service& service : gathering.contract.services) {
    if (!service.availability) continue;
    ServiceFigures& one = figures.services.emplace_back();
    one.service = &service;
    one.days.resize(gathering.period.days.size());
  }
  if (figures.services.empty()) return ok();
  if (Status status = ask_days(gathering, figures, kTotal, &Tally::total); !status) return status;
  if (Status status = ask_days(gathering, figures, kGood, &Tally::good); !status) return status;
  for (ServiceFigures& service : figures.services) add_up(gathering, service);
  if (Status status = ask_latency(gathering, figures, kLatencyTotal, &Tally::total); !status) return status;
  return ask_latency(gathering, figures, kLatencyGood, &Tally::good);
}

}  // namespace finwatch::rules
