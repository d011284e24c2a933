#include "notifier/desk/csv.h"

#include <cmath>

#include "core/text.h"
#include "notifier/desk/api.h"
#include "notifier/desk/figures.h"
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostRows = 1000;     // of a page from the store
constexpr int kMostTable = 50'000;  // of all

std::string when(const View& view, const std::optional<WallTime>& time) {
  return time ? wall_text(*time, view.contract().zone) : std::string();
}

WebAnswer csv_answer(const View& view, const std::string& name, Csv csv) {
  WebAnswer answer{.content_type = "text/csv; charset=utf-8; header=present",
                   .body = csv.take(),
                   .headers = {{"Content-Disposition", "attachment; filename=\"" + name + "\""}}};
  add_headers(view, answer);
  return answer;
}

// Page after page from the store, until `most` rows or its end.
template <class Query, class Ask, class Row>
Status all_rows(Query query, int most, Ask ask, Row row) {
  for (int rows = 0; rows < most;) {
    query.most = std::min(kMostRows, most - rows);
    auto found = ask(query);
    if (!found) return found.error();
    for (auto& each : *found) row(each);
    rows += static_cast<int>(found->size());
    if (found->size() < static_cast<std::size_t>(query.most)) return ok();
    query.before = found->back().id;
  }
  return ok();
}

int table_limit(const View& view, int asked) { return view.visit.query("limit").empty() ? kMostTable : asked; }

std::string percent_text(const ClockFigures& clock) {
  const auto percent = clock.kept_percent();
  if (!percent) return {};
  const auto hundredths = std::llround(*percent * 100);
  const std::string digits = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (digits.size() == 1 ? "0" : "") + digits;
}

std::string minutes_text(const std::optional<nanoseconds>& length) {
  return length ? std::to_string(std::chrono::round<std::chrono::minutes>(*length).count()) : std::string();
}

}  // namespace

std::string csv_cell(std::string_view text) {
  std::string cell = valid_utf8(text);
  if (!cell.empty() && std::string_view("=+-@\t\r\n").find(cell.front()) != std::string_view::npos) cell.insert(0, "'");
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted.append(c == '"' ? 2U : 1U, c);
  return quoted + "\"";
}

Csv::Csv(const std::vector<std::string>& heading) : text_("\xEF\xBB\xBF") { row(heading); }

void Csv::row(const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) text_ += (i == 0 ? "" : ",") + csv_cell(cells[i]);
  text_ += "\r\n";
}

Result<WebAnswer> incidents_csv(View& view) {
  const Result<IncidentQuery> query = incident_query(view, kMostRows);
  if (!query) return query.error();
  Csv csv({"number",
           "state",
           "outcome",
           "service",
           "fault_class",
           "severity",
           "title_zh",
           "title_en",
           "where",
           "alertname",
           "began",
           "received",
           "acknowledged",
           "acknowledged_by",
           "diagnosed",
           "diagnosis",
           "resolved",
           "verified",
           "closed",
           "assigned",
           "reopened",
           "alerts",
           "answer_minutes",
           "answer_kept",
           "first_diagnosis_minutes",
           "first_diagnosis_kept",
           "solve_minutes",
           "solve_kept"});
  const auto row = [&](Incident& found) {
    const Sheet sheet = sheet_of(view.contract(), std::move(found), view.now);
    const Incident& incident = sheet.incident;
    std::vector<std::string> cells = {incident.number(),
                                      std::string(to_string(incident.state)),
                                      std::string(to_string(incident.outcome)),
                                      incident.service,
                                      incident.fault_class,
                                      incident.severity,
                                      incident.title.zh,
                                      incident.title.en,
                                      incident.where,
                                      incident.alertname,
                                      when(view, incident.began),
                                      when(view, incident.received),
                                      when(view, incident.acknowledged),
                                      incident.acknowledged_by,
                                      when(view, incident.diagnosed),
                                      incident.diagnosis,
                                      when(view, incident.resolved),
                                      when(view, incident.verified),
                                      when(view, incident.closed),
                                      incident.assigned,
                                      std::to_string(incident.reopened),
                                      std::to_string(incident.alerts)};
    for (std::size_t kind = 0; kind < kClockNames.size(); ++kind) {
      std::string minutes, kept;
      for (const ClockReading& clock : sheet.clocks)
        if (index(clock.kind) == kind) {
          minutes = minutes_text(clock.used);
          kept = clock.breached() ? "no" : clock.stopped ? "yes" : "";
        }
      cells.push_back(minutes);
      cells.push_back(kept);
    }
    csv.row(cells);
  };
  const Status status = all_rows(
      *query, table_limit(view, query->most), [&](const IncidentQuery& q) { return view.store->incidents(q); }, row);
  if (!status) return status.error();
  return csv_answer(view, "incidents.csv", std::move(csv));
}

