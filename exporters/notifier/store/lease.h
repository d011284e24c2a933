// Who of two notifiers on one PostgreSQL leads: a row that is held for a while and must be held again, by the server's own clock.
//
//   Lease lease(database, "host1:19605");
//   Result<bool> leads = lease.lead(std::chrono::seconds{15});         // takes it, or keeps it
//   if (Status status = lease.write(statements); !status) …            // permission: it is not ours any more, nothing is there
//
// Every take-over has a number of its own, the epoch. A write says epoch and holder in its own transaction, with the row locked:
// what an old leader had still to say is refused, however late it comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "notifier/store/database.h"

namespace finwatch::notifier {

class Lease {
 public:
  Lease(Database& database, std::string instance) : database_(database), instance_(std::move(instance)) {}

  /// true after true: nobody else led in between. After one that was lost comes one false, also when it is free again, so that
  /// nobody goes on with what he knew before.
  Result<bool> lead(std::chrono::milliseconds time);
  Status resign();
  Result<std::string> leader();
  /// As far as we know.
  bool leads() const { return epoch_ != 0; }

  /// As Database::write(), while we lead. When the answer got lost with the session it is found out what became of it, and said
  /// once more if nothing did. Where that cannot be known (unavailable), the lease is given up.
  Status write(const std::string& statements);

 private:
  enum class Fate : unsigned char { there, not_there, not_known };
  Fate settle(std::int64_t number);
  Result<bool> renew(std::chrono::milliseconds time);
  Result<bool> take(std::chrono::milliseconds time);
  std::string ours() const;

  Database& database_;
  const std::string instance_;
  std::int64_t epoch_ = 0;    // 0: we do not lead
  std::int64_t commits_ = 0;  // of this epoch, the ones that failed too
  bool heir_ = true;  // a lease in our name may be taken at once: it is of the process before us, or one that we gave up
  bool gave_up_ = false;
};

}  // namespace finwatch::notifier
