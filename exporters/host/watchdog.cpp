#include <array>
#include <optional>
#include <string>
#include <vector>

#include "host/sources/device_class.h"
#include "host/sources/firmware_text.h"
#include "host/sources/sensor_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

struct Number {
  std::string_view file;  // in /sys/class/watchdog/*
  MetricDesc<1> desc;
};
constexpr Number kNumbers[] = {
    {"access_cs0",
     {MetricType::gauge, "node_watchdog_access_cs0", "1 when the machine started from its first flash chip, from access_cs0.",
      "name"}},
    {"bootstatus",
     {MetricType::gauge, "node_watchdog_bootstatus",
      "Why the machine started last, WDIOF_* bits (32: the watchdog), from bootstatus.", "name"}},
    {"fw_version",
     {MetricType::gauge, "node_watchdog_fw_version", "Version of the watchdog's firmware, from fw_version.", "name"}},
    {"nowayout",
     {MetricType::gauge, "node_watchdog_nowayout", "1 when the watchdog cannot be stopped once it runs, from nowayout.",
      "name"}},
    {"pretimeout",
     {MetricType::gauge, "node_watchdog_pretimeout_seconds", "Seconds before the reset at which it warns, from pretimeout.",
      "name"}},
    {"timeleft",
     {MetricType::gauge, "node_watchdog_timeleft_seconds",
      "Seconds until it resets the machine unless somebody calls, from timeleft.", "name"}},
    {"timeout",
     {MetricType::gauge, "node_watchdog_timeout_seconds",
      "Seconds without a call after which it resets the machine, from timeout.", "name"}},
};
constexpr std::size_t kCount = std::size(kNumbers);
constexpr MetricDesc kInfo{MetricType::info,
                           "node_watchdog_info",
                           "The watchdog and its state, value is always 1, from /sys/class/watchdog.",
                           "identity",
                           "name",
                           "options",
                           "pretimeout_governor",
                           "state",
                           "status"};

constexpr auto kMetrics = [] {
  std::array<MetricRef, kCount + 1> all{kInfo};
  for (std::size_t i = 0; i < kCount; ++i) all[i + 1] = kNumbers[i].desc;
  return all;
}();

struct Dog {
  Dog(std::string its_name, const std::string& folder)
      : name(std::move(its_name)),
        identity(firmware_attribute(folder + "identity")),
        options(firmware_attribute(folder + "options")),
        governor(folder + "pretimeout_governor"),
        state(folder + "state"),
        status(folder + "status") {
    for (std::size_t i = 0; i < kCount; ++i)
      if (std::string path = folder + std::string(kNumbers[i].file); is_file(path)) numbers[i].emplace(std::move(path));
  }

  std::string name, identity, options;  // stay the same
  SensorFile governor, state, status;   // do not
  std::array<std::optional<SensorFile>, kCount> numbers;
};

class Watchdog final : public Collector {
 public:
  explicit Watchdog(const Env& env) : class_(env, "class/watchdog") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) {
      dogs_.clear();
      for (const std::string& name : class_.names()) dogs_.emplace_back(name, class_.path(name));
    }
    {
      auto family = sink.family(kInfo);
      for (Dog& dog : dogs_)
        family.add(1, dog.identity, dog.name, dog.options, dog.governor.text(governor_), dog.state.text(state_),
                   dog.status.text(status_));
    }
    for (std::size_t i = 0; i < kCount; ++i) {
      auto family = sink.family(kNumbers[i].desc);
      for (Dog& dog : dogs_)
        if (dog.numbers[i])
          if (const auto value = dog.numbers[i]->number<std::int64_t>(room_)) family.add(*value, dog.name);
    }
    return ok();
  }

 private:
  DeviceClass class_;
  std::vector<Dog> dogs_;
  Buffer room_;
  Buffer governor_, state_, status_;
};

}  // namespace

extern const CollectorInfo watchdog_collector{
    .name = "watchdog",
    .summary = "Hardware watchdogs, whether they run and how long they wait, from /sys/class/watchdog.",
    .metrics = kMetrics,
    .make = make_collector<Watchdog>,
};

}  // namespace finwatch::host
