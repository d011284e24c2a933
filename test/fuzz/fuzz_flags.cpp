// The command line: any words are taken or refused with a sentence, and what was taken is what its kind promises.
#include <string>
#include <vector>

#include "conf/flags.h"
#include "core/text.h"
#include "fuzz/fuzz.h"

using namespace finwatch;
using fuzz::require;

namespace {

constexpr FlagSpec kSpecs[] = {
    {FlagKind::text, "web.telemetry-path", "/metrics", "Where the page is."},
    {FlagKind::boolean, "collector.arp", "true", "Whether arp is shown."},
    {FlagKind::boolean, "collector.disable-defaults", "false", "Start with no collector."},
    {FlagKind::integer, "web.max-requests", "40", "How many at once."},
    {FlagKind::duration, "scrape.timeout", "10s", "How long a scrape may take."},
    {FlagKind::regexp, "collector.arp.device-exclude", "", "Devices to leave out."},
    {FlagKind::list, "web.listen-address", ":19600", "Where to listen."},
    {FlagKind::text, "catalogue", "", "Write the catalogue.", true, "json"},
};

}  // namespace

// The words stand behind one another, each ended by a zero byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<const char*> words;
  for (std::size_t start = 0; start < text.size();
       start = text.find('\0', start) == std::string::npos ? text.size() : text.find('\0', start) + 1)
    words.push_back(text.c_str() + start);
  Flags flags({std::begin(kSpecs), std::end(kSpecs)});
  if (const Status status = flags.parse(words); !status) {
    require(status.error().code == Errc::config, "a bad command line is an error of the configuration");
    require(!status.error().message.empty(), "an error says what is wrong");
    require(utf8_prefix(status.error().message) == status.error().message.size(), "an error is UTF-8");
    return 0;
  }
  for (const FlagSpec& spec : kSpecs) {
    require(spec.kind == FlagKind::list || check_flag_value(spec.kind, spec.name, flags.text(spec.name)),
            "a value of its kind");
    if (spec.kind == FlagKind::list) require(!flags.list(spec.name).empty(), "a list with its default");
  }
  require(flags.duration("scrape.timeout").count() >= 0, "a length of time is not negative");
  flags.integer("web.max-requests");
  return 0;
}
