#include <algorithm>
#include <string>
#include <vector>

#include "database/targets/mysql_number.h"
#include "database/targets/mysql_shared.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kCounter{Established{}, MetricType::counter, "mysql_global_status_*",
                              "From SHOW GLOBAL STATUS; it only grows.", "target"};
constexpr MetricDesc kGauge{Established{}, MetricType::gauge, "mysql_global_status_*", "From SHOW GLOBAL STATUS.", "target"};
constexpr MetricDesc kCommands{Established{},
                               MetricType::counter,
                               "mysql_global_status_commands_total",
                               "Statements that were run, by command, from Com_* of SHOW GLOBAL STATUS.",
                               "target",
                               "command"};
constexpr MetricDesc kHandlers{Established{},
                               MetricType::counter,
                               "mysql_global_status_handlers_total",
                               "Calls into storage engines, from Handler_* of SHOW GLOBAL STATUS.",
                               "target",
                               "handler"};
constexpr MetricDesc kErrors{Established{},
                             MetricType::counter,
                             "mysql_global_status_connection_errors_total",
                             "Clients that could not be taken, from Connection_errors_* of SHOW GLOBAL STATUS.",
                             "target",
                             "error"};
constexpr MetricDesc kPages{Established{},
                            MetricType::gauge,
                            "mysql_global_status_buffer_pool_pages",
                            "Pages of the InnoDB buffer pool, from Innodb_buffer_pool_pages_* of SHOW GLOBAL STATUS.",
                            "target",
                            "state"};
constexpr MetricDesc kDirty{Established{}, MetricType::gauge, "mysql_global_status_buffer_pool_dirty_pages",
                            "Dirty pages of the InnoDB buffer pool, from SHOW GLOBAL STATUS.", "target"};
constexpr MetricDesc kChanges{Established{},
                              MetricType::counter,
                              "mysql_global_status_buffer_pool_page_changes_total",
                              "Pages of the InnoDB buffer pool that were flushed or moved, from SHOW GLOBAL STATUS.",
                              "target",
                              "operation"};
constexpr MetricDesc kRows{Established{},
                           MetricType::counter,
                           "mysql_global_status_innodb_row_ops_total",
                           "Rows that InnoDB read and changed, from Innodb_rows_* of SHOW GLOBAL STATUS.",
                           "target",
                           "operation"};
constexpr MetricDesc kLost{Established{},
                           MetricType::counter,
                           "mysql_global_status_performance_schema_lost_total",
                           "Instruments that found no memory, from Performance_schema_* of SHOW GLOBAL STATUS.",
                           "target",
                           "instrumentation"};
// In the catalogue the two are one.
constexpr MetricDesc kEither{
    Established{}, MetricType::unknown, "mysql_global_status_*",
    "A status variable from SHOW GLOBAL STATUS: a gauge when it can fall, a counter when it only grows.", "target"};
constexpr MetricRef kMetrics[] = {kEither, kCommands, kHandlers, kErrors, kPages, kDirty, kChanges, kRows, kLost};

constexpr std::string_view kFamilyPrefix = "mysql_global_status_";
// Each with a family of its own; the name behind it becomes the label.
constexpr std::string_view kCommandPrefix = "com_";
constexpr std::string_view kHandlerPrefix = "handler_";
constexpr std::string_view kErrorPrefix = "connection_errors_";
constexpr std::string_view kPagePrefix = "innodb_buffer_pool_pages_";
constexpr std::string_view kRowPrefix = "innodb_rows_";
constexpr std::string_view kLostPrefix = "performance_schema_";

