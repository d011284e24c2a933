#include <algorithm>
#include <bit>
#include <charconv>
#include <vector>

#include "host/sources/chrony_client.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kLeap{MetricType::stateset, "finwatch_chrony_leap_status",
                           "Whether the clock is synchronised, and whether a leap second is to come, from chronyd's tracking.",
                           "status"};
constexpr MetricDesc kReference{MetricType::info, "finwatch_chrony_reference_info",
                                "What the clock is synchronised to, 7F7F0101 for the machine itself, from chronyd's tracking.",
                                "address", "id"};
constexpr MetricDesc kStratum{MetricType::gauge, "finwatch_chrony_stratum",
                              "Hops to a reference clock; none while not synchronised, from chronyd's tracking."};
constexpr MetricDesc kUpdated{
    MetricType::gauge, "finwatch_chrony_last_update_timestamp_seconds",
    "When a measurement of the reference last came in, in seconds since 1970, from chronyd's tracking."};
constexpr MetricDesc kUpdateInterval{MetricType::gauge, "finwatch_chrony_update_interval_seconds",
                                     "Seconds between the last two updates, from chronyd's tracking."};
constexpr MetricDesc kOffset{
    MetricType::gauge, "finwatch_chrony_system_offset_seconds",
    "How far the system clock is ahead of the time that chronyd holds to be true, in seconds, from its tracking."};
constexpr MetricDesc kLastOffset{
    MetricType::gauge, "finwatch_chrony_last_offset_seconds",
    "How far the clock was ahead of its sources at the last update, in seconds, from chronyd's tracking."};
constexpr MetricDesc kRmsOffset{MetricType::gauge, "finwatch_chrony_rms_offset_seconds",
                                "Long-term root mean square of the offset in seconds, from chronyd's tracking."};
constexpr MetricDesc kFrequency{MetricType::gauge, "finwatch_chrony_frequency_ratio",
                                "By how much the uncorrected clock would run fast, in parts of one, from chronyd's tracking."};
constexpr MetricDesc kResidual{
    MetricType::gauge, "finwatch_chrony_residual_frequency_ratio",
    "Frequency that the reference shows beyond what is in use, in parts of one, from chronyd's tracking."};
constexpr MetricDesc kSkew{MetricType::gauge, "finwatch_chrony_skew_ratio",
                           "Error bound of the frequency, in parts of one, from chronyd's tracking."};
constexpr MetricDesc kRootDelay{MetricType::gauge, "finwatch_chrony_root_delay_seconds",
                                "Delay of the network on the way to the reference clock in seconds, from chronyd's tracking."};
constexpr MetricDesc kRootDispersion{MetricType::gauge, "finwatch_chrony_root_dispersion_seconds",
                                     "Error gathered on the way to the reference clock in seconds, from chronyd's tracking."};
constexpr MetricDesc kSources{MetricType::gauge, "finwatch_chrony_sources",
                              "Servers and peers by state, from chronyd's activity.", "state"};
constexpr MetricDesc kSelection{MetricType::stateset, "finwatch_chrony_source_state",
                                "What chronyd makes of a source, from its source data.", "source", "state"};
constexpr MetricDesc kReached{MetricType::gauge, "finwatch_chrony_source_reachability_ratio",
                              "Share of the last eight polls that the source answered, from chronyd's source data.", "source"};
constexpr MetricDesc kSourceStratum{MetricType::gauge, "finwatch_chrony_source_stratum",
                                    "Hops from the source to a reference clock, from chronyd's source data.", "source"};
constexpr MetricDesc kAge{MetricType::gauge, "finwatch_chrony_source_last_sample_age_seconds",
                          "Seconds since the last good sample of the source, from chronyd's source data.", "source"};
constexpr MetricDesc kSourceOffset{
    MetricType::gauge, "finwatch_chrony_source_offset_seconds",
    "How far the clock is ahead of the source by its last sample, in seconds, from chronyd's source data.", "source"};
constexpr MetricDesc kSourceError{MetricType::gauge, "finwatch_chrony_source_error_seconds",
                                  "Margin of error of the source's last sample in seconds, from chronyd's source data.",
                                  "source"};
constexpr MetricRef kMetrics[] = {kLeap,           kReference,  kStratum,   kUpdated,  kUpdateInterval, kOffset,
                                  kLastOffset,     kRmsOffset,  kFrequency, kResidual, kSkew,           kRootDelay,
                                  kRootDispersion, kSources,    kSelection, kReached,  kSourceStratum,  kAge,
                                  kSourceOffset,   kSourceError};

constexpr std::string_view kAddress = "collector.chrony.address";
constexpr std::string_view kTimeout = "collector.chrony.timeout";
constexpr FlagSpec kFlags[] = {
    {FlagKind::text, kAddress, "127.0.0.1:323", "Where chronyd takes commands: HOST:PORT, or unix:PATH for its socket."},
    {FlagKind::duration, kTimeout, "200ms", "Longest time in seconds for all questions of one scrape."},
};

