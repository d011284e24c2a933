#include <algorithm>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/text.h"
#include "database/collector.h"

namespace finwatch::database {
namespace {

// collectors:
//   settings:
//     expected: {fsync: "on", max_connections: 200}
constexpr std::string_view kSections[] = {"expected"};

constexpr MetricDesc kHash{MetricType::gauge, "finwatch_db_settings_hash",
                           "A 32-bit number made of all settings that are no session's own: it changes when one of them does.",
                           "target", "engine"};
constexpr MetricDesc kChanges{MetricType::counter, "finwatch_db_settings_changes_total",
                              "Settings that came, went or got another value while this program watched.", "target", "engine"};
constexpr MetricDesc kPending{MetricType::gauge, "finwatch_db_settings_pending_restart",
                              "Settings changed in a file that only a restart brings into use, from pg_settings.", "target",
                              "engine"};
constexpr MetricDesc kUnexpected{
    MetricType::gauge,
    "finwatch_db_setting_unexpected",
    "1 if a setting differs from what the configuration file expects, else 0; absent when unknown.",
    "target",
    "engine",
    "setting"};
constexpr MetricRef kMetrics[] = {kHash, kChanges, kPending, kUnexpected};

// reset_val: what a new session gets, without what ours has set for itself. The third column is with its unit, as "128MB".
constexpr std::string_view kPostgres = R"(
SELECT name, reset_val, current_setting(name, true), pending_restart::int FROM pg_settings
 WHERE name NOT IN ('application_name', 'client_encoding', 'in_hot_standby', 'is_superuser', 'transaction_deferrable', 'transaction_isolation',
                    'transaction_read_only', 'session_authorization', 'role', 'seed')
 ORDER BY name COLLATE "C")";

// Left out: what moves by itself. Timers and seeds of the session, positions of replication.
constexpr std::string_view kMysql = R"(
SHOW GLOBAL VARIABLES WHERE Variable_name NOT LIKE 'gtid\_%\_pos' AND Variable_name NOT LIKE 'gtid\_%\_state'
  AND Variable_name NOT IN ('gtid_executed', 'gtid_purged', 'gtid_owned', 'timestamp', 'identity', 'last_insert_id', 'insert_id', 'rand_seed1', 'rand_seed2',
                            'pseudo_thread_id', 'error_count', 'warning_count', 'last_gtid', 'in_transaction', 'innodb_buffer_pool_load_abort',
                            'innodb_buffer_pool_load_now', 'innodb_buffer_pool_dump_now', 'innodb_log_checkpoint_now'))";

// FNV-1a: the same number on every machine and in every version of this program.
constexpr std::uint32_t kEmptyHash = 2166136261U;
constexpr std::uint32_t hash_on(std::uint32_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ 0xFFU) * 16777619U;  // no text holds this byte: "ab","c" is not "a","bc"
}

class SettingsReader final : public Reader {
 public:
  explicit SettingsReader(const Settings& settings) {
    const Tree* section = settings.section();
    const Tree* expected = section == nullptr ? nullptr : section->find("expected");
    if (expected == nullptr) return;
    for (std::size_t i = 0; i < expected->keys.size(); ++i) expected_[expected->keys[i]] = expected->items[i].scalar;
  }

  Status read(Session& session, DatabasePage& page) override {
    const bool postgres = session.is_postgresql();
    if (Status status = session.query(postgres ? kPostgres : kMysql); !status) return status;
    const SqlTable& rows = session.rows();
    if (rows.rows() == 0) return Errc::no_data;

    std::vector<Known> now;
    now.reserve(rows.rows());
    std::uint32_t all = kEmptyHash;
    double pending = 0;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      now.push_back({hash_on(kEmptyHash, rows.text(row, 0)), hash_on(kEmptyHash, rows.text(row, 1))});
      all = hash_on(hash_on(all, rows.text(row, 0)), rows.text(row, 1));
      if (postgres && rows.number(row, 3) == 1) ++pending;
    }
    count_changes(std::move(now));
    page.family(kHash).add(all);
    page.family(kChanges).add(static_cast<double>(changes_));
    if (postgres) page.family(kPending).add(pending);
    add_unexpected(rows, page, postgres ? 3 : 2);
    return ok();
  }

 private:
  // What is known of a setting, in eight bytes: hundreds of them are kept for each target.
  struct Known {
    std::uint32_t name;
    std::uint32_t value;
    auto operator<=>(const Known&) const = default;
  };

  void count_changes(std::vector<Known> now) {
    std::sort(now.begin(), now.end());
    if (!known_.empty()) {
      auto before = known_.begin();
      for (const Known& setting : now) {
        for (; before != known_.end() && before->name < setting.name; ++before) ++changes_;  // it went
        const bool was_there = before != known_.end() && before->name == setting.name;
        if (!was_there || before->value != setting.value) ++changes_;
        if (was_there) ++before;
      }
      changes_ += static_cast<unsigned long long>(known_.end() - before);
    }
    known_ = std::move(now);
  }

  // Right in either spelling: 16384 (of 8kB) or 128MB.
  void add_unexpected(const SqlTable& rows, DatabasePage& page, std::size_t spellings_end) const {
    auto family = page.family(kUnexpected);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto wanted = expected_.find(rows.text(row, 0));
      if (wanted == expected_.end()) continue;
      bool as_expected = false;
      for (std::size_t column = 1; column < spellings_end; ++column)
        as_expected = as_expected || same_word(rows.text(row, column), wanted->second);
      family.add(as_expected ? 0 : 1, wanted->first);
    }
  }

  std::map<std::string, std::string, std::less<>> expected_;
  std::vector<Known> known_;  // in order; empty before the first reading
  unsigned long long changes_ = 0;
};

}  // namespace

extern const DatabaseCollector settings_collector{
    .info = {.name = "settings",
             .summary = "Whether the server's settings changed, wait for a restart, or differ from what is expected.",
             .metrics = kMetrics,
             .sections = kSections},
    .lane = Lane::slow,
    .make = make_reader<SettingsReader>};

}  // namespace finwatch::database
