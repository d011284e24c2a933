#include <cerrno>

#include "core/files.h"
#include "host/sources/adjtimex_call.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kSync{MetricType::gauge, "node_timex_sync_status",
                           "Whether the clock is synchronised to a reliable server (1) or not (0), from adjtimex."};
constexpr MetricDesc kOffset{MetricType::gauge, "node_timex_offset_seconds",
                             "Offset between the clock and its reference in seconds, from adjtimex."};
constexpr MetricDesc kFrequency{MetricType::gauge, "node_timex_frequency_adjustment_ratio",
                                "How fast the clock is made to run, 1 for unchanged, from adjtimex."};
constexpr MetricDesc kMaxError{MetricType::gauge, "node_timex_maxerror_seconds",
                               "Largest error of the clock in seconds, from adjtimex."};
constexpr MetricDesc kEstimatedError{MetricType::gauge, "node_timex_estimated_error_seconds",
                                     "Estimated error of the clock in seconds, from adjtimex."};
constexpr MetricDesc kStatus{MetricType::gauge, "node_timex_status", "The STA_ bits of the clock as a number, from adjtimex."};
constexpr MetricDesc kConstant{MetricType::gauge, "node_timex_loop_time_constant",
                               "Time constant of the phase-locked loop, a power of two, from adjtimex."};
constexpr MetricDesc kTick{MetricType::gauge, "node_timex_tick_seconds",
                           "Seconds between two ticks of the clock, from adjtimex."};
constexpr MetricDesc kPpsFrequency{
    MetricType::gauge, "node_timex_pps_frequency_hertz",
    "Frequency of the pulse-per-second signal against the clock, as a ratio to 1 Hz, from adjtimex."};
constexpr MetricDesc kPpsJitter{MetricType::gauge, "node_timex_pps_jitter_seconds",
                                "Jitter of the pulse-per-second signal in seconds, from adjtimex."};
constexpr MetricDesc kPpsShift{
    MetricType::gauge, "node_timex_pps_shift_seconds",
    "Calibration interval of the pulse-per-second signal, a power of two in seconds, from adjtimex."};
constexpr MetricDesc kPpsStability{
    MetricType::gauge, "node_timex_pps_stability_hertz",
    "Mean of recent frequency changes of the pulse-per-second signal, as a ratio to 1 Hz, from adjtimex."};
constexpr MetricDesc kPpsJitterCount{MetricType::counter, "node_timex_pps_jitter_total",
                                     "How often the jitter of the pulse-per-second signal was too large, from adjtimex."};
constexpr MetricDesc kPpsCalibrations{MetricType::counter, "node_timex_pps_calibration_total",
                                      "Calibration intervals of the pulse-per-second signal, from adjtimex."};
constexpr MetricDesc kPpsErrors{MetricType::counter, "node_timex_pps_error_total",
                                "Calibration errors of the pulse-per-second signal, from adjtimex."};
constexpr MetricDesc kPpsUnstable{MetricType::counter, "node_timex_pps_stability_exceeded_total",
                                  "How often the pulse-per-second signal was too unstable, from adjtimex."};
constexpr MetricDesc kTai{
    MetricType::gauge, "node_timex_tai_offset_seconds",
    "How far International Atomic Time is ahead of UTC in seconds, 0 when nobody told the kernel, from adjtimex."};
constexpr MetricRef kMetrics[] = {
    kSync,      kOffset,   kFrequency,    kMaxError,       kEstimatedError,  kStatus,    kConstant,    kTick, kPpsFrequency,
    kPpsJitter, kPpsShift, kPpsStability, kPpsJitterCount, kPpsCalibrations, kPpsErrors, kPpsUnstable, kTai};

constexpr double kMicroseconds = 1e6;
constexpr double kNanoseconds = 1e9;
constexpr double kFraction = 1e6 * 65536;  // frequencies: parts in a million, 16 bits behind the point

class Timex final : public Collector {
 public:
  explicit Timex(const Env& env) : call_(env.shared<AdjtimexCall>()) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    timex kernel{};
    const int state = (*call_)(kernel);
    if (state < 0) {
      // A container whose profile forbids the call has no such source, which is nothing to complain about.
      const bool forbidden = errno == EPERM || errno == EACCES || errno == ENOSYS;
      return forbidden ? Error{Errc::no_data, {}} : error_from_errno(errno, "adjtimex");
    }
    const double divisor = (kernel.status & STA_NANO) != 0 ? kNanoseconds : kMicroseconds;
    const auto in = [](long value, double unit) { return static_cast<double>(value) / unit; };
    sink.add(kSync, state != TIME_ERROR);
    sink.add(kOffset, in(kernel.offset, divisor));
    sink.add(kFrequency, 1 + in(kernel.freq, kFraction));
    sink.add(kMaxError, in(kernel.maxerror, kMicroseconds));
    sink.add(kEstimatedError, in(kernel.esterror, kMicroseconds));
    sink.add(kStatus, kernel.status);
    sink.add(kConstant, kernel.constant);
    sink.add(kTick, in(kernel.tick, kMicroseconds));
    sink.add(kPpsFrequency, in(kernel.ppsfreq, kFraction));
    sink.add(kPpsJitter, in(kernel.jitter, divisor));
    sink.add(kPpsShift, kernel.shift);
    sink.add(kPpsStability, in(kernel.stabil, kFraction));
    sink.add(kPpsJitterCount, kernel.jitcnt);
    sink.add(kPpsCalibrations, kernel.calcnt);
    sink.add(kPpsErrors, kernel.errcnt);
    sink.add(kPpsUnstable, kernel.stbcnt);
    sink.add(kTai, kernel.tai);
    return ok();
  }

 private:
  const std::shared_ptr<AdjtimexCall> call_;
};

}  // namespace

extern const CollectorInfo timex_collector{
    .name = "timex",
    .summary = "The kernel's clock: synchronised or not, offset, errors, frequency, pulse per second, from adjtimex.",
    .metrics = kMetrics,
    .make = make_collector<Timex>,
};

}  // namespace finwatch::host
