-- What a customer-success lead wants to see every morning.

SELECT segment.create_segment('new_customer', 'account', $$ signup_date within 90 days $$,
    description => 'in the first three months: onboarding');

SELECT segment.create_segment('trial_won', 'account', $$
    is_trial and billing.paid_lines >= 1 and in segment 'new_customer' $$,
    description => 'came as a trial and pays by now');

SELECT segment.create_segment('key_account', 'account', $$ billing.mrr >= 30000 $$,
    description => 'large enough for a manager of its own');

SELECT segment.create_segment('champion', 'account', $$
    usage.features >= 30 and usage.last_used_on within 14 days and support.satisfaction >= 4 $$,
    description => 'uses nearly everything and is happy with it: ask for a reference');

SELECT segment.create_segment('loyal', 'account', $$
    signup_date more than 1 year ago and churn.last_churned_on is not set $$,
    description => 'with us for a year and never left');

SELECT segment.create_segment('gone_quiet', 'account', $$
    usage.last_used_on more than 30 days ago and not in segment 'new_customer' $$,
    description => 'knew the product and stopped using it');

SELECT segment.create_segment('frustrated', 'account', $$
    support.escalations >= 2 or support.satisfaction < 3.5 $$,
    description => 'tickets that went wrong');

SELECT segment.create_segment('usage_falling', 'account', $$
    sum(uses) of any event of 'feature' fell by 50 percent within 30 days from at least 20 $$,
    description => 'uses half of what it used the month before');

SELECT segment.create_segment('disappointed', 'account', $$
    last satisfaction of 'ticket' where (satisfaction is set) within 180 days <= 3 $$,
    description => 'was not happy with the last answer it rated');

SELECT segment.create_segment('lost_over_support', 'account', $$ did 'ticket' then 'cancellation' within 30 days $$,
    description => 'cancelled within a month of a ticket');

SELECT segment.create_segment('came_back', 'account', $$
    did ('cancellation' then any event of 'feature' within 30 days) within 180 days $$,
    description => 'cancelled something and used the product again within a month');

SELECT segment.create_segment('shrinking', 'account', $$
    billing.last_ended_on within 60 days and (billing.downgrades >= 1 or billing.mrr < 10000) $$,
    description => 'ended a subscription lately and has little left, or downgraded before');

SELECT segment.create_segment('renewal_call', 'account', $$ billing.manual_lines >= 3 $$,
    description => 'several subscriptions that do not renew by themselves');

SELECT segment.create_segment('win_back', 'account', $$
    churn.last_churned_on within 90 days and churn.last_reason in ('pricing', 'budget', 'competitor') $$,
    description => 'left over money: an offer may bring them back');

SELECT segment.create_segment('at_risk', 'account', $$
    (in segment 'gone_quiet' or in segment 'frustrated' or usage.error_rate > 0.08)
    and billing.mrr >= 5000 and not in segment 'win_back' $$,
    description => 'pays, but something is wrong: call');

SELECT segment.create_segment('ready_to_expand', 'account', $$
    seats between 20 and 60 and country in ('US', 'UK', 'IN', 'DE') and billing.upgrades >= 2 and not in segment 'at_risk' $$,
    description => 'mid-sized, has upgraded before, no open trouble');
