-- The account of the integrity checks on Tryton 6.0: it reads vouchers, periods, users and jobs, and no password, key or session of anybody.
-- 完整性检查在 Tryton 6.0 上使用的账号：可读凭证、期间、用户与任务，读不到任何人的口令、密钥与会话。
--
--   psql -d tryton -f tryton.sql              as a super user, in Tryton's database, as often as you like    以超级用户在 Tryton 数据库中执行，可重复执行
--   psql -d tryton -c '\password finwatch_probe'    then a password    然后设置口令
--
-- Without a password nobody logs in over the network.  没有口令时无法通过网络登录。
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finwatch_probe') THEN
    CREATE ROLE finwatch_probe;
  END IF;
  ALTER ROLE finwatch_probe LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5;
  -- A second lock on the door: the grants below are for reading only.  双重保险：以下授权本就只读。
  ALTER ROLE finwatch_probe SET default_transaction_read_only = on;
  ALTER ROLE finwatch_probe SET statement_timeout = '120s';
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO finwatch_probe', current_database());
END
$$;

GRANT USAGE ON SCHEMA public TO finwatch_probe;
GRANT SELECT ON account_move, account_move_line, account_period, account_fiscalyear, account_journal, account_account, account_invoice,
  company_company, ir_sequence, ir_cron, res_group, "res_user-res_group" TO finwatch_probe;
-- Of these only what says who, when and how long.  以下各表只授予与人员、时间、时长有关的列。
GRANT SELECT (id, login, name, active, create_date, create_uid, write_date, write_uid) ON res_user TO finwatch_probe;
GRANT SELECT (id, create_uid, create_date, write_date) ON ir_session TO finwatch_probe;
GRANT SELECT (id, login, create_date) ON res_user_login_attempt TO finwatch_probe;
GRANT SELECT (id, name, enqueued_at, scheduled_at, expected_at, dequeued_at, finished_at) ON ir_queue TO finwatch_probe;
-- Whether an account has a password, and not the password.  只暴露“是否设有口令”，不暴露口令本身。
CREATE SCHEMA IF NOT EXISTS finwatch;
GRANT USAGE ON SCHEMA finwatch TO finwatch_probe;
CREATE OR REPLACE VIEW finwatch.tryton_login AS
  SELECT id, password_hash IS NOT NULL AS has_password FROM res_user;
GRANT SELECT ON finwatch.tryton_login TO finwatch_probe;