// What can fall. Everything else grows until the server starts anew or FLUSH STATUS. One * stands for one or more characters.
constexpr std::string_view kGauges[] = {"acl_*",
                                        "aria_pagecache_blocks_*",
                                        "audit_log_current_size",
                                        "binlog_disk_use",
                                        "binlog_snapshot_position",
                                        "compression",
                                        "compression_level",
                                        "created_tmp_plans",
                                        "delayed_insert_threads",
                                        "deprecated_use_*_last_timestamp",
                                        "error_log_buffered_bytes",
                                        "error_log_latest_write",
                                        "firewall_cached_entries",
                                        "global_connection_memory",
                                        "innodb_adaptive_hash_cells",
                                        "innodb_adaptive_hash_heap_buffers",
                                        "innodb_available_undo_logs",
                                        "innodb_buffer_pool_bytes_data",
                                        "innodb_buffer_pool_bytes_dirty",
                                        "innodb_buffer_pool_load_incomplete",
                                        "innodb_buffer_pool_resize_status_*",
                                        "innodb_checkpoint_age",
                                        "innodb_checkpoint_max_age",
                                        "innodb_current_row_locks",
                                        "innodb_data_pending_*",
                                        "innodb_encryption_rotation_estimated_iops",
                                        "innodb_have_*",
                                        "innodb_history_list_length",
                                        "innodb_ibuf_free_list",
                                        "innodb_ibuf_segment_size",
                                        "innodb_ibuf_size",
                                        "innodb_max_trx_id",
                                        "innodb_mem_*",
                                        "innodb_num_open_files",
                                        "innodb_onlineddl_*",
                                        "innodb_os_log_pending_*",
                                        "innodb_page_size",
                                        "innodb_read_views_memory",
                                        "innodb_redo_log_capacity_resized",
                                        "innodb_redo_log_enabled",
                                        "innodb_redo_log_logical_size",
                                        "innodb_redo_log_physical_size",
                                        "innodb_redo_log_read_only",
                                        "innodb_redo_log_uuid",
                                        "innodb_row_lock_current_waits",
                                        "innodb_row_lock_time_avg",
                                        "innodb_row_lock_time_max",
                                        "innodb_undo_tablespaces_*",
                                        "key_blocks_*",
                                        "last_query_cost",
                                        "last_query_partial_plans",
                                        "locked_connects",
                                        "max_tmp_space_used",
                                        "max_used_connections",
                                        "max_used_connections_time",
                                        "memory_used",
                                        "memory_used_initial",
                                        "mysqlx_port",
                                        "mysqlx_sessions",
                                        "mysqlx_worker_threads",
                                        "mysqlx_worker_threads_active",
                                        "not_flushed_delayed_rows",
                                        "ongoing_anonymous_*",
                                        "ongoing_automatic_*",
                                        "open_files",
                                        "open_streams",
                                        "open_table_definitions",
                                        "open_tables",
                                        "prepared_stmt_count",
                                        "qcache_free_*",
                                        "qcache_queries_in_cache",
                                        "qcache_total_blocks",
                                        "replica_open_temp_tables",
                                        "resource_group_supported",
                                        "rpl_semi_sync_*_avg_wait_time",
                                        "rpl_semi_sync_master_clients",
                                        "rpl_semi_sync_master_status",
                                        "rpl_semi_sync_master_wait_sessions",
                                        "rpl_semi_sync_replica_status",
                                        "rpl_semi_sync_slave_status",
                                        "rpl_semi_sync_source_clients",
                                        "rpl_semi_sync_source_status",
                                        "rpl_semi_sync_source_wait_sessions",
                                        "server_audit_active",
                                        "slave_heartbeat_period",
                                        "slave_open_temp_tables",
                                        "slave_running",
                                        "slaves_connected",
                                        "slaves_running",
                                        "ssl_ctx_verify_*",
                                        "ssl_default_timeout",
                                        "ssl_server_not_*",
                                        "ssl_session_cache_size",
                                        "ssl_session_cache_timeout",
                                        "ssl_used_session_cache_entries",
                                        "ssl_verify_*",
                                        "stack_usage",
                                        "table_open_cache_active_instances",
                                        "tc_log_max_pages_used",
                                        "tc_log_page_size",
                                        "telemetry_*_supported",
                                        "threadpool_idle_threads",
                                        "threadpool_threads",
                                        "threads_cached",
                                        "threads_connected",
                                        "threads_running",
                                        "tmp_space_used",
                                        "uptime",
                                        "uptime_since_flush_status",
                                        "validate_password_*",
                                        "wsrep",
                                        "wsrep_applier_thread_count",
                                        "wsrep_apply_*",
                                        "wsrep_cert_bucket_count",
                                        "wsrep_cert_deps_distance",
                                        "wsrep_cert_index_size",
                                        "wsrep_cert_interval",
                                        "wsrep_cluster_*",
                                        "wsrep_commit_oooe",
                                        "wsrep_commit_oool",
                                        "wsrep_commit_window",
                                        "wsrep_connected",
                                        "wsrep_desync_count",
                                        "wsrep_flow_control_active",
                                        "wsrep_flow_control_paused",
                                        "wsrep_flow_control_requested",
                                        "wsrep_gcache_pool_size",
                                        "wsrep_ist_receive_seqno_*",
                                        "wsrep_last_committed",
                                        "wsrep_local_cached_downto",
                                        "wsrep_local_index",
                                        "wsrep_local_recv_queue*",
                                        "wsrep_local_send_queue*",
                                        "wsrep_local_state",
                                        "wsrep_open_connections",
                                        "wsrep_open_transactions",
                                        "wsrep_protocol_version",
                                        "wsrep_provider_capabilities",
                                        "wsrep_ready",
                                        "wsrep_rollbacker_thread_count",
                                        "wsrep_thread_count"};

