// finwatch report: what was kept of the contract in a month or a year, out of Prometheus.
#include <algorithm>
#include <cstdio>

#include "conf/words.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/text.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/command/prometheus.h"
#include "rules/tool/report/document.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kMonth{FlagKind::text, "month", "",
                          "The month to report, such as 2026-11; the last one that is over when nothing is given."};
constexpr FlagSpec kYear{FlagKind::text, "year", "", "The year to report, such as 2026."};
constexpr FlagSpec kFormat{FlagKind::text, "format", "markdown,csv,html", "What to write, parted by commas."};
constexpr FlagSpec kOutput{FlagKind::text, "output", "reports", "The folder that the reports are written into."};
constexpr FlagSpec kTimeout{FlagKind::duration, "timeout", "60s", "How long Prometheus may take for one question."};
constexpr FlagSpec kAt{FlagKind::text, "at", "",
                       "As if it were that time, such as 2026-11-15T09:00 by the organisation's clock."};

struct Format {
  std::string_view name, ending;
};
constexpr Format kFormats[] = {{"markdown", "md"}, {"csv", "csv"}, {"html", "html"}};

Result<std::vector<Format>> read_formats(std::string_view text) {
  std::vector<Format> formats;
  std::vector<std::string_view> names;
  for (const Format& format : kFormats) names.push_back(format.name);
  for (FieldReader reader(text, ','); !reader.rest().empty();) {
    const std::string_view name = trim(reader.next());
    const auto known =
        std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& one) { return one.name == name; });
    if (known == std::end(kFormats))
      return {Errc::config,
              "--format: expected markdown, csv and html, found '" + valid_utf8(name) + "'" + did_you_mean(name, names)};
    formats.push_back(*known);
  }
  if (formats.empty()) return {Errc::config, "--format: expected at least one of markdown, csv and html"};
  return formats;
}

Result<Period> read_period(const Flags& flags, const Contract& contract) {
  const Result<Zone> zone = Zone::find(contract.time_zone);
  if (!zone)
    return Error{Errc::config,
                 std::string(flags.text(kContractFlag.name)) + ": organisation.time_zone: " + zone.error().message};
  Moment now = std::chrono::floor<std::chrono::seconds>(SystemClock().wall());
  if (flags.given(kAt.name)) {
    const auto at = parse_local_time(flags.text(kAt.name));
    if (!at)
      return {Errc::config, "--at: expected a time such as 2026-11-15T09:00, found '" + valid_utf8(flags.text(kAt.name)) + "'"};
    now = std::chrono::floor<std::chrono::seconds>(zone->instant(*at));
  }
  const std::string_view month = flags.text(kMonth.name), year = flags.text(kYear.name);
  if (!month.empty() && !year.empty()) return {Errc::config, "--month and --year: give one of them"};
  const std::string asked(!month.empty() ? month : !year.empty() ? year : std::string_view());
  if ((!month.empty() && month.size() != 7) || (!year.empty() && year.size() != 4))
    return {Errc::config, !month.empty() ? "--month: expected a month such as 2026-11, found '" + valid_utf8(month) + "'"
                                         : "--year: expected a year such as 2026, found '" + valid_utf8(year) + "'"};
  Result<Period> period = period_of(asked.empty() ? last_month(*zone, now) : asked, *zone, now);
  if (!period) return Error{period.error().code, (year.empty() ? "--month: " : "--year: ") + period.error().message};
  return period;
}

std::string text_of(const Format& format, const Contract& contract, const Figures& figures, Language language) {
  if (format.name == "csv") return to_csv(contract, figures, language);
  const Document document = compose(contract, figures, language);
  return format.name == "html" ? to_html(document) : to_markdown(document);
}

Status write_all(const Flags& flags, const std::vector<Format>& formats, const Contract& contract, const Figures& figures) {
  for (const Language language : {Language::zh, Language::en}) {
    const std::string name(to_string(language));
    if (std::find(contract.languages.begin(), contract.languages.end(), name) == contract.languages.end()) continue;
    for (const Format& format : formats) {
      const std::string path =
          std::string(flags.text(kOutput.name)) + "/sla-" + figures.period.id + "." + name + "." + std::string(format.ending);
      if (Status status = write_whole(path, text_of(format, contract, figures, language)); !status) return status;
      std::printf("wrote %s\n", path.c_str());
    }
  }
  return ok();
}

int run(const Flags& flags) {
  const Result<Contract> contract = load_contract(std::string(flags.text(kContractFlag.name)));
  if (!contract) return complain(contract.error());
  const Result<std::vector<Format>> formats = read_formats(flags.text(kFormat.name));
  if (!formats) return complain(formats.error());
  const Result<Period> period = read_period(flags, *contract);
  if (!period) return complain(period.error());
  Result<HttpPrometheus> prometheus =
      open_prometheus(flags, std::chrono::ceil<std::chrono::milliseconds>(flags.duration(kTimeout.name)));
  if (!prometheus) return complain(prometheus.error());
  const Result<Figures> figures = gather(*contract, *period, *prometheus);
  if (!figures) return complain(figures.error());
  if (Status status = write_all(flags, *formats, *contract, *figures); !status) return complain(status.error());
  for (const std::string& warning : figures->warnings)
    std::fprintf(stderr, "finwatch: Prometheus warns: %s\n", warning.c_str());
  return 0;
}

}  // namespace

const Command kReportCommand{
    "report",
    "say what was kept of the contract in a month or a year, as Markdown, CSV and a page with plots",
    {kContractFlag, kMonth, kYear, kFormat, kOutput, kUrlFlag, kUserFlag, kPasswordFlag, kBearerFlag, kCaFlag, kTimeout, kAt},
    run};

}  // namespace finwatch::rules
