-- Voucher entry: one voucher of two lines, and now and then the posting of an older one.
\set amount random(100, 1000000)
\set maker random(1, 9)
BEGIN;
INSERT INTO gl_voucher (number, made_on, made_by, note) VALUES ('记-' || :amount, current_date, 'clerk' || :maker, '销售收入') RETURNING id AS voucher \gset
INSERT INTO gl_entry (voucher, line, account, debit, credit, made_on)
VALUES (:voucher, 1, '1122', :amount / 100.0, 0, current_date), (:voucher, 2, '6001', 0, :amount / 100.0, current_date);
COMMIT;
UPDATE gl_voucher SET posted = true WHERE id = :voucher - 10 AND NOT posted;
