-- Who can be a member, and what is known about them.
SELECT segment.create_population('account', 'public.account', key => 'account_id');
SELECT segment.add_traits('account', 'public.account_billing', key => 'account_id', prefix => 'billing');
SELECT segment.add_traits('account', 'public.account_usage', key => 'account_id', prefix => 'usage');
SELECT segment.add_traits('account', 'public.account_support', key => 'account_id', prefix => 'support');
SELECT segment.add_traits('account', 'public.account_churn', key => 'account_id', prefix => 'churn');
SELECT segment.add_subscriptions('account', 'subscription', 'public.account_subscription', key => 'account_id',
                                 starts_at => 'start_date', ends_at => 'end_date', mrr => 'mrr', plan => 'plan_tier');
