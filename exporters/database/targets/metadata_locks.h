// MySQL's and MariaDB's metadata locks: who waits for whom, from the locks that are held and those that are asked for.
//
//   const MetadataLock locks[] = {{.object = "nc.voucher", .pid = 11, .mode = "SHARED_WRITE", .pending = false},
//                                 {.object = "nc.voucher", .pid = 12, .mode = "EXCLUSIVE", .pending = true}};
//   metadata_edges(locks);                          // 12 waits for 11
//
// The servers tell the locks and not the conflicts; those are the tables of sql/mdl.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "database/collector.h"
#include "database/targets/lock_chain.h"

namespace finwatch::database {

struct MetadataLock {
  std::string object;  // kind and name, as one text
  std::int64_t pid = 0;
  std::string mode;  // LOCK_TYPE of performance_schema.metadata_locks
  bool pending = false;
};

/// A session that asks waits for those that hold what it cannot share, and for the exclusive ones that asked for the object too.
std::vector<LockEdge> metadata_edges(std::span<const MetadataLock> locks);

constexpr std::int64_t kUnknownHolder = -1;  // somebody holds it, and this server does not say who

/// Who waits for whom, and for which table.
struct LockWaits {
  using Tables = std::map<std::int64_t, std::string>;

  std::vector<LockEdge> edges;
  Tables tables;  // by waiter

  /// Rows of waiter, blocker and, when there is a third column, table.
  void add(const SqlTable& rows);
  /// The second columns of two rows; the table is the third of the waiter's.
  void add(const SqlTable& rows, std::size_t waiter, std::size_t blocker);
  static std::optional<std::int64_t> id(const SqlTable& rows, std::size_t row, std::size_t column);
};

/// Adds the waits for metadata locks; a waiter of MariaDB's whose holder is not told waits for kUnknownHolder.
Status ask_metadata_waits(Session& session, LockWaits& waits);

}  // namespace finwatch::database
