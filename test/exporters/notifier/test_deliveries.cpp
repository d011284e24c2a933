#include "fake_figures.h"

namespace finwatch::notifier {
extern const NotifierCollector deliveries_collector;

TEST_CASE("deliveries: what waits, channel by channel") {
  FakeFigures fake;
  fake.figures.lanes.push_back(
      {.channel = ChannelKind::sms, .queued = 3, .sending = 1, .oldest = fake.now - 90s, .held_back = true});
  fake.figures.lanes.push_back({.channel = ChannelKind::email, .queued = 0, .sending = 0, .oldest = {}, .held_back = false});
  CHECK(fake.samples(deliveries_collector) ==
        "finwatch_notification_queue{channel=\"sms\"} 4\n"
        "finwatch_notification_queue{channel=\"email\"} 0\n"
        "finwatch_notification_oldest_seconds{channel=\"sms\"} 90\n"
        "finwatch_notification_channel_held_back{channel=\"sms\"} 1\n"
        "finwatch_notification_channel_held_back{channel=\"email\"} 0\n");
}

TEST_CASE("deliveries: a clock that went back makes nothing wait for less than no time") {
  FakeFigures fake;
  fake.figures.lanes.push_back(
      {.channel = ChannelKind::sms, .queued = 1, .sending = 0, .oldest = fake.now + 5s, .held_back = false});
  CHECK(lines_of(fake.samples(deliveries_collector), "finwatch_notification_oldest") ==
        "finwatch_notification_oldest_seconds{channel=\"sms\"} 0\n");
}

TEST_CASE("deliveries: what became of the attempts, from the journal's counters") {
  FakeFigures fake;
  Counters& counters = fake.figures.counters;
  count_notification(counters, ChannelKind::sms, NotificationResult::accepted, "OK");
  count_notification(counters, ChannelKind::sms, NotificationResult::accepted, "OK");
  count_notification(counters, ChannelKind::sms, NotificationResult::refused, "isv.BUSINESS_LIMIT_CONTROL");
  observe(counters, counted::kNotificationDelay, 2.5, "sms");
  count(counters, counted::kMaybeTwice, "sms");
  count(counters, counted::kDead, "sms");
  CHECK(fake.samples(deliveries_collector) ==
        "finwatch_notifications_total{channel=\"sms\",result=\"accepted\",code=\"OK\"} 2\n"
        "finwatch_notifications_total{channel=\"sms\",result=\"refused\",code=\"isv.BUSINESS_LIMIT_CONTROL\"} 1\n"
        "finwatch_notification_delay_seconds_bucket{channel=\"sms\",le=\"+Inf\"} 1\n"
        "finwatch_notification_delay_seconds_sum{channel=\"sms\"} 2.5\n"
        "finwatch_notification_delay_seconds_count{channel=\"sms\"} 1\n"
        "finwatch_notifications_maybe_twice_total{channel=\"sms\"} 1\n"
        "finwatch_notifications_dead_total{channel=\"sms\"} 1\n");
  fake.figures.leads = false;
  CHECK(fake.samples(deliveries_collector).empty());
}

}  // namespace finwatch::notifier
