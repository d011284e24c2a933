// When each service was down, and for how long.
#include <algorithm>

#include "rules/tool/report/gather.h"

namespace finwatch::rules {
namespace {

using std::chrono::seconds;

constexpr std::string_view kUp = "service:finwatch_up:min";
constexpr seconds kStep{30};  // as often as it is recorded

Moment moment_of(double at) { return Moment{seconds{static_cast<long long>(at)}}; }

// On that day or in what the first ten minutes of the next one recorded.
bool was_down(const Figures& figures, std::size_t day) {
  return std::any_of(figures.services.begin(), figures.services.end(), [&](const ServiceFigures& service) {
    return service.days[day].all.bad() >= 1 || (day + 1 < service.days.size() && service.days[day + 1].all.bad() >= 1);
  });
}

// Puts one moment at which a service was down to its last outage, or begins another.
void add_moment(std::vector<Outage>& outages, const Service* service, Moment at, Moment end) {
  const Stretch moment{at, std::min(at + kStep, end)};
  for (auto last = outages.rbegin(); last != outages.rend(); ++last)
    if (last->service == service) {
      if (last->when.to < moment.from) break;
      last->when.to = moment.to;
      return;
    }
  outages.push_back({service, moment});
}

void finish(const Gathering& gathering, Outage& outage) {
  for (const Stretch& work : planned_work(gathering.contract, gathering.period, outage.service->id, outage.when))
    outage.planned += work.seconds();
  outage.lasts = !gathering.period.over() && outage.when.to >= gathering.period.until;
}

}  // namespace

// Only the days on which something was lost are asked about, and only for the moments at which something was down: a year of
// half minutes is a million values, and Prometheus gives 11,000 at a time.
Status gather_outages(const Gathering& gathering, Figures& figures) {
  std::vector<Outage> outages;
  for (std::size_t i = 0; i < gathering.period.days.size(); ++i) {
    if (!was_down(figures, i)) continue;
    const Stretch& day = gathering.period.days[i].when;
    const Result<std::vector<Series>> answer =
        gathering.prometheus.over("min by (service) (" + std::string(kUp) + ") < 1", day.from, day.to - seconds{1}, kStep);
    if (!answer) return answer.error();
    for (const Series& series : *answer)
      for (const ServiceFigures& service : figures.services)
        if (service.service->id == label(series.labels, "service"))
          for (const Point& point : series.points) add_moment(outages, service.service, moment_of(point.at), day.to);
    figures.outages_measured = figures.outages_measured || !answer->empty();
  }
  for (Outage& outage : outages) {
    finish(gathering, outage);
    for (ServiceFigures& service : figures.services)
      if (service.service == outage.service) service.down_planned += outage.planned;
  }
  figures.outages_seen = static_cast<double>(outages.size());
  std::stable_sort(outages.begin(), outages.end(),
                   [](const Outage& a, const Outage& b) { return a.when.seconds() > b.when.seconds(); });
  if (outages.size() > kMostOutages) outages.resize(kMostOutages);
  figures.outages = std::move(outages);
  return ok();
}

}  // namespace finwatch::rules
