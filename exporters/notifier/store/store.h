// The journal: everything that must survive, on disk before anybody is told that it was accepted.
//
//   Result<std::unique_ptr<Store>> store = Store::open({.sqlite = "/var/lib/finwatch/notifier/journal.db"}, env);
//   Result<Saved> saved = (*store)->load();
//   if (Status status = (*store)->commit(changes); !status) …       // nothing of it is there then
//
// SQLite (WAL, synchronous FULL) on one machine; PostgreSQL when two notifiers share it. The same statements serve both. One
// thread at a time; a reader opens a Store of its own (StoreOptions::reads_only) and sees what is committed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.h"
#include "core/result.h"
#include "notifier/incident/incident.h"
#include "sql/sql.h"

namespace finwatch::notifier {

struct StoreOptions {
  std::string sqlite;                    // path of the file; made with its folder when it is not there
  std::optional<SqlAddress> postgresql;  // wins over sqlite
  std::string instance;                  // our name for the lease: host:port
  bool reads_only = false;
};

/// What one step of the casebook changed. Rows are written as they stand here, over what was there.
struct Changes {
  std::vector<Incident> incidents;
  std::vector<AlertRecord> alerts;
  std::vector<TimelineEntry> timeline;
  std::vector<Delivery> deliveries;
  Counters counters;                   // new values
  std::vector<std::int64_t> consumed;  // sequence numbers of the inbox
  bool empty() const {
    return incidents.empty() && alerts.empty() && timeline.empty() && deliveries.empty() && counters.empty() &&
           consumed.empty();
  }
};

/// What the casebook and the outbox begin with.
struct Saved {
  std::vector<Incident> incidents;   // that are not closed, and those closed since `reopen_since`
  std::vector<AlertRecord> alerts;   // of these; without labels and annotations
  std::vector<Delivery> deliveries;  // queued and sending, and those done in the last 24 h (for caps)
  Counters counters;
  std::int64_t next_incident = 1, next_delivery = 1;
};

/// What another instance accepted, or a page asked for, while it did not lead.
struct Posted {
  std::int64_t sequence = 0;
  WallTime at;
  std::string kind;  // "webhook", "action"
  std::string body;
};

struct IncidentQuery {
  std::optional<bool> open;
  std::string service, fault_class, severity;  // empty: any
  std::optional<WallTime> began_from, began_to;
  std::string search;       // in title, key, alert name, number
  int most = 100;           // newest first
  std::int64_t before = 0;  // only ids below it; 0: all
};

struct DeliveryQuery {
  std::int64_t incident = 0;  // 0: any
  std::optional<DeliveryState> state;
  std::optional<ChannelKind> channel;
  int most = 200;  // newest first
  std::int64_t before = 0;
};

struct StoreSize {
  std::int64_t bytes = 0;
  std::optional<WallTime> oldest;  // entry of the timeline
};

class Store {
 public:
  /// config, permission or unavailable; the tables are made, or brought up to date, where they are not. no_data: reads_only, and
  /// nothing is there yet.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options, const Env& env);
  virtual ~Store() = default;

  // Writing.
  /// All or nothing, on disk when it returns. With PostgreSQL, `permission` when the lease is not ours any more: then, and after
  /// `unavailable`, lead() says how to go on.
  virtual Status commit(const Changes& changes) = 0;
  virtual Result<Saved> load(WallTime reopen_since, WallTime now) = 0;
  /// Into the inbox, on disk when it returns: by an instance that does not lead.
  virtual Status post(std::string_view kind, std::string_view body, WallTime at) = 0;
  virtual Result<std::vector<Posted>> posted(int most) = 0;

  // Leading. With SQLite always ours, by a lock on the file that ends with the process.
  /// Takes or keeps the lease for so long; false while another holds it. The server's own clock decides. true after true means
  /// that nobody else led in between; whoever turns from false to true loads before the first commit.
  virtual Result<bool> lead(std::chrono::milliseconds lease) = 0;
  virtual Status resign() = 0;
  /// The instance that leads; empty when none does.
  virtual Result<std::string> leader() = 0;

  // Reading.
  virtual Result<std::vector<Incident>> incidents(const IncidentQuery& query) = 0;
  virtual Result<std::optional<Incident>> incident(std::int64_t id) = 0;
  virtual Result<std::vector<AlertRecord>> alerts(std::int64_t incident, int most) = 0;  // with labels and annotations
  virtual Result<std::vector<TimelineEntry>> timeline(std::int64_t incident, int most) = 0;
  virtual Result<std::vector<Delivery>> deliveries(const DeliveryQuery& query) = 0;
  virtual Result<StoreSize> size() = 0;

  // Retention.
  /// Closed incidents that ended before `before`, at most so many, with all that belongs to them: first given to `keep` as lines of
  /// JSON (one an incident, everything in it), and removed only after `keep` said that they are safe. How many were removed; 0:
  /// none is left. The oldest first, and less than `most` when 16 MiB of lines are together. After a crash between keeping and
  /// removing they come again: `keep` may see an incident twice.
  virtual Result<int> remove_closed(WallTime before, int most, const std::function<Status(std::string_view lines)>& keep) = 0;
};

}  // namespace finwatch::notifier
