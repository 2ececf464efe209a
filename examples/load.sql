-- Reads the published files; run it from the project's folder. Origin and licence: examples/data/NOTICE.md.
\copy export.account FROM 'examples/data/ravenstack_accounts.csv' (FORMAT csv, HEADER)
\copy export.subscription FROM 'examples/data/ravenstack_subscriptions.csv' (FORMAT csv, HEADER)
\copy export.feature_usage (usage_id, subscription_id, usage_date, feature_name, usage_count, usage_duration_secs, error_count, is_beta_feature) FROM 'examples/data/ravenstack_feature_usage.csv' (FORMAT csv, HEADER)
\copy export.support_ticket FROM 'examples/data/ravenstack_support_tickets.csv' (FORMAT csv, HEADER)
\copy export.churn_event FROM 'examples/data/ravenstack_churn_events.csv' (FORMAT csv, HEADER)
