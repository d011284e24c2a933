-- A small ledger, as an ERP keeps one: accounts, vouchers, and their entries by period.
-- Read here, so that no password stands in the title of a process.
\set app_password `cat :'secrets'/app.password`
\set monitor_password `cat :'secrets'/monitor.password`
CREATE ROLE ledger_app LOGIN PASSWORD :'app_password';
CREATE ROLE finwatch_monitor LOGIN PASSWORD :'monitor_password' CONNECTION LIMIT 5;
GRANT pg_monitor TO finwatch_monitor;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

CREATE TABLE gl_account (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO gl_account VALUES ('1001', '库存现金'), ('1002', '银行存款'), ('1122', '应收账款'), ('2202', '应付账款'), ('6001', '主营业务收入'),
                              ('6401', '主营业务成本'), ('6602', '管理费用');
CREATE TABLE gl_voucher (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text NOT NULL, made_on date NOT NULL,
                         made_by text NOT NULL, posted boolean NOT NULL DEFAULT false, note text);
CREATE TABLE gl_entry (voucher bigint NOT NULL, line int NOT NULL, account text NOT NULL, debit numeric(18,2) NOT NULL DEFAULT 0,
                       credit numeric(18,2) NOT NULL DEFAULT 0, made_on date NOT NULL) PARTITION BY RANGE (made_on);
SELECT format('CREATE TABLE gl_entry_%s PARTITION OF gl_entry FOR VALUES FROM (%L) TO (%L)', to_char(month, 'YYYYMM'), month::date,
              (month + interval '1 month')::date)
  FROM generate_series(date_trunc('month', now()) - interval '2 months', date_trunc('month', now()) + interval '12 months', '1 month') AS month \gexec
CREATE INDEX ON gl_entry (account, made_on);
CREATE TABLE gl_balance (period text, account text REFERENCES gl_account, debit numeric(18,2) NOT NULL, credit numeric(18,2) NOT NULL,
                         PRIMARY KEY (period, account));
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ledger_app;
