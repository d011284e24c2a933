"""The five views over Yonyou NC and Kingdee K/3 Cloud, on tables of the published names and columns: every check runs, and finds what is planted.

That the real products have these tables this test cannot know; the files say so.
"""
import os
import unittest

from checks import Pack
from servers import ROOT, Postgres, check

NEUTRAL = Pack("neutral")

YONYOU = """
CREATE TABLE gl_voucher (pk_voucher char(20), pk_accountingbook varchar(20), pk_org varchar(20), year char(4), period char(2), adjustperiod varchar(3),
  num int, pk_vouchertype varchar(20), pk_prepared varchar(20), prepareddate char(19), pk_casher varchar(20), signdate char(19), signflag char(1),
  pk_checked varchar(20), checkeddate char(19), pk_manager varchar(20), tallydate char(19), totaldebit numeric(28,8), totalcredit numeric(28,8),
  discardflag char(1), tempsaveflag char(1), errmessage varchar(60), offervoucher varchar(20), dr int, ts char(19));
CREATE TABLE gl_detail (pk_detail char(20), pk_voucher char(20), detailindex int, pk_accasoa varchar(20), localdebitamount numeric(28,8),
  localcreditamount numeric(28,8), debitamount numeric(28,8), creditamount numeric(28,8), assid varchar(20), yearv char(4), adjustperiod varchar(3), dr int);
CREATE TABLE bd_accperiod (pk_accperiod char(20), periodyear char(4));
CREATE TABLE bd_accperiodmonth (pk_accperiodmonth char(20), yearmth char(7), begindate char(19), enddate char(19), pk_accperiodscheme varchar(20));
CREATE TABLE gl_syssettled (pk_accountingbook varchar(20), funccode varchar(20), settledyear char(4), settledperiod char(2), settleddate char(19));
CREATE TABLE sm_user (cuserid char(20), user_code varchar(50), user_name varchar(50), enablestate int, islocked char(1), abledate char(19),
  disabledate char(19), pwderrorcount int, user_type int, creationtime char(19), modifiedtime char(19), dr int);
CREATE TABLE sm_user_role (cuserid varchar(20), pk_role varchar(20), pk_org varchar(20), enabledate char(19), disabledate char(19), creator varchar(20));
"""

# Two months, the older one settled; four vouchers of one book: sound, unbalanced, made by its checker, and voided with the number after a gap.
YONYOU_ROWS = """
INSERT INTO bd_accperiodmonth SELECT 'm' || n, to_char(month, 'YYYY-MM'), to_char(month, 'YYYY-MM-DD HH24:MI:SS'),
  to_char(month + interval '1 month - 1 second', 'YYYY-MM-DD HH24:MI:SS'), 's'
  FROM (SELECT n, date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') - n * interval '1 month' AS month FROM generate_series(0, 1) n) x;
INSERT INTO gl_syssettled SELECT 'book', '2002', left(yearmth, 4), right(yearmth, 2), enddate FROM bd_accperiodmonth WHERE pk_accperiodmonth = 'm1';
INSERT INTO gl_voucher (pk_voucher, pk_accountingbook, year, period, num, pk_vouchertype, pk_prepared, prepareddate, pk_checked, pk_manager, tallydate,
                        discardflag, dr, ts)
  SELECT v, 'book', to_char(at, 'YYYY'), to_char(at, 'MM'), num, 'type', 'ann', stamp, checked, manager, CASE WHEN manager = '~' THEN '~' ELSE stamp END,
         discarded, 0, stamp
    FROM (SELECT *, to_char(at, 'YYYY-MM-DD HH24:MI:SS') AS stamp FROM (SELECT now() AT TIME ZONE 'Asia/Shanghai' AS at) t,
          (VALUES ('v1', 1, 'ben', 'cid', 'N'), ('v2', 2, 'ben', 'cid', 'N'), ('v3', 3, 'ann', 'cid', 'N'), ('v4', 5, '~', '~', 'Y'), ('v5', 6, '~', '~', 'N'))
            AS r (v, num, checked, manager, discarded)) x;
INSERT INTO gl_detail (pk_voucher, pk_accasoa, localdebitamount, localcreditamount, dr)
  SELECT v, 'a', CASE v WHEN 'v2' THEN 9 WHEN 'v3' THEN 3 ELSE 1 END, 0, 0 FROM unnest(ARRAY['v1', 'v2', 'v3', 'v4', 'v5']) v
  UNION ALL SELECT v, 'b', 0, CASE v WHEN 'v2' THEN 2 WHEN 'v3' THEN 3 ELSE 1 END, 0 FROM unnest(ARRAY['v1', 'v2', 'v3', 'v4', 'v5']) v;
INSERT INTO sm_user (cuserid, user_code, enablestate, islocked, creationtime, dr) VALUES ('u1', 'ann', 2, 'N', '2020-01-01 08:00:00', 0);
INSERT INTO sm_user_role (cuserid, pk_role, enabledate, creator)
  VALUES ('u1', 'accountant', to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), 'u1');
"""

