// Who may log in and who may do everything. Names are told of super users alone, and no hash of a password is ever read.
#include <map>
#include <optional>
#include <string>

#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kAccounts{MetricType::gauge,
                               "finwatch_db_accounts",
                               "Accounts by kind (login, superuser, locked, expired, without_expiry), where one account can be "
                               "of several; a kind that the engine "
                               "does not tell is absent.",
                               "target",
                               "engine",
                               "kind"};
constexpr MetricDesc kSuperusers{MetricType::gauge, "finwatch_db_superusers",
                                 "Accounts that may do everything, from rolsuper or Super_priv.", "target", "engine"};
constexpr MetricDesc kSuperuser{MetricType::info,
                                "finwatch_db_superuser_info",
                                "An account that may do everything, at most 20 of them, with the value 1.",
                                "target",
                                "engine",
                                "account"};
constexpr MetricDesc kPasswordAge{
    MetricType::gauge, "finwatch_db_account_password_age_max_seconds",
    "Age of the oldest password of an account that can log in, from MySQL's password_last_changed.", "target", "engine"};
constexpr MetricDesc kNextExpiry{
    MetricType::gauge, "finwatch_db_account_next_expiry_timestamp_seconds",
    "When the next password of an account that can log in expires, from rolvaliduntil or password_lifetime.", "target",
    "engine"};
constexpr MetricDesc kRoleChanges{MetricType::counter, "finwatch_db_role_changes_total",
                                  "Accounts that came, went or got other rights or memberships while this program watched.",
                                  "target", "engine"};
constexpr MetricDesc kFailedLogins{MetricType::counter, "finwatch_db_failed_logins_total",
                                   "Logins refused for a wrong password or account, from events_errors_summary; on MariaDB all "
                                   "that failed, from Aborted_connects.",
                                   "target", "engine"};
constexpr MetricRef kMetrics[] = {kAccounts, kSuperusers, kSuperuser, kPasswordAge, kNextExpiry, kRoleChanges, kFailedLogins};

constexpr std::size_t kNamesAtMost = 20;

// One row an account, the same columns for every engine. NULL: the engine does not tell.
enum Column : std::size_t { name, login, superuser, locked, expired, without_expiry, password_age, expires_at, rights };

constexpr std::string_view kPostgres = R"(
SELECT r.rolname, r.rolcanlogin::int, r.rolsuper::int, NULL, coalesce((r.rolvaliduntil <= now())::int, 0),
       (r.rolvaliduntil IS NULL OR r.rolvaliduntil = 'infinity')::int, NULL,
       CASE WHEN r.rolvaliduntil > now() AND r.rolvaliduntil < 'infinity' THEN extract(epoch FROM r.rolvaliduntil) END,
       concat_ws(' ', r.rolcanlogin, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, r.rolinherit, r.rolvaliduntil,
                 r.rolconnlimit, r.rolconfig,
                 (SELECT string_agg(m.roleid || '/' || m.admin_option, ',' ORDER BY m.roleid, m.admin_option) FROM pg_auth_members m WHERE m.member = r.oid))
  FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1)";

// group_concat() is cut at group_concat_max_len, a sum of checksums is not. A role is a locked account there.
constexpr std::string_view kMysql = R"(
SELECT concat(u.User, '@', u.Host), u.account_locked = 'N', u.Super_priv = 'Y', u.account_locked = 'Y',
       u.account_locked = 'N' AND (u.password_expired = 'Y' OR coalesce(u.password_lifetime, @@GLOBAL.default_password_lifetime) > 0
         AND u.password_last_changed + INTERVAL coalesce(u.password_lifetime, @@GLOBAL.default_password_lifetime) DAY <= now()),
       coalesce(u.password_lifetime, @@GLOBAL.default_password_lifetime) = 0,
       unix_timestamp() - unix_timestamp(u.password_last_changed),
       CASE WHEN coalesce(u.password_lifetime, @@GLOBAL.default_password_lifetime) > 0
            THEN unix_timestamp(u.password_last_changed) + 86400 * coalesce(u.password_lifetime, @@GLOBAL.default_password_lifetime) END,
       concat_ws(' ', u.Super_priv, u.Grant_priv, u.Create_user_priv, u.plugin, u.account_locked, u.password_lifetime, u.max_user_connections,
                 (SELECT sum(crc32(concat_ws(' ', g.PRIV, g.WITH_GRANT_OPTION))) FROM mysql.global_grants g WHERE g.USER = u.User AND g.HOST = u.Host),
                 (SELECT sum(crc32(concat_ws(' ', e.FROM_USER, e.FROM_HOST, e.WITH_ADMIN_OPTION))) FROM mysql.role_edges e
                   WHERE e.TO_USER = u.User AND e.TO_HOST = u.Host))
  FROM mysql.user u WHERE u.User NOT IN ('mysql.infoschema', 'mysql.session', 'mysql.sys') ORDER BY 1)";

