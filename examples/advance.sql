-- Brings the company's tables to what they held on a day:  psql -v day=2024-12-01 -f examples/advance.sql
-- What was not known by then (the end of a subscription, the answer to a ticket) is null until it happens.

INSERT INTO account
    SELECT account_id, account_name, industry, country, signup_date, referral_source, plan_tier, seats, is_trial
    FROM export.account
    WHERE signup_date <= :'day'
ON CONFLICT DO NOTHING;

INSERT INTO subscription
    SELECT subscription_id, account_id, start_date, CASE WHEN end_date <= :'day' THEN end_date END, plan_tier, mrr_amount, is_trial,
           upgrade_flag, downgrade_flag, auto_renew_flag
    FROM export.subscription
    WHERE start_date <= :'day'
ON CONFLICT (subscription_id) DO UPDATE SET end_date = excluded.end_date WHERE subscription.end_date IS DISTINCT FROM excluded.end_date;

INSERT INTO feature_usage
    SELECT u.line, u.subscription_id, u.usage_date, u.feature_name, u.usage_count, u.error_count, u.is_beta_feature
    FROM export.feature_usage u
    WHERE u.usage_date <= :'day'
ON CONFLICT DO NOTHING;

INSERT INTO support_ticket
    SELECT ticket_id, account_id, submitted_at, CASE WHEN closed_at <= :'day' THEN closed_at END, priority, escalation_flag,
           CASE WHEN closed_at <= :'day' THEN satisfaction_score END
    FROM export.support_ticket
    WHERE submitted_at <= :'day'
ON CONFLICT (ticket_id) DO UPDATE SET closed_at = excluded.closed_at, satisfaction = excluded.satisfaction
    WHERE support_ticket.closed_at IS DISTINCT FROM excluded.closed_at;

INSERT INTO churn_event
    SELECT churn_event_id, account_id, churn_date, reason_code
    FROM export.churn_event
    WHERE churn_date <= :'day'
ON CONFLICT DO NOTHING;

ANALYZE;
