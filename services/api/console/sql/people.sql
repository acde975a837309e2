SELECT count(DISTINCT reporter) FROM report_foldings WHERE case_id = $1 AND withdrawn_at IS NULL
