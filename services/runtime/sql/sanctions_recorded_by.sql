-- The account's sanctions as they were known by $2.
SELECT DISTINCT ON (sanction) *
FROM (SELECT * FROM sanctions WHERE account = $1 UNION ALL SELECT * FROM sanctions_past WHERE account = $1) AS states
WHERE recorded_at <= $2
ORDER BY sanction, change DESC
LIMIT $3
