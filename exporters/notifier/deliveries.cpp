#include <algorithm>

#include "notifier/collector.h"

namespace finwatch::notifier {
namespace {

constexpr MetricDesc kQueue{MetricType::gauge, "finwatch_notification_queue", "Messages that wait or are being sent.",
                            "channel"};
constexpr MetricDesc kOldest{MetricType::gauge, "finwatch_notification_oldest_seconds",
                             "How long the oldest of them has waited, in seconds; none when nothing waits.", "channel"};
constexpr MetricDesc kHeldBack{MetricType::gauge, "finwatch_notification_channel_held_back",
                               "Whether messages wait because the channel takes no more for now.", "channel"};

const std::vector<MetricRef> kMetrics = {
    kQueue, kOldest, kHeldBack, counted::kNotifications, counted::kNotificationDelay, counted::kMaybeTwice, counted::kDead};

template <class Write>
void each_lane(MetricSink& sink, const Figures& figures, const MetricDesc<1>& desc, Write&& write) {
  auto family = sink.family(desc);
  for (const Figures::Lane& lane : figures.lanes) write(family, lane, to_string(lane.channel));
}

void write(const Seen& seen, MetricSink& sink) {
  const Figures& figures = seen.figures;
  if (!figures.leads) return;
  each_lane(sink, figures, kQueue,
            [](auto& family, const auto& lane, auto name) { family.add(lane.queued + lane.sending, name); });
  each_lane(sink, figures, kOldest, [&](auto& family, const auto& lane, auto name) {
    if (lane.oldest) family.add(std::max(0.0, to_seconds(seen.now) - to_seconds(*lane.oldest)), name);
  });
  each_lane(sink, figures, kHeldBack, [](auto& family, const auto& lane, auto name) { family.add(lane.held_back, name); });
  write_counter(sink, seen, counted::kNotifications);
  write_histogram(sink, seen, counted::kNotificationDelay);
  write_counter(sink, seen, counted::kMaybeTwice);
  write_counter(sink, seen, counted::kDead);
}

}  // namespace

extern const NotifierCollector deliveries_collector{
    .info = {.name = "deliveries",
             .summary = "Messages by channel: what became of each attempt, how long they took, what waits; from the journal.",
             .metrics = kMetrics},
    .write = write};

}  // namespace finwatch::notifier
