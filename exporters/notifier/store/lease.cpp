#include "notifier/store/lease.h"

#include "core/text.h"
#include "notifier/store/sql_text.h"

namespace finwatch::notifier {
namespace {

std::string from_now(std::chrono::milliseconds time) {
  return "clock_timestamp() + INTERVAL '" + std::to_string(time.count()) + " milliseconds'";
}

}  // namespace

std::string Lease::ours() const { return "holder = " + sql_text(instance_) + " AND epoch = " + std::to_string(epoch_); }

Result<bool> Lease::lead(std::chrono::milliseconds time) {
  if (epoch_ != 0) return renew(time);
  if (std::exchange(gave_up_, false)) return false;
  return take(time);
}

Result<bool> Lease::renew(std::chrono::milliseconds time) {
  SqlTable rows;
  const Status status =
      database_.query("UPDATE lease SET until = " + from_now(time) + " WHERE " + ours() + " RETURNING epoch", rows);
  if (!status) return status.error();
  if (rows.rows() == 0) epoch_ = 0;
  return epoch_ != 0;
}

Result<bool> Lease::take(std::chrono::milliseconds time) {
  const std::string me = sql_text(instance_);
  SqlTable rows;
  const Status status = database_.query(
      "UPDATE lease SET holder = " + me + ", epoch = epoch + 1, commits = 0, until = " + from_now(time) +
          " WHERE holder = '' OR until <= clock_timestamp()" + (heir_ ? " OR holder = " + me : "") + " RETURNING epoch",
      rows);
  if (!status) return status.error();
  if (rows.rows() == 0) return false;
  epoch_ = to_number<std::int64_t>(rows.text(0, 0)).value_or(0);
  commits_ = 0;
  heir_ = false;
  return true;
}

Status Lease::resign() {
  if (epoch_ == 0) return ok();
  const Status status = database_.execute("UPDATE lease SET holder = '', until = '-infinity' WHERE " + ours());
  if (status) epoch_ = 0;
  return status;
}

Result<std::string> Lease::leader() {
  SqlTable rows;
  const Status status = database_.query("SELECT holder FROM lease WHERE until > clock_timestamp()", rows);
  if (!status) return status.error();
  return rows.rows() == 0 ? std::string() : std::string(rows.text(0, 0));
}

Status Lease::write(const std::string& statements) {
  if (epoch_ == 0) return {Errc::permission, "this instance does not lead, so it does not write the journal"};
  Status status = ok();
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::int64_t number = ++commits_;
    status = database_.write("SELECT fence(" + sql_text(instance_) + ", " + std::to_string(epoch_) + ", " +
                             std::to_string(number) + ");\n" + statements);
    if (status || !database_.in_doubt()) return status;
    const Fate fate = settle(number);
    if (fate == Fate::there) return ok();
    if (fate == Fate::not_known) {
      epoch_ = 0;
      heir_ = gave_up_ = true;
      return {Errc::unavailable,
              status.error().message + "; whether this commit is on disk is not known, so the lease is given up"};
    }
  }
  return status;
}

// The server may have got the lost write only in part, or still be at it: then this waits for the row. Where nothing of it is
// there, a new epoch makes sure that nothing will be.
Lease::Fate Lease::settle(std::int64_t number) {
  SqlTable rows;
  const Status status = database_.query("UPDATE lease SET epoch = CASE WHEN commits = " + std::to_string(number) +
                                            " THEN epoch ELSE epoch + 1 END WHERE " + ours() + " RETURNING epoch",
                                        rows);
  const auto epoch = status && rows.rows() == 1 ? to_number<std::int64_t>(rows.text(0, 0)) : std::nullopt;
  if (!epoch) return Fate::not_known;
  const bool there = *epoch == epoch_;
  epoch_ = *epoch;
  return there ? Fate::there : Fate::not_there;
}

}  // namespace finwatch::notifier
