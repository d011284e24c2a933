#include "database/targets/metadata_locks.h"

#include <algorithm>
#include <array>

namespace finwatch::database {
namespace {

// Every lock on an object that somebody waits for. MariaDB fills the table only when wait/lock/metadata/sql/mdl is switched on.
constexpr std::string_view kMetadataLocks = R"(
SELECT CONCAT_WS('.', l.OBJECT_TYPE, l.OBJECT_SCHEMA, l.OBJECT_NAME), t.PROCESSLIST_ID, l.LOCK_TYPE, l.LOCK_STATUS = 'PENDING',
       CONCAT_WS('.', l.OBJECT_SCHEMA, l.OBJECT_NAME)
  FROM (SELECT DISTINCT OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME
          FROM performance_schema.metadata_locks WHERE LOCK_STATUS = 'PENDING') p
  JOIN performance_schema.metadata_locks l ON l.OBJECT_TYPE = p.OBJECT_TYPE AND l.OBJECT_SCHEMA <=> p.OBJECT_SCHEMA
                                          AND l.OBJECT_NAME <=> p.OBJECT_NAME AND l.LOCK_STATUS IN ('GRANTED', 'PENDING')
  JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID
 WHERE t.PROCESSLIST_ID IS NOT NULL LIMIT 3000)";
constexpr std::string_view kMariadbMetadataWaiters = R"(
SELECT ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for % lock')";
// The plugin METADATA_LOCK_INFO tells the locks that are held. What is waited for it does not say: a table that the statement names.
constexpr std::string_view kMariadbMetadataHolders = R"(
SELECT p.ID, m.THREAD_ID, CONCAT_WS('.', m.TABLE_SCHEMA, m.TABLE_NAME)
  FROM information_schema.PROCESSLIST p
  JOIN information_schema.METADATA_LOCK_INFO m
    ON m.THREAD_ID <> p.ID AND m.LOCK_TYPE = 'Table metadata lock' AND LOCATE(m.TABLE_NAME, p.INFO) > 0
 WHERE p.STATE LIKE 'Waiting for % metadata lock' LIMIT 20000)";

constexpr std::array<std::string_view, 10> kModes = {"SHARED",           "SHARED_HIGH_PRIO",      "SHARED_READ",
                                                     "SHARED_WRITE",     "SHARED_WRITE_LOW_PRIO", "SHARED_UPGRADABLE",
                                                     "SHARED_READ_ONLY", "SHARED_NO_WRITE",       "SHARED_NO_READ_WRITE",
                                                     "EXCLUSIVE"};

// What is asked for, a line each, against what is held (first) and what others ask for (second), in the order above: '-' waits.
struct Row {
  std::string_view held, asked;
};
constexpr std::array<Row, 10> kConflicts = {{{"+++++++++-", "+++++++++-"},
                                             {"+++++++++-", "++++++++++"},
                                             {"++++++++--", "++++++++--"},
                                             {"++++++----", "+++++++---"},
                                             {"++++++----", "++++++----"},
                                             {"+++++-+---", "+++++++++-"},
                                             {"+++--+++--", "+++-++++--"},
                                             {"+++---+---", "+++++++++-"},
                                             {"++--------", "+++++++++-"},
                                             {"----------", "++++++++++"}}};

// A lock whose mode was looked up once: there may be thousands on one object.
struct Ranked {
  const MetadataLock* lock;
  std::size_t mode;
};

Ranked ranked(const MetadataLock& lock) {
  return {&lock, static_cast<std::size_t>(std::find(kModes.begin(), kModes.end(), lock.mode) - kModes.begin())};
}

