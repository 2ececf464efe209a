-- Who can be a member, what is known about them, and what they did.
SELECT segment.create_population('account', 'public.account', key => 'account_id');
SELECT segment.add_traits('account', 'public.account_billing', key => 'account_id', prefix => 'billing');
SELECT segment.add_traits('account', 'public.account_usage', key => 'account_id', prefix => 'usage');
SELECT segment.add_traits('account', 'public.account_support', key => 'account_id', prefix => 'support');
SELECT segment.add_traits('account', 'public.account_churn', key => 'account_id', prefix => 'churn');
SELECT segment.add_events('account', 'feature', 'public.account_feature_usage', key => 'account_id', occurred_at => 'used_on', event_name => 'feature');
SELECT segment.add_events('account', 'ticket', 'public.support_ticket', key => 'account_id', occurred_at => 'submitted_at');
SELECT segment.add_events('account', 'cancellation', 'public.churn_event', key => 'account_id', occurred_at => 'churned_on');
SELECT segment.add_subscriptions('account', 'subscription', 'public.account_subscription', key => 'account_id',
                                 starts_at => 'start_date', ends_at => 'end_date', mrr => 'mrr', plan => 'plan_tier');