constexpr std::string_view kLeaps[] = {"normal", "insert", "delete", "unsynchronised"};
constexpr std::string_view kSelections[] = {"selected", "unusable", "falseticker", "variable", "combined", "not_combined"};
constexpr std::uint32_t kMostSources = 64;

class Chrony final : public Collector {
 public:
  Chrony(ChronyClient client, std::chrono::nanoseconds timeout) : client_(std::move(client)), timeout_(timeout) {}

  static MadeCollector make(const Env& env, const Settings& settings) {
    Result<ChronyClient> client = ChronyClient::make(settings.text(kAddress), env);
    if (!client) return Error{Errc::config, std::string(kAddress) + ": " + client.error().message};
    return std::unique_ptr<Collector>(std::make_unique<Chrony>(std::move(*client), settings.duration(kTimeout)));
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const auto now = std::chrono::steady_clock::now();
    const SteadyTime deadline = std::min(scrape.deadline, now + std::chrono::duration_cast<SteadyTime::duration>(timeout_));
    const Result<ChronyTracking> tracking = client_.tracking(deadline);
    if (!tracking) return tracking.error();
    write(*tracking, sink);
    const Result<ChronyActivity> activity = client_.activity(deadline);
    if (activity)
      write(*activity, sink);
    else if (!tolerable(activity.error()))
      return activity.error();
    if (Status status = ask_sources(deadline); !status && !tolerable(status.error())) return status;
    write_sources(sink);
    return ok();
  }

 private:
  /// An administrator may open the commands one by one: what is refused is left out.
  static bool tolerable(const Error& error) { return error.code == Errc::permission; }

  static void write(const ChronyTracking& tracking, MetricSink& sink) {
    sink.family(kLeap).add_states(kLeaps, kLeaps[static_cast<std::size_t>(tracking.leap)]);
    if (tracking.reference_id != 0) {
      char id[9] = "00000000";
      char digits[8];
      const auto end = std::to_chars(digits, digits + sizeof digits, tracking.reference_id, 16).ptr;
      std::transform(digits, end, id + 8 - (end - digits),
                     [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
      sink.family(kReference).add(true, tracking.reference.view(), std::string_view(id, 8));
      sink.add(kStratum, tracking.stratum);
      sink.add(kUpdated, tracking.updated);
      sink.add(kUpdateInterval, tracking.update_interval);
      sink.add(kLastOffset, tracking.last_offset);
      sink.add(kRmsOffset, tracking.rms_offset);
      sink.add(kRootDelay, tracking.root_delay);
      sink.add(kRootDispersion, tracking.root_dispersion);
    }
    sink.add(kOffset, -tracking.correction);
    sink.add(kFrequency, tracking.frequency);
    sink.add(kResidual, tracking.residual_frequency);
    sink.add(kSkew, tracking.skew);
  }

  static void write(const ChronyActivity& activity, MetricSink& sink) {
    sink.family(kSources)
        .add(activity.online, "online")
        .add(activity.offline, "offline")
        .add(activity.burst_online, "burst_online")
        .add(activity.burst_offline, "burst_offline")
        .add(activity.unresolved, "unresolved");
  }

  Status ask_sources(SteadyTime deadline) {
    sources_.clear();
    const Result<std::uint32_t> count = client_.count_sources(deadline);
    if (!count) return count.error();
    for (std::uint32_t i = 0; i < std::min(*count, kMostSources); ++i) {
      const Result<ChronySource> source = client_.source(i, deadline);
      // A source may go between being counted and being asked for.
      if (!source && source.error().code == Errc::unavailable) continue;
      if (!source) return source.error();
      const auto same = [&](const ChronySource& other) { return other.name == source->name; };
      if (!source->name.view().empty() && std::none_of(sources_.begin(), sources_.end(), same)) sources_.push_back(*source);
    }
    return ok();
  }

  void write_sources(MetricSink& sink) {
    {
      auto family = sink.family(kSelection);
      for (const ChronySource& source : sources_)
        family.add_states(kSelections, kSelections[static_cast<std::size_t>(source.selection)], source.name.view());
    }
    {
      auto family = sink.family(kReached);
      for (const ChronySource& source : sources_) family.add(std::popcount(source.reached) / 8.0, source.name.view());
    }
    // Before its first sample a source has none of the others.
    const auto each = [&](const MetricDesc<1>& desc, auto value) {
      auto family = sink.family(desc);
      for (const ChronySource& source : sources_)
        if (source.age) family.add(value(source), source.name.view());
    };
    each(kSourceStratum, [](const ChronySource& source) { return source.stratum; });
    each(kAge, [](const ChronySource& source) { return *source.age; });
    each(kSourceOffset, [](const ChronySource& source) { return source.offset; });
    each(kSourceError, [](const ChronySource& source) { return source.error; });
  }

  ChronyClient client_;
  const std::chrono::nanoseconds timeout_;
  std::vector<ChronySource> sources_;
};

}  // namespace

extern const CollectorInfo chrony_collector{
    .name = "chrony",
    .summary = "Time synchronisation as chronyd sees it: offset, stratum, errors, sources, over its command protocol.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = Chrony::make,
};

}  // namespace finwatch::host
