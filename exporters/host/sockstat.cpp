#include <unistd.h>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/names.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kUsed{MetricType::gauge, "node_sockstat_sockets_used",
                           "Sockets of all protocols in use, from /proc/net/sockstat."};
constexpr MetricDesc kField{
    MetricType::gauge, "node_sockstat_*",
    "Sockets of one protocol by kind (mem counts pages, memory and mem_bytes bytes), from /proc/net/sockstat and sockstat6."};
constexpr MetricRef kMetrics[] = {kUsed, kField};

class SocketStatistics final : public Collector {
 public:
  explicit SocketStatistics(const Env& env)
      : file_(env.proc("net/sockstat")), file6_(env.proc("net/sockstat6")), page_size_(::sysconf(_SC_PAGESIZE)) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    const Result<std::string_view> text6 = file6_.read();
    // Either may be missing: a kernel without IPv6, or one without IPv4.
    if (!text && (text.error().code != Errc::no_data || !text6)) return text.error();
    if (!text6 && text6.error().code != Errc::no_data) return text6.error();
    names_.begin();
    const std::size_t before = sink.series();
    if (text) parse(*text, sink);
    if (text6) parse(*text6, sink);
    if (sink.series() == before) return {Errc::malformed, file_.path() + ": expected lines like \"TCP: inuse 5\""};
    return ok();
  }

 private:
  void parse(std::string_view text, MetricSink& sink) {
    for (LineReader lines(text); const auto line = lines.next();) {
      FieldReader fields(*line);
      std::string_view protocol = fields.next();
      if (!protocol.ends_with(':')) continue;
      protocol.remove_suffix(1);
      while (!fields.done()) {
        const std::string_view key = fields.next();
        if (const auto value = fields.next_number<std::int64_t>()) add(protocol, key, *value, sink);
      }
    }
  }

  void add(std::string_view protocol, std::string_view key, std::int64_t value, MetricSink& sink) {
    if (protocol == "sockets") {
      // Its name goes through the same book as all others, so that a file with two such lines makes one family.
      if (key == "used" && !names_.next(protocol, key).empty()) sink.add(kUsed, value);
      return;
    }
    write(names_.next(protocol, key), value, sink);
    if (key == "mem") write(names_.next(protocol, "mem_bytes"), value * page_size_, sink);
  }

  static void write(std::string_view name, std::int64_t value, MetricSink& sink) {
    if (!name.empty()) sink.family(kField, name).add(value);
  }

  KeptFile file_;
  KeptFile file6_;
  std::int64_t page_size_;
  FamilyNames names_{"node_sockstat_"};
};

}  // namespace

extern const CollectorInfo sockstat_collector{
    .name = "sockstat",
    .summary = "Sockets in use by protocol, from /proc/net/sockstat and sockstat6.",
    .metrics = kMetrics,
    .make = make_collector<SocketStatistics>,
};

}  // namespace finwatch::host
