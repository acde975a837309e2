SELECT * FROM reports WHERE case_id = $1 ORDER BY filed_at, report LIMIT $2
