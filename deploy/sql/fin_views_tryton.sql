-- The five views of exporters/workflow/packs/integrity/neutral.yml on Tryton 6.0. What each column means is said there.
-- neutral.yml 所用五个视图在 Tryton 6.0 上的映射；各列含义见该文件。
--
--   psql -d tryton -f tryton.sql -f fin_views_tryton.sql      as a super user, as often as you like    以超级用户执行，可重复执行
--
-- Tryton keeps moments in UTC without a zone. It records who wrote a voucher last, not who posted it: the same as long as nobody touches a
-- posted voucher. It records a grant and not its end, and no last login: the newest session and voucher stand for it.
-- Tryton 以不带时区的 UTC 记录时间；只记录最后修改人而非记账人；只记录授权而不记录收权；没有最后登录时间，以最近的会话与凭证代替。
BEGIN;
CREATE SCHEMA IF NOT EXISTS finwatch;
DROP VIEW IF EXISTS finwatch.fin_voucher, finwatch.fin_line, finwatch.fin_period, finwatch.fin_user, finwatch.fin_grant;

CREATE VIEW finwatch.fin_voucher AS
  SELECT m.id, m.company::text AS book, p.name AS period, m.date AS dated, s.name AS series,
         substring(m.post_number FROM '[0-9]{1,18}$')::bigint AS number, m.state = 'posted' AS posted, false AS voided,
         maker.login AS maker,
         CASE WHEN m.state = 'posted' THEN checker.login END AS checker, m.create_date AT TIME ZONE 'UTC' AS made_at,
         CASE WHEN m.state = 'posted' THEN coalesce(m.write_date, m.create_date) AT TIME ZONE 'UTC' END AS posted_at,
         coalesce(m.write_date, m.create_date) AT TIME ZONE 'UTC' AS changed_at,
         substring(m.origin FROM '^account\.move,([0-9]+)$')::integer AS reverses, m.description AS note
    FROM public.account_move m
    JOIN public.account_period p ON p.id = m.period
    JOIN public.account_fiscalyear y ON y.id = p.fiscalyear
    JOIN public.ir_sequence s ON s.id = coalesce(p.post_move_sequence, y.post_move_sequence)
    LEFT JOIN public.res_user maker ON maker.id = m.create_uid
    LEFT JOIN public.res_user checker ON checker.id = coalesce(m.write_uid, m.create_uid);

CREATE VIEW finwatch.fin_line AS
  SELECT move AS voucher, account, debit, credit FROM public.account_move_line;

CREATE VIEW finwatch.fin_period AS
  SELECT y.company::text AS book, p.name AS period, p.start_date, p.end_date, p.state <> 'open' AS closed,
         CASE WHEN p.state <> 'open' THEN coalesce(p.write_date, p.create_date) AT TIME ZONE 'UTC' END AS closed_at,
         -- Only closing and reopening write a period that was made with its year.  随年度生成的期间只有结账与反结账才会改写。
         CASE WHEN p.state = 'open' THEN p.write_date AT TIME ZONE 'UTC' END AS reopened_at
    FROM public.account_period p JOIN public.account_fiscalyear y ON y.id = p.fiscalyear
   WHERE p.type = 'standard';

CREATE VIEW finwatch.fin_user AS
  SELECT u.login, u.active, u.create_date AT TIME ZONE 'UTC' AS made_at,
         greatest(u.create_date, s.seen, m.seen) AT TIME ZONE 'UTC' AS last_seen
    FROM public.res_user u
    LEFT JOIN (SELECT create_uid, max(coalesce(write_date, create_date)) AS seen FROM public.ir_session GROUP BY 1) s ON s.create_uid = u.id
    LEFT JOIN (SELECT create_uid, max(create_date) AS seen FROM public.account_move GROUP BY 1) m ON m.create_uid = u.id
   WHERE u.password_hash IS NOT NULL;

CREATE VIEW finwatch.fin_grant AS
  SELECT u.login, g.name AS role, ug.create_date AT TIME ZONE 'UTC' AS granted_at, giver.login AS granted_by
    FROM public."res_user-res_group" ug
    JOIN public.res_user u ON u.id = ug."user"
    JOIN public.res_group g ON g.id = ug."group"
    LEFT JOIN public.res_user giver ON giver.id = ug.create_uid;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'finwatch_probe') THEN
    GRANT USAGE ON SCHEMA finwatch TO finwatch_probe;
    GRANT SELECT ON finwatch.fin_voucher, finwatch.fin_line, finwatch.fin_period, finwatch.fin_user, finwatch.fin_grant TO finwatch_probe;
  END IF;
END
$$;
COMMIT;
