#include "notifier/store/schema.h"

#include <algorithm>

#include "core/text.h"

namespace finwatch::notifier {
namespace {

// Times are nanoseconds since 1970, states are their names, lists are JSON.
constexpr std::string_view kVersion1 = R"(
CREATE TABLE incidents (
  id BIGINT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL, service TEXT NOT NULL, fault_class TEXT NOT NULL, severity TEXT NOT NULL, area TEXT NOT NULL,
  alertname TEXT NOT NULL, runbook TEXT NOT NULL, place TEXT NOT NULL, title_zh TEXT NOT NULL, title_en TEXT NOT NULL,
  state TEXT NOT NULL, outcome TEXT NOT NULL,
  began BIGINT NOT NULL, received BIGINT NOT NULL,
  acknowledged BIGINT, diagnosed BIGINT, resolved BIGINT, verified BIGINT, closed BIGINT,
  acknowledged_by TEXT NOT NULL, assigned TEXT NOT NULL, diagnosis TEXT NOT NULL,
  merged_into BIGINT NOT NULL, reopened BIGINT NOT NULL, firing BIGINT NOT NULL, alert_count BIGINT NOT NULL,
  rests TEXT NOT NULL, escalation_began BIGINT NOT NULL, next_step BIGINT NOT NULL, told_levels BIGINT NOT NULL,
  refired BIGINT,
  changed BIGINT NOT NULL);
CREATE INDEX incidents_open ON incidents (id) WHERE state <> 'closed';
CREATE INDEX incidents_closed ON incidents (closed) WHERE closed IS NOT NULL;
CREATE INDEX incidents_began ON incidents (began);

CREATE TABLE alerts (
  fingerprint TEXT NOT NULL, starts BIGINT NOT NULL, incident BIGINT NOT NULL, firing SMALLINT NOT NULL,
  ended BIGINT, seen BIGINT NOT NULL, alertname TEXT NOT NULL, severity TEXT NOT NULL, fault_class TEXT NOT NULL,
  labels TEXT NOT NULL, annotations TEXT NOT NULL, generator_url TEXT NOT NULL,
  PRIMARY KEY (fingerprint, starts));
CREATE INDEX alerts_incident ON alerts (incident);

CREATE TABLE timeline (
  sequence $sequence, incident BIGINT NOT NULL, at BIGINT NOT NULL,
  kind TEXT NOT NULL, actor TEXT NOT NULL, channel TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX timeline_incident ON timeline (incident, sequence);

CREATE TABLE deliveries (
  id BIGINT NOT NULL PRIMARY KEY, incident BIGINT NOT NULL, purpose TEXT NOT NULL, step BIGINT NOT NULL,
  channel TEXT NOT NULL, person TEXT NOT NULL, mention TEXT NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL,
  created BIGINT NOT NULL, next BIGINT NOT NULL, sent BIGINT, done BIGINT,
  code TEXT NOT NULL, note TEXT NOT NULL, provider_id TEXT NOT NULL,
  fallback_of BIGINT NOT NULL, carried_by BIGINT NOT NULL, maybe_twice SMALLINT NOT NULL);
CREATE INDEX deliveries_incident ON deliveries (incident);
CREATE INDEX deliveries_state ON deliveries (state, id);
CREATE INDEX deliveries_done ON deliveries (done) WHERE done IS NOT NULL;

CREATE TABLE counters (
  family TEXT NOT NULL, labels TEXT NOT NULL, value DOUBLE PRECISION NOT NULL, PRIMARY KEY (family, labels));

CREATE TABLE inbox (sequence $sequence, at BIGINT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);

CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO meta (name, value) VALUES ('version', 0), ('last_incident', 0), ('last_delivery', 0);
)";

// What stands in the timeline stays as it was written.
constexpr std::string_view kVersion1Sqlite = R"(
CREATE TRIGGER timeline_stays BEFORE UPDATE ON timeline
BEGIN SELECT RAISE(ABORT, 'the timeline is never changed'); END;
)";

// The lease of the one that leads. fence() stands at the beginning of every commit: it locks the row, and leaves a number by which
// a commit is known whose answer got lost.
constexpr std::string_view kVersion1Postgresql = R"(
CREATE FUNCTION timeline_stays() RETURNS TRIGGER LANGUAGE plpgsql AS
$body$ BEGIN RAISE EXCEPTION 'the timeline is never changed'; END $body$;
CREATE TRIGGER timeline_stays BEFORE UPDATE ON timeline FOR EACH ROW EXECUTE PROCEDURE timeline_stays();

CREATE TABLE lease (
  id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1), holder TEXT NOT NULL, epoch BIGINT NOT NULL, commits BIGINT NOT NULL,
  until TIMESTAMPTZ NOT NULL);
