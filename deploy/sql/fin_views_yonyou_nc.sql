-- NEVER RUN ON THE PRODUCT. Written from published column lists of Yonyou NC 6.x / NC Cloud; tried only on empty tables of those names.
-- 从未在真实产品上运行。依据公开的用友 NC 6.x / NC Cloud 数据字典编写，仅在同名空表上验证过语法。
--
-- The five views of exporters/workflow/packs/integrity/neutral.yml. Where NC lies on KingbaseES, openGauss or another server that speaks as
-- PostgreSQL does, run it there; where it lies on Oracle, in a PostgreSQL with foreign tables (oracle_fdw, names in small letters):
-- neutral.yml 所用五个视图。NC 部署在 KingbaseES、openGauss 等兼容 PostgreSQL 的库上时直接执行；部署在 Oracle 上时，在建有外部表（oracle_fdw，表名小写）的 PostgreSQL 中执行：
--
--   PGOPTIONS='-c search_path=nc' psql -d nc -f fin_views_yonyou_nc.sql     the schema that holds the tables    表所在的模式
--   GRANT USAGE ON SCHEMA finwatch TO finwatch_probe; GRANT SELECT ON ALL TABLES IN SCHEMA finwatch TO finwatch_probe;
--
-- To check on the spot first  上线前请现场核对：
--   '~' stands for "none" in a key; flags are 'Y' and 'N'; dr = 0 is a living row; moments are text in Beijing time.
--   2002 is the function code of the general ledger in gl_syssettled.  2002 为总账的功能编码。
--   All books use one scheme of periods; with several, join the book's own.  假定全部账簿使用同一会计期间方案。
--   enablestate 2 is an enabled user.  enablestate = 2 表示启用。
-- Not known, hence NULL: the voucher's text, reversals, reopening, last logins.  摘要、冲销、反结账与最后登录未查明，故为 NULL。
BEGIN;
CREATE SCHEMA IF NOT EXISTS finwatch;
DROP VIEW IF EXISTS finwatch.fin_voucher, finwatch.fin_line, finwatch.fin_period, finwatch.fin_user, finwatch.fin_grant;

CREATE VIEW finwatch.fin_voucher AS
  SELECT v.pk_voucher AS id, v.pk_accountingbook AS book, v.year || '-' || v.period AS period, left(v.prepareddate, 10)::date AS dated,
         concat_ws('/', v.pk_vouchertype, v.year, v.period) AS series, v.num::bigint AS number,
         nullif(v.pk_manager, '~') IS NOT NULL AND coalesce(v.discardflag, 'N') <> 'Y' AS posted, coalesce(v.discardflag, 'N') = 'Y' AS voided,
         v.pk_prepared AS maker, nullif(v.pk_checked, '~') AS checker, v.prepareddate::timestamp AT TIME ZONE 'Asia/Shanghai' AS made_at,
         nullif(v.tallydate, '~')::timestamp AT TIME ZONE 'Asia/Shanghai' AS posted_at, v.ts::timestamp AT TIME ZONE 'Asia/Shanghai' AS changed_at,
         NULL::text AS reverses, NULL::text AS note
    FROM gl_voucher v
   WHERE v.dr = 0 AND coalesce(v.tempsaveflag, 'N') <> 'Y';

CREATE VIEW finwatch.fin_line AS
  SELECT pk_voucher AS voucher, pk_accasoa AS account, localdebitamount AS debit, localcreditamount AS credit FROM gl_detail WHERE dr = 0;

CREATE VIEW finwatch.fin_period AS
  WITH settled AS (SELECT pk_accountingbook AS book, settledyear || '-' || settledperiod AS period, settleddate
                     FROM gl_syssettled WHERE funccode = '2002')
  SELECT b.book, m.yearmth AS period, left(m.begindate, 10)::date AS start_date, left(m.enddate, 10)::date AS end_date,
         -- Periods are closed in their order, so a later one that is closed closes this one.  期间按顺序结账。
         m.yearmth <= b.newest AS closed,
         (SELECT max(s.settleddate) FROM settled s WHERE s.book = b.book AND s.period = m.yearmth)::timestamp AT TIME ZONE 'Asia/Shanghai' AS closed_at,
         NULL::timestamptz AS reopened_at
    FROM (SELECT book, max(period) AS newest FROM settled GROUP BY book) b
    CROSS JOIN (SELECT left(yearmth, 4) || '-' || right(yearmth, 2) AS yearmth, begindate, enddate FROM bd_accperiodmonth) m;

CREATE VIEW finwatch.fin_user AS
  SELECT user_code AS login, enablestate = 2 AND coalesce(islocked, 'N') <> 'Y' AS active,
         creationtime::timestamp AT TIME ZONE 'Asia/Shanghai' AS made_at, NULL::timestamptz AS last_seen
    FROM sm_user WHERE dr = 0;

CREATE VIEW finwatch.fin_grant AS
  SELECT u.user_code AS login, r.pk_role AS role, r.enabledate::timestamp AT TIME ZONE 'Asia/Shanghai' AS granted_at,
         giver.user_code AS granted_by
    FROM sm_user_role r
    JOIN sm_user u ON u.cuserid = r.cuserid
    LEFT JOIN sm_user giver ON giver.cuserid = r.creator;
COMMIT;
