-- The account of finwatch-database on MariaDB 10.6-11.8: it sees how the server does, and nothing of what is in it.
-- finwatch-database 在 MariaDB 10.6-11.8 上使用的账号：只能看到服务器的运行状况，看不到任何业务数据。
--
--   mariadb -u root -p < mariadb.sql          as often as you like    可重复执行
--   ALTER USER finwatch_monitor@'%' IDENTIFIED BY '…' ACCOUNT UNLOCK;    then a password    然后设置口令并解锁
--
-- It is made locked, so that it never stands open.  Put the exporter's address in place of '%'. A left-over account ''@'localhost'
-- would win over '%' there: DROP USER ''@'localhost'.
-- 账号创建后处于锁定状态，不会处于无口令可登录的状态。请将 '%' 换成采集程序所在主机的地址。若残留匿名账号 ''@'localhost'，
-- 本机登录时会优先匹配它：请执行 DROP USER ''@'localhost'。
CREATE USER IF NOT EXISTS finwatch_monitor@'%' WITH MAX_USER_CONNECTIONS 5 ACCOUNT LOCK;

-- Sessions, InnoDB's transactions and tablespaces; binary logs; replicas (REPLICATION CLIENT is not enough since 10.5).
-- 会话、InnoDB 事务与表空间；二进制日志；复制状态（自 10.5 起仅有 REPLICATION CLIENT 不够）。
GRANT PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.* TO finwatch_monitor@'%';
-- Digests of statements and waits, where performance_schema=ON.  语句摘要与等待（需 performance_schema=ON）。
GRANT SELECT ON performance_schema.* TO finwatch_monitor@'%';
-- Estimated rows of tables.  各表的估算行数。
GRANT SELECT ON mysql.innodb_table_stats TO finwatch_monitor@'%';
-- Accounts without their hashes; mysql.global_priv, where hashes lie, stays closed.  账号信息，不含口令散列；存放散列的 mysql.global_priv 不开放。
GRANT SELECT (User, Host, Super_priv, Grant_priv, Create_user_priv, plugin, password_expired, max_user_connections, is_role)
  ON mysql.user TO finwatch_monitor@'%';
