-- How healthy accounts are: one number of what they use, when they last did, and how happy they are with the answers they get.
SELECT segment.create_score('health', 'account');
SELECT segment.add_score_group('health', 'product', weight => 60);
SELECT segment.add_score_metric('health', 'breadth', 'usage.features', worst => 0, best => 40, weight => 2, metric_group => 'product');
SELECT segment.add_score_metric('health', 'recency', $$ days since last any event of 'feature' $$, shape => 'recency_decay', half_life => '14 days',
                                metric_group => 'product');
SELECT segment.add_score_metric('health', 'errors', 'usage.error_rate', worst => 0.1, best => 0, metric_group => 'product');
SELECT segment.add_score_group('health', 'support', weight => 40);
SELECT segment.add_score_metric('health', 'satisfaction', $$ last satisfaction of 'ticket' where (satisfaction is set) $$, worst => 2, best => 5,
                                stale_after => '180 days', metric_group => 'support');
SELECT segment.add_score_metric('health', 'escalations', 'support.escalations', worst => 4, best => 0, metric_group => 'support');
SELECT segment.add_score_metric('health', 'gone', condition => $$ did 'cancellation' within 30 days $$, shape => 'points', cap => 30);
