-- Entries of an entity ($1) or by a person ($2), the latest first; one of both isn't null. $3: the kind of
-- cause, $4: a kind of outcome, [$5, $6): when it was recorded, ($7, $8, $9): where the previous page ended.
SELECT * FROM audit_entries
WHERE ($1::text IS NULL OR entity = $1)
  AND ($2::text IS NULL OR (actor_kind = 'person' AND actor_id = $2))
  AND ($3::text IS NULL OR cause_kind = $3)
  AND ($4::text IS NULL OR $4 = ANY (string_to_array(outcomes, ' ')))
  AND ($5::timestamptz IS NULL OR recorded_at >= $5)
  AND ($6::timestamptz IS NULL OR recorded_at < $6)
  AND ($7::timestamptz IS NULL OR (recorded_at, partition, ledger_offset) < ($7, $8::integer, $9::bigint))
ORDER BY recorded_at DESC, partition DESC, ledger_offset DESC
LIMIT $10
