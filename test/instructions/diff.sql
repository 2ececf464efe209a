SELECT count(*) FROM segment.refresh('customer', as_of => '2026-01-02')