// The age of a password and whether it is locked lie beside its hash in mysql.global_priv: not for a monitor.
constexpr std::string_view kMariadb = R"(
SELECT concat(u.User, '@', u.Host), u.is_role = 'N', u.Super_priv = 'Y', NULL, u.password_expired = 'Y', NULL, NULL, NULL,
       concat_ws(' ', u.is_role, u.Super_priv, u.Grant_priv, u.Create_user_priv, u.plugin, u.max_user_connections)
  FROM mysql.user u WHERE u.User <> 'mariadb.sys' ORDER BY 1)";

constexpr std::string_view kMysqlFailures = R"(
SELECT sum(SUM_ERROR_RAISED) FROM performance_schema.events_errors_summary_global_by_error
 WHERE ERROR_NAME IN ('ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR', 'ER_ACCOUNT_HAS_BEEN_LOCKED', 'ER_MUST_CHANGE_PASSWORD_LOGIN'))";

class Accounts final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    const SqlTable& rows = session.rows();
    if (Status status = session.query(session.is_postgresql() ? kPostgres : session.is_mariadb() ? kMariadb : kMysql); !status)
      return status;
    auto accounts = page.family(kAccounts);
    if (const auto count = counted(rows, Column::login)) accounts.add(*count, "login");
    const auto superusers = counted(rows, Column::superuser);
    if (superusers) accounts.add(*superusers, "superuser");
    if (const auto count = counted(rows, Column::locked)) accounts.add(*count, "locked");
    if (const auto count = counted(rows, Column::expired)) accounts.add(*count, "expired");
    if (const auto count = counted(rows, Column::without_expiry)) accounts.add(*count, "without_expiry");
    if (superusers) page.family(kSuperusers).add(*superusers);
    add_names(rows, page);
    add_password_times(rows, page);
    count_changes(rows);
    page.family(kRoleChanges).add(static_cast<double>(changes_));
    return session.is_postgresql() ? ok() : read_failed_logins(session, page);
  }

 private:
  // Of the accounts that can log in; a role expires for nobody. Nothing when no row tells.
  static std::optional<double> counted(const SqlTable& rows, Column column) {
    const bool only_logins = column == Column::expired || column == Column::without_expiry;
    std::optional<double> count;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto number = rows.number(row, column);
      if (number) count = count.value_or(0) + (!only_logins || rows.number(row, Column::login) == 1 ? *number : 0);
    }
    return count;
  }

  static void add_names(const SqlTable& rows, DatabasePage& page) {
    auto family = page.family(kSuperuser);
    std::size_t named = 0;
    for (std::size_t row = 0; row < rows.rows() && named < kNamesAtMost; ++row)
      if (rows.number(row, Column::superuser) == 1) {
        family.add(1, rows.text(row, Column::name));
        ++named;
      }
  }

  static void add_password_times(const SqlTable& rows, DatabasePage& page) {
    std::optional<double> oldest;
    std::optional<double> next;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      if (rows.number(row, Column::login) != 1) continue;
      if (const auto age = rows.number(row, Column::password_age); age && age > oldest) oldest = age;
      const auto at = rows.number(row, Column::expires_at);
      if (at && rows.number(row, Column::expired) != 1 && (!next || *at < *next)) next = at;
    }
    if (oldest) page.family(kPasswordAge).add(*oldest);
    if (next) page.family(kNextExpiry).add(*next);
  }

  void count_changes(const SqlTable& rows) {
    std::map<std::string, std::string, std::less<>> now;
    for (std::size_t row = 0; row < rows.rows(); ++row)
      now.emplace(rows.text(row, Column::name), rows.text(row, Column::rights));
    if (known_) {
      for (const auto& [account, what] : now) {
        const auto before = known_->find(account);
        if (before == known_->end() || before->second != what) ++changes_;
      }
      for (const auto& [account, what] : *known_)
        if (!now.contains(account)) ++changes_;
    }
    known_ = std::move(now);
  }

  static Status read_failed_logins(Session& session, DatabasePage& page) {
    const bool maria = session.is_mariadb();
    if (Status status = session.query(maria ? "SHOW GLOBAL STATUS WHERE Variable_name = 'Aborted_connects'" : kMysqlFailures);
        !status)
      return status;
    if (session.rows().rows() == 0) return ok();
    if (const auto failed = session.rows().number(0, maria ? 1 : 0)) page.family(kFailedLogins).add(*failed);
    return ok();
  }

  std::optional<std::map<std::string, std::string, std::less<>>> known_;  // rights by account, as of the last read
  unsigned long long changes_ = 0;
};

}  // namespace

extern const DatabaseCollector accounts_collector{
    .info = {.name = "accounts",
             .summary = "Accounts by kind, super users, the age and expiry of passwords, changes of rights, and failed logins.",
             .metrics = kMetrics},
    .lane = Lane::slow,
    .make = make_reader<Accounts>};

}  // namespace finwatch::database
