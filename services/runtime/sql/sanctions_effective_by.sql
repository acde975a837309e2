-- The account's sanctions as they were in effect at $2, whenever that became known.
SELECT DISTINCT ON (sanction) *
FROM (SELECT * FROM sanctions WHERE account = $1 UNION ALL SELECT * FROM sanctions_past WHERE account = $1) AS states
WHERE effective_at <= $2
ORDER BY sanction, change DESC
LIMIT $3
