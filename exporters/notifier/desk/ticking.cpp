#include "notifier/desk/ticking.h"

#include "core/base64.h"
#include "crypto/crypto.h"

namespace finwatch::notifier {
namespace {

// The names and shares of the levels are those of clock_bars() and ClockReading::level(). The difference of two readings of one
// clock is right however wrong the clock is, and after the machine slept.
constexpr std::string_view kTicking = R"(
(() => {
  const begun = Date.now(), levels = ['quiet-clock', 'half', 'late', 'breached'];
  const two = number => String(Math.floor(number)).padStart(2, '0');
  const tick = () => {
    const gone = Math.max(0, Math.floor((Date.now() - begun) / 1000));
    for (const clock of document.querySelectorAll('.clocks [data-left]')) {
      const { limit, left, steady } = clock.dataset, { leftSays, overSays } = clock.parentNode.dataset;
      const now = left - Math.min(gone, steady), share = (limit - now) / limit, length = Math.abs(now);
      clock.className = levels[share >= 1 ? 3 : share >= .8 ? 2 : share >= .5 ? 1 : 0];
      clock.querySelector('progress').value = Math.min(1000, 1000 * share);
      clock.querySelector('b').textContent = (now > 0 ? leftSays : overSays)
        .replace('{}', Math.floor(length / 3600) + ':' + two(length / 60 % 60) + ':' + two(length % 60));
    }
  };
  tick();
  setInterval(tick, 1000);
})();
)";

}  // namespace

const std::string& ticking_script() {
  static const std::string script = "<script>" + std::string(kTicking) + "</script>\n";
  return script;
}

const std::string& ticking_source() {
  static const std::string source = [] {
    const Result<std::string> sum = digest(Hash::sha256, kTicking);
    return sum ? "'sha256-" + to_base64(*sum) + "'" : std::string("'none'");
  }();
  return source;
}

}  // namespace finwatch::notifier
