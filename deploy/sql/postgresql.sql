-- The account of finwatch-database on PostgreSQL 12-18: it sees how the server does, and nothing of what is in it.
-- finwatch-database 在 PostgreSQL 12-18 上使用的账号：只能看到服务器的运行状况，看不到任何业务数据。
--
--   psql -d postgres -f postgresql.sql        as a super user, as often as you like    以超级用户执行，可重复执行
--   psql -d postgres -c '\password finwatch_monitor'    then a password    然后设置口令
--
-- Without a password nobody logs in over the network.  没有口令时无法通过网络登录。
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finwatch_monitor') THEN
    CREATE ROLE finwatch_monitor;
  END IF;
  -- Two sessions are kept; the limit leaves room while one is renewed.
  -- 程序保持两个会话；上限为重连留出余量。
  ALTER ROLE finwatch_monitor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5;
  -- Statistics, settings and file sizes of the server; no row of any table.  服务器的统计、参数与文件大小；不含任何表中的数据。
  GRANT pg_monitor TO finwatch_monitor;
  -- Since 16: it still gets in when clients have taken every slot.  16 及以上版本：连接耗尽时仍可登录。
  IF current_setting('server_version_num')::int >= 160000 THEN
    GRANT pg_use_reserved_connections TO finwatch_monitor;
  END IF;
END
$$;

-- Where CONNECT was taken from PUBLIC, give it for the database that the target names.
-- 若已从 PUBLIC 收回 CONNECT，请对目标所指定的数据库单独授予：
--   GRANT CONNECT ON DATABASE nc TO finwatch_monitor;
-- For slow statements (the collector `statements`), in that database, with the library in shared_preload_libraries:
-- 若需要慢语句统计（采集器 statements），请先在 shared_preload_libraries 中加载该库，再在该数据库中执行：
--   CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