Result<WebAnswer> deliveries_csv(View& view) {
  const Result<DeliveryQuery> query = delivery_query(view, kMostRows);
  if (!query) return query.error();
  Csv csv({"id", "incident", "purpose", "step", "channel", "person", "mention", "state", "attempts", "created", "sent", "done",
           "code", "note", "provider_id"});
  const auto row = [&](const Delivery& delivery) {
    std::string mention;
    for (const std::string& person : delivery.mention) mention += (mention.empty() ? "" : " ") + person;
    csv.row({std::to_string(delivery.id), "INC-" + std::to_string(delivery.incident), std::string(to_string(delivery.purpose)),
             delivery.step < 0 ? "" : std::to_string(delivery.step + 1), std::string(to_string(delivery.channel)),
             delivery.person, mention, std::string(to_string(delivery.state)), std::to_string(delivery.attempts),
             when(view, delivery.created), when(view, delivery.sent), when(view, delivery.done), delivery.code, delivery.note,
             delivery.provider_id});
  };
  const Status status = all_rows(
      *query, table_limit(view, query->most), [&](const DeliveryQuery& q) { return view.store->deliveries(q); }, row);
  if (!status) return status.error();
  return csv_answer(view, "deliveries.csv", std::move(csv));
}

Result<WebAnswer> figures_csv(View& view) {
  const Result<Month> month = named_month(view);
  if (!month) return month.error();
  const Result<MonthFigures> figures = month_figures(*view.store, view.contract(), *month, view.now);
  if (!figures) return figures.error();
  Csv csv({"month", "figure", "of", "clock", "value"});
  const std::string name = to_text(*month);
  const auto add = [&](const char* figure, std::string_view of, std::string_view clock, std::string value) {
    csv.row({name, figure, std::string(of), std::string(clock), std::move(value)});
  };
  add("incidents", "all", "", std::to_string(figures->incidents));
  for (const auto& [id, count] : figures->by_class) add("incidents_of_class", id, "", std::to_string(count));
  for (const auto& [id, count] : figures->by_service) add("incidents_of_service", id, "", std::to_string(count));
  for (const auto& [id, count] : figures->by_severity) add("incidents_of_severity", id, "", std::to_string(count));
  for (std::size_t i = 0; i < figures->by_outcome.size(); ++i)
    add("incidents_of_outcome", kOutcomeNames[i], "", std::to_string(figures->by_outcome[i]));
  for (const auto& [id, clocks] : figures->clocks_by_class)
    for (std::size_t i = 0; i < clocks.size(); ++i) {
      add("kept", id, kClockNames[i], std::to_string(clocks[i].kept));
      add("breached", id, kClockNames[i], std::to_string(clocks[i].breached));
      add("kept_percent", id, kClockNames[i], percent_text(clocks[i]));
      add("mean_minutes", id, kClockNames[i], minutes_text(clocks[i].mean()));
      add("median_minutes", id, kClockNames[i], minutes_text(clocks[i].median()));
    }
  add("reopened", "all", "", std::to_string(figures->reopened));
  add("solved", "all", "", std::to_string(figures->solved));
  add("solved_at_once", "all", "", std::to_string(figures->solved_at_once));
  for (const auto& [channel, states] : figures->deliveries)
    for (std::size_t i = 0; i < states.size(); ++i)
      add(("deliveries_" + std::string(kDeliveryStateNames[i])).c_str(), to_string(channel), "", std::to_string(states[i]));
  return csv_answer(view, "figures-" + name + ".csv", std::move(csv));
}

}  // namespace finwatch::notifier
