-- A report: the trial balance of this month, kept in gl_balance. Two of them at once wait for each other, as in real life.
INSERT INTO gl_balance (period, account, debit, credit)
SELECT to_char(current_date, 'YYYYMM'), account, sum(debit), sum(credit) FROM gl_entry
 WHERE made_on >= date_trunc('month', now()) GROUP BY account
ON CONFLICT (period, account) DO UPDATE SET debit = EXCLUDED.debit, credit = EXCLUDED.credit;
