-- The account of finwatch-database on MySQL 8-9: it sees how the server does, and nothing of what is in it.
-- finwatch-database 在 MySQL 8-9 上使用的账号：只能看到服务器的运行状况，看不到任何业务数据。
--
--   mysql -u root -p < mysql.sql              as often as you like    可重复执行
--   ALTER USER finwatch_monitor@'%' IDENTIFIED BY '…' ACCOUNT UNLOCK;    then a password    然后设置口令并解锁
--
-- It is made locked, so that it never stands open.  Put the exporter's address in place of '%'.
-- 账号创建后处于锁定状态，不会处于无口令可登录的状态。请将 '%' 换成采集程序所在主机的地址。
CREATE USER IF NOT EXISTS finwatch_monitor@'%' WITH MAX_USER_CONNECTIONS 5 ACCOUNT LOCK;

-- Sessions, InnoDB's transactions and tablespaces; binary logs and replicas.  会话、InnoDB 事务与表空间；二进制日志与复制状态。
GRANT PROCESS, REPLICATION CLIENT ON *.* TO finwatch_monitor@'%';
-- Only for reserved_port, the way in through admin_port when every slot is taken.  仅在使用 reserved_port（连接数占满时经 admin_port 登录）时需要。
-- GRANT SERVICE_CONNECTION_ADMIN ON *.* TO finwatch_monitor@'%';
-- Waits, locks, digests of statements, error counts.  等待、锁、语句摘要、错误计数。
GRANT SELECT ON performance_schema.* TO finwatch_monitor@'%';
-- Estimated rows of tables.  各表的估算行数。
GRANT SELECT ON mysql.innodb_table_stats TO finwatch_monitor@'%';
-- Accounts without their hashes: authentication_string is not in the list.  账号信息，不含口令散列（authentication_string 不在其中）。
GRANT SELECT (User, Host, Super_priv, Grant_priv, Create_user_priv, plugin, account_locked, password_expired, password_last_changed,
              password_lifetime, max_user_connections) ON mysql.user TO finwatch_monitor@'%';
GRANT SELECT (FROM_HOST, FROM_USER, TO_HOST, TO_USER, WITH_ADMIN_OPTION) ON mysql.role_edges TO finwatch_monitor@'%';
GRANT SELECT (USER, HOST, PRIV, WITH_GRANT_OPTION) ON mysql.global_grants TO finwatch_monitor@'%';