bool is_gauge(std::string_view name) {
  return std::any_of(std::begin(kGauges), std::end(kGauges), [&](std::string_view gauge) { return name_matches(gauge, name); });
}

enum class Kind : unsigned char { counter, gauge, command, handler, error, page, dirty, change, row, lost, left_out };

// In small letters.
Kind kind_of(std::string_view name) {
  if (name.starts_with(kCommandPrefix)) return Kind::command;
  if (name.starts_with(kHandlerPrefix)) return Kind::handler;
  if (name.starts_with(kErrorPrefix)) return Kind::error;
  if (name.starts_with(kRowPrefix)) return Kind::row;
  if (name.starts_with(kLostPrefix)) return Kind::lost;
  if (!name.starts_with(kPagePrefix)) return is_gauge(name) ? Kind::gauge : Kind::counter;
  const std::string_view state = name.substr(kPagePrefix.size());
  if (state == "data" || state == "free" || state == "misc" || state == "old") return Kind::page;
  if (state == "dirty") return Kind::dirty;
  return state == "total" ? Kind::left_out : Kind::change;
}

class GlobalStatus final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    const Result<const SqlTable*> answer = session.shared(kMysqlWholeStatus);
    if (!answer) return answer.error();
    const SqlTable& rows = **answer;
    if (!are_known(rows)) learn(rows);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const Variable& known = variables_[row];
      if (known.kind != Kind::counter && known.kind != Kind::gauge) continue;
      const auto value = mysql_number(rows, row, 1);
      if (value) page.established(known.kind == Kind::gauge ? kGauge : kCounter, known.family).add(*value);
    }
    add_group(rows, page, kCommands, Kind::command, kCommandPrefix);
    add_group(rows, page, kHandlers, Kind::handler, kHandlerPrefix);
    add_group(rows, page, kErrors, Kind::error, kErrorPrefix);
    add_group(rows, page, kPages, Kind::page, kPagePrefix);
    add_group(rows, page, kChanges, Kind::change, kPagePrefix);
    add_group(rows, page, kRows, Kind::row, kRowPrefix);
    add_group(rows, page, kLost, Kind::lost, kLostPrefix);
    auto dirty = page.established(kDirty);
    for (std::size_t row = 0; row < rows.rows(); ++row)
      if (variables_[row].kind == Kind::dirty)
        if (const auto value = mysql_number(rows, row, 1)) dirty.add(*value);
    return ok();
  }

 private:
  struct Variable {
    std::string family;  // mysql_global_status_…
    Kind kind;
  };

  // A server tells the same variables in the same order until it is upgraded or a plugin comes: what they are is found out once.
  bool are_known(const SqlTable& rows) const {
    if (rows.rows() != variables_.size()) return false;
    for (std::size_t row = 0; row < rows.rows(); ++row)
      if (!is_mysql_metric_name(variables_[row].family, kFamilyPrefix, rows.text(row, 0))) return false;
    return true;
  }
  void learn(const SqlTable& rows) {
    variables_.clear();
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      std::string family = mysql_metric_name(kFamilyPrefix, rows.text(row, 0));
      const Kind kind = kind_of(std::string_view(family).substr(kFamilyPrefix.size()));
      variables_.push_back({std::move(family), kind});
    }
  }
  void add_group(const SqlTable& rows, DatabasePage& page, const MetricDesc<2>& desc, Kind kind,
                 std::string_view prefix) const {
    auto family = page.established(desc);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      if (variables_[row].kind != kind) continue;
      if (const auto value = mysql_number(rows, row, 1))
        family.add(*value, std::string_view(variables_[row].family).substr(kFamilyPrefix.size() + prefix.size()));
    }
  }

  std::vector<Variable> variables_;  // by row
};

}  // namespace

extern const DatabaseCollector mysql_global_status_collector{
    .info = {.name = "mysql_global_status",
             .summary = "All of SHOW GLOBAL STATUS under the names of mysqld_exporter, with the right types.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .engines = kMysqlKin,
    .make = make_reader<GlobalStatus>};

}  // namespace finwatch::database