INSERT INTO lease (id, holder, epoch, commits, until) VALUES (1, '', 0, 0, '-infinity');

CREATE FUNCTION fence(me TEXT, mine BIGINT, number BIGINT) RETURNS VOID LANGUAGE plpgsql AS
$body$
BEGIN
  UPDATE lease SET commits = number WHERE holder = me AND epoch = mine AND until > clock_timestamp();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the lease is not ours any more' USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$body$;
)";

constexpr Migration kMigrations[] = {{kVersion1, kVersion1Sqlite, kVersion1Postgresql}};

std::string text_of(const Migration& step, Dialect dialect) {
  const bool sqlite = dialect == Dialect::sqlite;
  std::string text(step.both);
  const std::string_view mark = "$sequence";
  const std::string_view type =
      sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT" : "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += type.size())
    text.replace(at, mark.size(), type);
  return text.append(sqlite ? step.sqlite : step.postgresql);
}

constexpr std::string_view kTablesOfSqlite =
    "SELECT COUNT(*), COUNT(CASE WHEN name = 'meta' THEN 1 END) FROM sqlite_master WHERE type = 'table'";
constexpr std::string_view kTablesOfPostgresql =
    "SELECT COUNT(*), COUNT(CASE WHEN relname = 'meta' THEN 1 END) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = "
    "relnamespace "
    "WHERE relkind = 'r' AND nspname = current_schema()";

// 0 when there are no tables.
Result<std::int64_t> version_of(Database& database) {
  SqlTable rows;
  const std::string tables(database.dialect() == Dialect::sqlite ? kTablesOfSqlite : kTablesOfPostgresql);
  if (Status status = database.query(tables, rows); !status) return status.error();
  if (rows.text(0, 0) == "0") return 0;
  if (rows.text(0, 1) != "0") {
    if (Status status = database.query("SELECT value FROM meta WHERE name = 'version'", rows); !status) return status.error();
    const auto version = rows.rows() == 1 ? to_number<std::int64_t>(rows.text(0, 0)) : std::nullopt;
    if (version && *version > 0) return *version;
  }
  return {Errc::config, "the store holds tables that are no journal of finwatch-notifier; give the journal a place of its own"};
}

Error newer(std::int64_t found, std::size_t known) {
  return {Errc::config, "the journal is of version " + std::to_string(found) +
                            ", and this finwatch-notifier knows none above " + std::to_string(known) +
                            "; start the newer finwatch-notifier that wrote it"};
}

Status upgrade_inside(Database& database, std::span<const Migration> steps) {
  // Two notifiers that start together: the second waits, and finds everything done.
  if (database.dialect() == Dialect::postgresql)
    if (Status locked = database.execute("SELECT pg_advisory_xact_lock(1718185591, 1)"); !locked) return locked;
  const Result<std::int64_t> found = version_of(database);
  if (!found) return found.error();
  if (*found > static_cast<std::int64_t>(steps.size())) return newer(*found, steps.size());
  for (auto version = static_cast<std::size_t>(*found); version < steps.size(); ++version) {
    const std::string next = std::to_string(version + 1);
    const std::string text =
        text_of(steps[version], database.dialect()) + "UPDATE meta SET value = " + next + " WHERE name = 'version';";
    if (Status status = database.execute(text); !status)
      return {status.error().code, "the journal cannot be brought to version " + next + ": " + status.error().message};
  }
  return ok();
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Status upgrade(Database& database, std::span<const Migration> steps) {
  const Result<std::int64_t> found = version_of(database);
  if (!found) return found.error();
  if (*found == static_cast<std::int64_t>(steps.size())) return ok();
  if (Status status = database.begin(Access::write); !status) return status;
  Status status = upgrade_inside(database, steps);
  if (status) status = database.commit();
  if (!status) database.rollback();
  return status;
}

Status check_version(Database& database, std::span<const Migration> steps) {
  const Result<std::int64_t> found = version_of(database);
  if (!found) return found.error();
  if (*found == 0) return {Errc::no_data, "there is no journal yet; start finwatch-notifier first"};
  const auto known = static_cast<std::int64_t>(steps.size());
  if (*found > known) return newer(*found, steps.size());
  if (*found < known)
    return {Errc::config, "the journal is of the older version " + std::to_string(*found) +
                              "; start finwatch-notifier, which brings it up to date"};
  return ok();
}

}  // namespace finwatch::notifier
