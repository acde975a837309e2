-- The account's strikes as they were in effect at $2, whenever that became known.
SELECT DISTINCT ON (strike) *
FROM (SELECT * FROM strikes WHERE account = $1 UNION ALL SELECT * FROM strikes_past WHERE account = $1) AS states
WHERE effective_at <= $2
ORDER BY strike, change DESC
LIMIT $3