bool waits(const Ranked& asks, const Ranked& other) {
  if (asks.mode < kModes.size() && other.mode < kModes.size())
    return (other.lock->pending ? kConflicts[asks.mode].asked : kConflicts[asks.mode].held)[other.mode] == '-';
  // Of whole schemas and of the server: intentions share with one another, readers (FLUSH TABLES WITH READ LOCK) too.
  const bool alike = asks.lock->mode == other.lock->mode && asks.lock->mode != "EXCLUSIVE";
  return other.lock->pending ? asks.lock->mode == "INTENTION_EXCLUSIVE" && !alike : !alike;
}

}  // namespace

std::vector<LockEdge> metadata_edges(std::span<const MetadataLock> locks) {
  std::vector<Ranked> sorted;
  sorted.reserve(locks.size());
  for (const MetadataLock& lock : locks) sorted.push_back(ranked(lock));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Ranked& a, const Ranked& b) { return a.lock->object < b.lock->object; });
  std::vector<LockEdge> edges;
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto end =
        std::find_if(first, sorted.end(), [&](const Ranked& each) { return each.lock->object != first->lock->object; });
    for (auto asks = first; asks != end; ++asks)
      for (auto other = first; asks->lock->pending && other != end; ++other)
        if (asks->lock->pid != other->lock->pid && waits(*asks, *other)) edges.push_back({asks->lock->pid, other->lock->pid});
    first = end;
  }
  return edges;
}

std::optional<std::int64_t> LockWaits::id(const SqlTable& rows, std::size_t row, std::size_t column) {
  const std::optional<double> number = rows.number(row, column);
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

void LockWaits::add(const SqlTable& rows) {
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto waiter = id(rows, row, 0);
    const auto blocker = id(rows, row, 1);
    if (!waiter || !blocker) continue;
    edges.push_back({*waiter, *blocker});
    if (rows.columns() > 2 && !rows.text(row, 2).empty()) tables.try_emplace(*waiter, rows.text(row, 2));
  }
}

void LockWaits::add(const SqlTable& rows, std::size_t waiter, std::size_t blocker) {
  const auto waits = id(rows, waiter, 1);
  const auto blocks = id(rows, blocker, 1);
  if (!waits || !blocks) return;
  edges.push_back({*waits, *blocks});
  if (!rows.text(waiter, 2).empty()) tables.try_emplace(*waits, rows.text(waiter, 2));
}

Status ask_metadata_waits(Session& session, LockWaits& waits) {
  auto& [edges, tables] = waits;
  const SqlTable& rows = session.rows();
  Status status = session.query(kMetadataLocks);
  if (status) {
    std::vector<MetadataLock> locks;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const std::int64_t pid = LockWaits::id(rows, row, 1).value_or(0);
      const bool pending = rows.number(row, 3) == 1;
      locks.push_back({std::string(rows.text(row, 0)), pid, std::string(rows.text(row, 2)), pending});
      if (pending) tables.try_emplace(pid, rows.text(row, 4));
    }
    const std::vector<LockEdge> found = metadata_edges(locks);
    edges.insert(edges.end(), found.begin(), found.end());
  }
  if (!session.is_mariadb()) return status;
  if (!status && status.error().code != Errc::permission && status.error().code != Errc::malformed) return status;
  std::vector<std::int64_t> waiters;
  if (Status asked = session.query(kMariadbMetadataWaiters); !asked) return asked;
  for (std::size_t row = 0; row < rows.rows(); ++row)
    if (const auto id = LockWaits::id(rows, row, 0)) waiters.push_back(*id);
  const auto unexplained = [&](std::int64_t id) {
    return std::none_of(waits.edges.begin(), waits.edges.end(), [&](const LockEdge& edge) { return edge.waiter == id; });
  };
  if (std::none_of(waiters.begin(), waiters.end(), unexplained)) return ok();
  const Status asked = session.query(kMariadbMetadataHolders);
  if (!asked && asked.error().code != Errc::malformed && asked.error().code != Errc::permission) return asked;
  if (asked) waits.add(rows);
  for (const std::int64_t id : waiters)
    if (unexplained(id)) edges.push_back({id, kUnknownHolder});
  return ok();
}

}  // namespace finwatch::database
