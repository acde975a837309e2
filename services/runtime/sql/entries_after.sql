-- Entries entity by entity, each one's in order, from behind a place on; for who reads all of them without holding many.
SELECT entity, sequence, data FROM audit_entries
WHERE (entity, sequence) > ($1, $2)
ORDER BY entity, sequence
LIMIT $3
