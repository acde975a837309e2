-- An account's entries, the latest first; $2 is the sequence at which the previous page ended.
SELECT * FROM audit_entries
WHERE entity = $1 AND ($2::bigint IS NULL OR sequence < $2)
ORDER BY sequence DESC
LIMIT $3
