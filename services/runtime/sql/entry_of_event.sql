-- The entry that an input event led to, among an entity's entries after a sequence.
SELECT * FROM audit_entries
WHERE entity = $1 AND sequence > $2 AND origin_event = $3
ORDER BY sequence
LIMIT 1
