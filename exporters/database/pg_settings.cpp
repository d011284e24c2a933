#include <algorithm>
#include <optional>
#include <string>

#include "core/text.h"
#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kSetting{Established{}, MetricType::gauge, "pg_settings_*",
                              "A setting that is a number or a switch, in seconds or bytes, from pg_settings.", "target"};
constexpr MetricDesc kStatic{
    Established{}, MetricType::unknown, "pg_static",    "The server's version, from version() and server_version_num.",
    "target",      "version",           "short_version"};
constexpr MetricRef kMetrics[] = {kSetting, kStatic};

constexpr std::string_view kSql = R"(
SELECT name, setting, coalesce(unit, ''), vartype FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real') ORDER BY name)";

struct Unit {
  std::string_view name;  // what the family's name ends in
  double factor;
};

// "8kB" is eight times "kB".
std::optional<Unit> unit_named(std::string_view text) {
  constexpr struct {
    std::string_view name;
    Unit unit;
  } kUnits[] = {{"us", {"seconds", 1e-6}},
                {"ms", {"seconds", 1e-3}},
                {"s", {"seconds", 1}},
                {"min", {"seconds", 60}},
                {"h", {"seconds", 3600}},
                {"d", {"seconds", 86400}},
                {"B", {"bytes", 1}},
                {"kB", {"bytes", 1024}},
                {"MB", {"bytes", 1 << 20}},
                {"GB", {"bytes", 1 << 30}},
                {"TB", {"bytes", 1024.0 * (1 << 30)}}};
  if (text.empty()) return Unit{"", 1};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const double times = digits == 0 ? 1 : to_number<double>(text.substr(0, digits)).value_or(1);
  for (const auto& [name, unit] : kUnits)
    if (text.substr(digits) == name) return Unit{unit.name, unit.factor * times};
  return {};
}

// 150004 is "15.4.0".
std::string short_version(int version) {
  return std::to_string(version / 10000) + "." + std::to_string(version % 10000) + ".0";
}

class PgSettings final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = session.query(kSql); !status) return status;
    const SqlTable& rows = session.rows();
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto unit = rows.text(row, 3) == "bool" ? Unit{"", 1} : unit_named(rows.text(row, 2));
      const auto value = rows.number(row, 1);
      if (!unit || !value) continue;
      std::string name = "pg_settings_" + std::string(rows.text(row, 0));
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
      if (!unit->name.empty()) name.append("_").append(unit->name);
      // -1 means off, none or unknown, and is no time and no size.
      page.established(kSetting, name).add(*value == -1 ? -1 : *value * unit->factor);
    }
    if (Status status = session.query("SELECT version()"); !status) return status;
    page.established(kStatic).add(1, session.rows().text(0, 0), short_version(session.version()));
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector pg_settings_collector{
    .info = {.name = "pg_settings",
             .summary = "The numeric settings in base units and the version, under the names of postgres_exporter.",
             .metrics = kMetrics},
    .lane = Lane::medium,
    .engines = kPostgresql,
    .make = make_reader<PgSettings>};

}  // namespace finwatch::database
