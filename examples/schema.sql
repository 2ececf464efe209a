-- A SaaS company's tables, and views that sum them up to one row per account: these rows are the traits that segments are
-- made of. What accounts did is read from the tables themselves.

-- The published files as they are. `advance.sql` lets their rows arrive in the tables below, day by day.
CREATE SCHEMA export;

CREATE TABLE export.account (
    account_id text, account_name text, industry text, country text, signup_date date, referral_source text, plan_tier text,
    seats int, is_trial boolean, churn_flag boolean
);
CREATE TABLE export.subscription (
    subscription_id text, account_id text, start_date date, end_date date, plan_tier text, seats int, mrr_amount numeric,
    arr_amount numeric, is_trial boolean, upgrade_flag boolean, downgrade_flag boolean, churn_flag boolean,
    billing_frequency text, auto_renew_flag boolean
);
CREATE TABLE export.feature_usage (
    usage_id text, subscription_id text, usage_date date, feature_name text, usage_count int, usage_duration_secs int,
    error_count int, is_beta_feature boolean,
    line bigint GENERATED ALWAYS AS IDENTITY  -- some usage_id occur twice
);
CREATE TABLE export.support_ticket (
    ticket_id text, account_id text, submitted_at timestamp, closed_at timestamp, resolution_time_hours numeric, priority text,
    first_response_time_minutes int, satisfaction_score numeric, escalation_flag boolean
);
CREATE TABLE export.churn_event (
    churn_event_id text, account_id text, churn_date date, reason_code text, refund_amount_usd numeric,
    preceding_upgrade_flag boolean, preceding_downgrade_flag boolean, is_reactivation boolean, feedback_text text
);

-- The company's own tables.
CREATE TABLE account (
    account_id text PRIMARY KEY,
    account_name text NOT NULL,
    industry text,
    country text,
    signup_date date,
    referral_source text,
    plan_tier text,
    seats int,
    is_trial boolean
);
CREATE TABLE subscription (
    subscription_id text PRIMARY KEY,
    account_id text NOT NULL,
    start_date date NOT NULL,
    end_date date,  -- null while it runs
    plan_tier text,
    mrr numeric NOT NULL,
    is_trial boolean NOT NULL,
    upgraded boolean NOT NULL,
    downgraded boolean NOT NULL,
    renews_by_itself boolean NOT NULL
);
CREATE INDEX ON subscription (account_id);
CREATE TABLE feature_usage (
    id bigint PRIMARY KEY,
    subscription_id text NOT NULL,
    used_on date NOT NULL,
    feature text NOT NULL,
    uses int NOT NULL,
    errors int NOT NULL,
    is_beta boolean NOT NULL
);
CREATE INDEX ON feature_usage (subscription_id, used_on) INCLUDE (feature);
CREATE TABLE support_ticket (
    ticket_id text PRIMARY KEY,
    account_id text NOT NULL,
    submitted_at timestamp NOT NULL,
    closed_at timestamp,  -- null while it is open
    priority text,
    escalated boolean NOT NULL,
    satisfaction numeric  -- 1 to 5, null unless the customer answered
);
CREATE INDEX ON support_ticket (account_id, submitted_at);
CREATE TABLE churn_event (
    churn_event_id text PRIMARY KEY,
    account_id text NOT NULL,
    churned_on date NOT NULL,
    reason text
);

CREATE INDEX ON churn_event (account_id, churned_on);

CREATE VIEW account_feature_usage AS
    SELECT account_id, used_on, feature, uses, errors, is_beta
    FROM feature_usage JOIN subscription USING (subscription_id);

CREATE VIEW account_billing AS
    SELECT account_id,
           count(*) FILTER (WHERE end_date IS NULL AND NOT is_trial) AS paid_lines,
           coalesce(sum(mrr) FILTER (WHERE end_date IS NULL AND NOT is_trial), 0) AS mrr,
           count(*) FILTER (WHERE end_date IS NULL AND NOT is_trial AND NOT renews_by_itself) AS manual_lines,
           count(*) FILTER (WHERE upgraded) AS upgrades,
           count(*) FILTER (WHERE downgraded) AS downgrades,
           max(start_date) AS last_started_on,
           max(end_date) AS last_ended_on
    FROM subscription
    GROUP BY account_id;

-- Trials pay nothing.
CREATE VIEW account_subscription AS
    SELECT account_id, start_date, end_date, mrr, plan_tier FROM subscription WHERE NOT is_trial;

CREATE VIEW account_usage AS
    SELECT account_id,
           max(used_on) AS last_used_on,
           sum(uses) AS uses,
           count(DISTINCT feature) AS features,
           round(sum(errors)::numeric / nullif(sum(uses), 0), 4) AS error_rate,
           coalesce(sum(uses) FILTER (WHERE is_beta), 0) AS beta_uses
    FROM feature_usage JOIN subscription USING (subscription_id)
    GROUP BY account_id;

CREATE VIEW account_support AS
    SELECT account_id,
           count(*) AS tickets,
           count(*) FILTER (WHERE closed_at IS NULL) AS open_tickets,
           count(*) FILTER (WHERE escalated) AS escalations,
           max(submitted_at) AS last_ticket_at,
           avg(satisfaction) AS satisfaction
    FROM support_ticket
    GROUP BY account_id;

CREATE VIEW account_churn AS
    SELECT DISTINCT ON (account_id)
           account_id,
           churned_on AS last_churned_on,
           reason AS last_reason,
           count(*) OVER (PARTITION BY account_id) AS times
    FROM churn_event
    ORDER BY account_id, churned_on DESC, churn_event_id DESC;
