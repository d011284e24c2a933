#include "notifier/store/store.h"

#include <algorithm>
#include <chrono>

#include "notifier/store/disk.h"
#include "notifier/store/journal.h"
#include "notifier/store/queries.h"
#include "notifier/store/schema.h"

namespace finwatch::notifier {
namespace {

constexpr std::chrono::hours kDeliveriesFor{24};

std::string select_of(std::string_view columns, std::string_view table, const std::string& rest) {
  return std::string("SELECT ").append(columns).append(" FROM ").append(table).append(rest);
}

Result<std::int64_t> one_number(Database& database, const std::string& statement, SqlTable& rows) {
  if (Status status = database.query(statement, rows); !status) return status.error();
  return rows.rows() == 0 ? 0 : to_number<std::int64_t>(rows.text(0, 0)).value_or(0);
}

// No number comes again, also not that of an incident that was removed.
std::string next_of(const std::string& table, const std::string& last) {
  return "SELECT MAX(n) + 1 FROM (SELECT COALESCE(MAX(id), 0) AS n FROM " + table +
         " UNION ALL SELECT value FROM meta WHERE name = '" + last + "') AS numbers";
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, const Env&) {
  const Access access = options.reads_only ? Access::read : Access::write;
  if (!options.postgresql && options.sqlite.empty())
    return {Errc::config, "store: name a file (store.sqlite) or a server (store.postgresql)"};
  Result<std::unique_ptr<Database>> database =
      options.postgresql ? open_postgres({.address = *options.postgresql, .access = access})
                         : open_sqlite({.path = options.sqlite, .instance = options.instance, .access = access});
  if (!database) return database.error();
  return open_journal(std::move(*database), options);
}

Result<std::unique_ptr<Store>> open_journal(std::unique_ptr<Database> database, const StoreOptions& options) {
  if (database->dialect() == Dialect::postgresql && options.instance.empty() && !options.reads_only)
    return {Errc::config, "store: an instance that shares PostgreSQL needs a name of its own (host:port)"};
  if (Status status = options.reads_only ? check_version(*database) : upgrade(*database); !status) return status.error();
  return std::unique_ptr<Store>(std::make_unique<Journal>(std::move(database), options));
}

Journal::Journal(std::unique_ptr<Database> database, const StoreOptions& options)
    : database_(std::move(database)),
      instance_(options.instance),
      lock_(lock_path(options.sqlite)),
      reads_only_(options.reads_only) {
  if (database_->dialect() == Dialect::postgresql) lease_.emplace(*database_, options.instance);
}

Status Journal::may_write() const {
  return reads_only_ ? Status{Errc::internal, "this journal was opened to be read only"} : ok();
}

Status Journal::write(const std::string& statements) {
  if (Status status = may_write(); !status) return status;
  return lease_ ? lease_->write(statements) : database_->write(statements);
}

Status Journal::commit(const Changes& changes) {
  if (changes.empty()) return ok();
  std::string text;
  append_rows(text, changes.incidents);
  append_rows(text, changes.alerts);
  append_rows(text, changes.timeline);
  append_rows(text, changes.deliveries);
  std::vector<CounterRow> counters;
  for (const auto& [key, value] : changes.counters) counters.push_back({key.first, key.second, value});
  append_rows(text, counters);
  if (!changes.consumed.empty()) text += "DELETE FROM inbox WHERE sequence IN (" + sql_list(changes.consumed) + ");\n";
  return write(text);
}

Result<Saved> Journal::load(WallTime reopen_since, WallTime now) {
  const Reading reading(*database_);
  if (!reading.begun) return reading.begun.error();
  const std::string wanted = " WHERE state <> 'closed' OR closed >= " + sql_time(reopen_since);

  Result<std::vector<Incident>> incidents =
      select<Incident>(select_of(columns_of<Incident>(), "incidents", wanted + " ORDER BY id"));
  if (!incidents) return incidents.error();
  Result<std::vector<AlertRecord>> alerts = select<AlertRecord>(
      select_of(columns_of<AlertRecord>(Documents::leave), "alerts",
                " WHERE incident IN (SELECT id FROM incidents" + wanted + ") ORDER BY incident, starts, fingerprint"));
  if (!alerts) return alerts.error();
  Result<std::vector<Delivery>> deliveries = select<Delivery>(
      select_of(columns_of<Delivery>(), "deliveries",
                " WHERE state IN ('queued', 'sending') OR done >= " + sql_time(now - kDeliveriesFor) + " ORDER BY id"));
  if (!deliveries) return deliveries.error();
  const Result<std::vector<CounterRow>> counters = select<CounterRow>(select_of(columns_of<CounterRow>(), "counters", ""));
  if (!counters) return counters.error();
  const Result<std::int64_t> next_incident = one_number(*database_, next_of("incidents", "last_incident"), rows_);
  if (!next_incident) return next_incident.error();
  const Result<std::int64_t> next_delivery = one_number(*database_, next_of("deliveries", "last_delivery"), rows_);
  if (!next_delivery) return next_delivery.error();
  rows_.clear();

  Saved saved{.incidents = std::move(*incidents),
              .alerts = std::move(*alerts),
              .deliveries = std::move(*deliveries),
              .next_incident = *next_incident,
              .next_delivery = *next_delivery};
  for (const CounterRow& row : *counters) saved.counters[{row.family, row.labels}] = row.value;
  return saved;
}

Status Journal::post(std::string_view kind, std::string_view body, WallTime at) {
  if (Status status = may_write(); !status) return status;
  std::string text;
  append_rows(text, std::vector<Posted>{{.at = at, .kind = std::string(kind), .body = std::string(body)}});
  return database_->write(text);
}

Result<std::vector<Posted>> Journal::posted(int most) {
  return select<Posted>(select_of(columns_of<Posted>(), "inbox", " ORDER BY sequence LIMIT " + limit_of(most)));
}

Result<bool> Journal::lead(std::chrono::milliseconds lease) {
  if (Status status = may_write(); !status) return status.error();
  return lease_ ? lease_->lead(lease) : true;
}

Status Journal::resign() { return lease_ ? lease_->resign() : ok(); }

Result<std::string> Journal::leader() { return lease_ ? lease_->leader() : FileLock::holder(lock_); }

Result<std::vector<Incident>> Journal::incidents(const IncidentQuery& query) {
  return select<Incident>(select_incidents(query, database_->dialect()));
}

Result<std::optional<Incident>> Journal::incident(std::int64_t id) {
  Result<std::vector<Incident>> found =
      select<Incident>(select_of(columns_of<Incident>(), "incidents", " WHERE id = " + std::to_string(id)));
  if (!found) return found.error();
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<std::vector<AlertRecord>> Journal::alerts(std::int64_t incident, int most) {
  return select<AlertRecord>(select_of(columns_of<AlertRecord>(), "alerts",
                                       " WHERE incident = " + std::to_string(incident) +
                                           " ORDER BY firing DESC, starts DESC, fingerprint LIMIT " + limit_of(most)));
}

Result<std::vector<TimelineEntry>> Journal::timeline(std::int64_t incident, int most) {
  Result<std::vector<TimelineEntry>> newest_first = select<TimelineEntry>(
      select_of(columns_of<TimelineEntry>(), "timeline",
                " WHERE incident = " + std::to_string(incident) + " ORDER BY sequence DESC LIMIT " + limit_of(most)));
  if (newest_first) std::reverse(newest_first->begin(), newest_first->end());
  return newest_first;
}

Result<std::vector<Delivery>> Journal::deliveries(const DeliveryQuery& query) {
  return select<Delivery>(select_deliveries(query));
}

Result<StoreSize> Journal::size() {
  const Result<std::int64_t> bytes = database_->bytes();
  if (!bytes) return bytes.error();
  StoreSize size{.bytes = *bytes};
  const Result<std::vector<TimelineEntry>> first =
      select<TimelineEntry>(select_of(columns_of<TimelineEntry>(), "timeline", " ORDER BY sequence LIMIT 1"));
  if (!first) return first.error();
  if (!first->empty()) size.oldest = first->front().at;
  return size;
}

}  // namespace finwatch::notifier
