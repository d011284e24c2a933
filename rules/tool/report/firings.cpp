// How often each alert fired, where nobody keeps incidents: counted from the ALERTS that Prometheus writes about itself.
#include <algorithm>

#include "rules/tool/report/gather.h"

namespace finwatch::rules {
namespace {

using std::chrono::seconds;

constexpr seconds kStep{60};
constexpr std::chrono::hours kChunk{7 * 24};  // 10,080 steps; Prometheus gives 11,000
// A gap that long is a restart of Prometheus; after a longer one the alert has fired anew.
constexpr double kSameEpisode = 300;
constexpr std::string_view kFiring = R"(ALERTS{alertstate="firing",alertname!="Watchdog"})";

struct Run {
  double from = 0, to = 0;
};

using Key = std::array<std::string, 4>;  // alert, class, severity, service

void close_run(std::map<Key, Firing>& firings, const Labels& labels, const Run& run) {
  const Key key{std::string(label(labels, "alertname")), std::string(label(labels, "fault_class")),
                std::string(label(labels, "severity")), std::string(label(labels, "service"))};
  Firing& firing = firings[key];
  const double length = run.to - run.from;
  firing.episodes += 1;
  firing.seconds += length;
  firing.longest = std::max(firing.longest, length);
}

}  // namespace

Status gather_firings(const Gathering& gathering, Figures& figures) {
  std::map<Labels, Run> open;
  std::map<Key, Firing> firings;
  const Period& period = gathering.period;
  for (Moment from = period.from; from < period.until; from += kChunk) {
    const Moment last = std::min(from + seconds(kChunk), period.until) - seconds{1};
    const Result<std::vector<Series>> answer = gathering.prometheus.over(std::string(kFiring), from, last, kStep);
    if (!answer) return answer.error();
    for (const Series& series : *answer)
      for (const Point& point : series.points) {
        const auto [run, begun] = open.try_emplace(series.labels, Run{point.at, point.at});
        if (!begun && point.at - run->second.to > kSameEpisode) {
          close_run(firings, series.labels, run->second);
          run->second.from = point.at;
        }
        run->second.to = point.at + static_cast<double>(kStep.count());
      }
  }
  for (const auto& [labels, run] : open) close_run(firings, labels, run);
  for (auto& [key, firing] : firings) {
    firing.alert = key[0], firing.fault_class = key[1], firing.severity = key[2], firing.service = key[3];
    figures.firings.push_back(std::move(firing));
  }
  std::stable_sort(figures.firings.begin(), figures.firings.end(),
                   [](const Firing& a, const Firing& b) { return a.episodes > b.episodes; });
  return ok();
}

}  // namespace finwatch::rules