KINGDEE = """
CREATE TABLE t_gl_voucher (fvoucherid bigint, faccountbookid bigint, fdate timestamp, fyear int, fperiod int, fbillno varchar(80), fvouchergroupid bigint,
  fvouchergroupno int, fposted char(1), fdocumentstatus char(1), fcreatorid bigint, fcheckerid bigint, fposterid bigint, fchecked char(1), finvalid char(1),
  fcreatedate timestamp, fmodifydate timestamp);
CREATE TABLE t_gl_voucherentry (fvoucherid bigint, fentryid bigint, fentryseq int, faccountid bigint, fdetailid bigint, fdebit numeric(23,10),
  fcredit numeric(23,10), famount numeric(23,10), famountfor numeric(23,10), fdc int);
CREATE TABLE t_bd_accountperiod (fid bigint, fyear int, fperiod int, fperiodstartdate timestamp, fperiodenddate timestamp);
CREATE TABLE t_bd_accountbook (fbookid bigint, fperiodid bigint, fcurrentyear int, fcurrentperiod int);
CREATE TABLE t_sec_user (fuserid bigint, fname varchar(80), fforbidstatus char(1), ftype varchar(10), fprimarygroup bigint, flinkobject bigint,
  fappgroup bigint);
CREATE TABLE t_bas_operatelog (fdatetime timestamp, fuserid bigint, fobjecttypeid varchar(36), foperatename varchar(80), fdescription varchar(255),
  fipaddress varchar(80), fcomputername varchar(80), fenvironment varchar(10));
"""

KINGDEE_ROWS = """
INSERT INTO t_bd_accountperiod SELECT 1, extract(year FROM month), extract(month FROM month), month, month + interval '1 month - 1 day'
  FROM (SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') - n * interval '1 month' AS month FROM generate_series(0, 1) n) x;
INSERT INTO t_bd_accountbook SELECT 7, 1, extract(year FROM at), extract(month FROM at) FROM (SELECT now() AT TIME ZONE 'Asia/Shanghai' AS at) t;
INSERT INTO t_gl_voucher (fvoucherid, faccountbookid, fdate, fyear, fperiod, fvouchergroupid, fvouchergroupno, fposted, fdocumentstatus, fcreatorid, fcheckerid,
                          finvalid, fcreatedate, fmodifydate)
  SELECT v, 7, at, extract(year FROM at), extract(month FROM at), 1, num, posted, CASE WHEN posted = '1' THEN 'C' ELSE 'A' END, 11, checker, invalid, at, at
    FROM (SELECT now() AT TIME ZONE 'Asia/Shanghai' AS at) t,
         (VALUES (1, 1, 12, '1', '0'), (2, 2, 12, '1', '0'), (3, 3, 11, '1', '0'), (4, 5, 0, '0', '1'), (5, 6, 0, '0', '0')) AS r (v, num, checker, posted, invalid);
INSERT INTO t_gl_voucherentry (fvoucherid, faccountid, fdebit, fcredit)
  SELECT v, 1001, CASE v WHEN 2 THEN 9 WHEN 3 THEN 3 ELSE 1 END, 0 FROM generate_series(1, 5) v
  UNION ALL SELECT v, 6001, 0, CASE v WHEN 2 THEN 2 WHEN 3 THEN 3 ELSE 1 END FROM generate_series(1, 5) v;
INSERT INTO t_sec_user VALUES (11, 'ann', 'A', '1', 0, 0, 0);
INSERT INTO t_bas_operatelog (fdatetime, fuserid, fenvironment) VALUES ('2020-01-01 08:00:00', 11, '0');
"""

FOUND = {("unbalanced", "vouchers"): 1, ("unbalanced_all", "vouchers"): 1, ("trial_balance", "difference"): 7, ("numbering", "missing"): 1,
         ("numbering", "doubles"): 0, ("unposted", "vouchers"): 1, ("maker_is_checker", "vouchers"): 1, ("too_few_lines", "vouchers"): 0,
         ("outside_period", "vouchers"): 0, ("close_progress", "closed"): 1, ("throughput", "entered"): 5, ("throughput", "posted"): 3}


class Views(unittest.TestCase):
    def test_yonyou_nc(self):
        self.views("fin_views_yonyou_nc", "nc", YONYOU, YONYOU_ROWS, {**FOUND, ("privileges", "grants"): 1})

    def test_kingdee_cloud(self):
        self.views("fin_views_kingdee_cloud", "kingdee", KINGDEE, KINGDEE_ROWS, {**FOUND, ("stale_accounts", "accounts"): 1})

    def views(self, script, schema, tables, rows, expected):
        text = open(os.path.join(ROOT, "deploy/sql", script + ".sql"), encoding="utf-8")
        with text, Postgres() as server:
            # Beijing's day, so that "this month" is the same for the server and for the rows.
            server.sql(f"ALTER ROLE postgres SET timezone = 'Asia/Shanghai'; CREATE SCHEMA {schema}; ALTER ROLE postgres SET search_path = {schema}")
            server.sql(tables)
            script = text.read()
            check(script.startswith("-- NEVER RUN ON THE PRODUCT"), "it does not say so in its first line")
            server.sql(script)
            server.sql(script)  # as often as one likes
            for name, one in NEUTRAL.checks.items():
                for value in one["values"]:
                    found = self.value(server, name, value)
                    check(not found, f"{name}.{value} of empty tables is {found}")
            server.sql(rows)
            for (name, value), number in expected.items():
                found = self.value(server, name, value)
                with self.subTest(check=name, value=value):
                    check(found == number, f"{found} instead of {number}")

    def value(self, server, name, value):
        """The sum of a value over the rows of its check; None when there is none."""
        statement = NEUTRAL.statement(name).rstrip()
        found = server.sql(f'SELECT sum("{value}") FROM ({statement}) found')
        return float(found) if found else None


if __name__ == "__main__":
    unittest.main()
