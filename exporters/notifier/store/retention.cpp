// How old incidents leave the journal: read, given away, and only then removed.
#include <algorithm>

#include "notifier/store/archive.h"
#include "notifier/store/journal.h"
#include "notifier/store/queries.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;  // of lines at once; the next call takes the rest

std::string of_incident(std::int64_t id, std::string_view order) {
  return " WHERE incident = " + std::to_string(id) + " ORDER BY " + std::string(order);
}

void append_removal(std::string& out, std::string_view table, std::string_view column,
                    const std::vector<std::int64_t>& numbers) {
  if (numbers.empty()) return;
  out.append("DELETE FROM ")
      .append(table)
      .append(" WHERE ")
      .append(column)
      .append(" IN (")
      .append(sql_list(numbers))
      .append(");\n");
}

// The highest number that was ever given stays known.
void append_last(std::string& out, const std::string& table, const std::string& name) {
  const std::string highest = "(SELECT MAX(id) FROM " + table + ")";
  out += "UPDATE meta SET value = " + highest + " WHERE name = '" + name + "' AND value < " + highest + ";\n";
}

}  // namespace

struct Journal::Old {
  std::string lines;
  std::vector<std::int64_t> incidents;

  std::string removal() const {
    std::string text;
    append_last(text, "incidents", "last_incident");
    append_last(text, "deliveries", "last_delivery");
    for (const std::string_view table : {"alerts", "timeline", "deliveries"})
      append_removal(text, table, "incident", incidents);
    append_removal(text, "incidents", "id", incidents);
    return text;
  }
};

Status Journal::add_incident(const Incident& incident, Old& old) {
  const std::int64_t id = incident.id;
  const auto alerts =
      select<AlertRecord>("SELECT " + columns_of<AlertRecord>() + " FROM alerts" + of_incident(id, "starts, fingerprint"));
  if (!alerts) return alerts.error();
  const auto timeline =
      select<TimelineEntry>("SELECT " + columns_of<TimelineEntry>() + " FROM timeline" + of_incident(id, "sequence"));
  if (!timeline) return timeline.error();
  const auto deliveries = select<Delivery>("SELECT " + columns_of<Delivery>() + " FROM deliveries" + of_incident(id, "id"));
  if (!deliveries) return deliveries.error();
  old.incidents.push_back(id);
  old.lines += archive_line(incident, *alerts, *timeline, *deliveries) + '\n';
  return ok();
}

Result<Journal::Old> Journal::collect_old(WallTime before, int most) {
  const Reading reading(*database_);
  if (!reading.begun) return reading.begun.error();
  const Result<std::vector<Incident>> closed =
      select<Incident>("SELECT " + columns_of<Incident>() + " FROM incidents WHERE state = 'closed' AND closed < " +
                       sql_time(before) + " ORDER BY closed, id LIMIT " + limit_of(most));
  if (!closed) return closed.error();
  Old old;
  for (const Incident& incident : *closed) {
    if (old.lines.size() >= kMostBytes) break;
    if (Status status = add_incident(incident, old); !status) return status.error();
  }
  rows_.clear();
  return old;
}

Result<int> Journal::remove_closed(WallTime before, int most, const std::function<Status(std::string_view lines)>& keep) {
  if (Status status = may_write(); !status) return status.error();
  if (lease_ && !lease_->leads()) return {Errc::permission, "only the instance that leads removes what is old"};
  const Result<Old> old = collect_old(before, most);
  if (!old) return old.error();
  if (old->lines.empty()) return 0;
  if (Status kept = keep(old->lines); !kept) return kept.error();
  if (Status removed = write(old->removal()); !removed) return removed.error();
  return static_cast<int>(old->incidents.size());
}

}  // namespace finwatch::notifier
