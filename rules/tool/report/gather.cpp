#include "rules/tool/report/gather.h"

namespace finwatch::rules {

std::string window_of(const Stretch& stretch) {
  return std::to_string(std::chrono::milliseconds(stretch.to - stretch.from).count() - 1) + "ms";
}

std::string escaped_label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::optional<double> ClockFigures::within(double seconds) const {
  for (const auto& [limit, incidents] : buckets)
    if (limit == seconds) return incidents;
  return std::nullopt;
}

Result<Figures> gather(const Contract& contract, const Period& period, Prometheus& prometheus) {
  Figures figures;
  figures.period = period;
  const Gathering gathering{contract, period, prometheus};
  for (const auto part : {gather_availability, gather_outages, gather_closes, gather_incidents})
    if (Status status = part(gathering, figures); !status) return status.error();
  if (!figures.incidents)
    if (Status status = gather_firings(gathering, figures); !status) return status.error();
  reckon_costs(gathering, figures);
  figures.warnings = prometheus.warnings();
  return figures;
}

}  // namespace finwatch::rules
