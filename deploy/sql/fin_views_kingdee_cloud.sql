-- NEVER RUN ON THE PRODUCT. Written from published column lists of Kingdee K/3 Cloud; tried only on empty tables of those names.
-- 从未在真实产品上运行。依据公开的金蝶云星空（K/3 Cloud）表结构资料编写，仅在同名空表上验证过语法。
--
-- The five views of exporters/workflow/packs/integrity/neutral.yml. K/3 Cloud lies on SQL Server or Oracle: run it in a PostgreSQL with
-- foreign tables over it (tds_fdw, oracle_fdw), names in small letters, with an account that may read these tables only.
-- neutral.yml 所用五个视图。K/3 Cloud 使用 SQL Server 或 Oracle：请在建有外部表（tds_fdw、oracle_fdw，表名列名小写）的 PostgreSQL 中执行，外部表账号只授予这些表的读权限。
--
--   PGOPTIONS='-c search_path=kingdee' psql -d kingdee -f fin_views_kingdee_cloud.sql     the schema of the foreign tables    外部表所在的模式
--   GRANT USAGE ON SCHEMA finwatch TO finwatch_probe; GRANT SELECT ON ALL TABLES IN SCHEMA finwatch TO finwatch_probe;
--
-- To check on the spot first  上线前请现场核对：
--   From one source or from memory: fcreatorid, fcheckerid, finvalid, fcreatedate, fmodifydate, fvouchergroupid of t_gl_voucher, and
--   fcurrentyear, fcurrentperiod of t_bd_accountbook.  以上各列仅有单一来源或凭记忆，须核对。
--   Flags are '1'; fdocumentstatus 'C' is approved; fforbidstatus 'A' is active; moments are Beijing time without a zone.
--   In t_bas_operatelog fenvironment 0 is a login.  fenvironment = 0 表示登录。
-- Not known, hence NULL or empty: posting time, text, reversals, closing and reopening times, grants.
-- 过账时间、摘要、冲销、结账与反结账时间、授权记录未查明，故为 NULL 或空。
BEGIN;
CREATE SCHEMA IF NOT EXISTS finwatch;
DROP VIEW IF EXISTS finwatch.fin_voucher, finwatch.fin_line, finwatch.fin_period, finwatch.fin_user, finwatch.fin_grant;

CREATE VIEW finwatch.fin_voucher AS
  SELECT v.fvoucherid AS id, v.faccountbookid::text AS book, v.fyear || '-' || lpad(v.fperiod::text, 2, '0') AS period, v.fdate::date AS dated,
         concat_ws('/', v.fvouchergroupid, v.fyear, v.fperiod) AS series, v.fvouchergroupno::bigint AS number,
         v.fposted = '1' AND coalesce(v.finvalid, '0') <> '1' AS posted, coalesce(v.finvalid, '0') = '1' AS voided,
         v.fcreatorid::text AS maker, CASE WHEN v.fdocumentstatus = 'C' THEN nullif(v.fcheckerid, 0)::text END AS checker,
         v.fcreatedate AT TIME ZONE 'Asia/Shanghai' AS made_at,
         -- The last change of a posted voucher stands for its posting.  以已过账凭证的最后修改时间代替过账时间。
         CASE WHEN v.fposted = '1' THEN v.fmodifydate AT TIME ZONE 'Asia/Shanghai' END AS posted_at,
         v.fmodifydate AT TIME ZONE 'Asia/Shanghai' AS changed_at, NULL::bigint AS reverses, NULL::text AS note
    FROM t_gl_voucher v;

CREATE VIEW finwatch.fin_line AS
  SELECT fvoucherid AS voucher, faccountid AS account, fdebit AS debit, fcredit AS credit FROM t_gl_voucherentry;

CREATE VIEW finwatch.fin_period AS
  SELECT b.fbookid::text AS book, p.fyear || '-' || lpad(p.fperiod::text, 2, '0') AS period, p.fperiodstartdate::date AS start_date,
         p.fperiodenddate::date AS end_date, (p.fyear, p.fperiod) < (b.fcurrentyear, b.fcurrentperiod) AS closed,
         NULL::timestamptz AS closed_at, NULL::timestamptz AS reopened_at
    FROM t_bd_accountbook b
    JOIN t_bd_accountperiod p ON p.fid = b.fperiodid;

CREATE VIEW finwatch.fin_user AS
  SELECT u.fname AS login, u.fforbidstatus = 'A' AS active, NULL::timestamptz AS made_at, l.seen AT TIME ZONE 'Asia/Shanghai' AS last_seen
    FROM t_sec_user u
    LEFT JOIN (SELECT fuserid, max(fdatetime) AS seen FROM t_bas_operatelog WHERE fenvironment = '0' GROUP BY fuserid) l ON l.fuserid = u.fuserid;

CREATE VIEW finwatch.fin_grant AS
  SELECT NULL::text AS login, NULL::text AS role, NULL::timestamptz AS granted_at, NULL::text AS granted_by WHERE false;
COMMIT;
