// The Store over a Database, whichever it is.
//
//   Result<std::unique_ptr<Store>> store = open_journal(std::move(*database), {.instance = "host1:19605"});
//
// Store::open() is this after open_sqlite() or open_postgres(); tests put a database of their own in between.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "notifier/store/database.h"
#include "notifier/store/lease.h"
#include "notifier/store/rows.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

class Journal final : public Store {
 public:
  Journal(std::unique_ptr<Database> database, const StoreOptions& options);

  Status commit(const Changes& changes) override;
  Result<Saved> load(WallTime reopen_since, WallTime now) override;
  Status post(std::string_view kind, std::string_view body, WallTime at) override;
  Result<std::vector<Posted>> posted(int most) override;

  Result<bool> lead(std::chrono::milliseconds lease) override;
  Status resign() override;
  Result<std::string> leader() override;

  Result<std::vector<Incident>> incidents(const IncidentQuery& query) override;
  Result<std::optional<Incident>> incident(std::int64_t id) override;
  Result<std::vector<AlertRecord>> alerts(std::int64_t incident, int most) override;
  Result<std::vector<TimelineEntry>> timeline(std::int64_t incident, int most) override;
  Result<std::vector<Delivery>> deliveries(const DeliveryQuery& query) override;
  Result<StoreSize> size() override;

  Result<int> remove_closed(WallTime before, int most, const std::function<Status(std::string_view lines)>& keep) override;

 private:
  struct Old;  // what remove_closed() takes away

  /// By the leader: all or nothing.
  Status write(const std::string& statements);
  Status may_write() const;
  Result<Old> collect_old(WallTime before, int most);
  Status add_incident(const Incident& incident, Old& old);

  template <class T>
  Result<std::vector<T>> select(const std::string& statement) {
    if (Status status = database_->query(statement, rows_); !status) return status.error();
    return read_rows<T>(rows_);
  }

  const std::unique_ptr<Database> database_;
  const std::string instance_, lock_;  // lock_: the file beside the one of SQLite
  const bool reads_only_;
  std::optional<Lease> lease_;  // of PostgreSQL
  SqlTable rows_;
};

/// A transaction in which everything stands as at its beginning; over when it goes.
class Reading {
 public:
  explicit Reading(Database& database) : database_(database), begun(database.begin(Access::read)) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    if (begun) database_.rollback();
  }

 private:
  Database& database_;

 public:
  const Status begun;
};

/// Makes the tables, or brings them up to date; when it only reads, looks whether they are ours.
Result<std::unique_ptr<Store>> open_journal(std::unique_ptr<Database> database, const StoreOptions& options);

}  // namespace finwatch::notifier
