-- Sanctions, the latest first. Any filter may be null; ($5, $6) is where the previous page ended. $8: the
-- guideline that the account was told of, $9: a person who imposed it, $10: whether no person imposed it,
-- $11: whether it is or was appealed, [$12, $13): when it started.
SELECT * FROM sanctions
WHERE ($1::text IS NULL OR account = $1)
  AND ($2::text IS NULL OR sanction_kind = $2)
  AND ($3::text IS NULL OR status = $3)
  AND ($4::text IS NULL OR origin = $4)
  AND ($5::timestamptz IS NULL OR (starts_at, sanction) < ($5, $6::text))
  AND ($8::text IS NULL OR notice ->> 'guideline' = $8)
  AND ($9::text IS NULL OR issued_by = 'person:' || $9)
  AND ($10::boolean IS NULL OR starts_with(issued_by, 'person:') <> $10)
  AND ($11::boolean IS NULL OR (appeal IS NOT NULL) = $11)
  AND ($12::timestamptz IS NULL OR starts_at >= $12)
  AND ($13::timestamptz IS NULL OR starts_at < $13)
ORDER BY starts_at DESC, sanction DESC
LIMIT $7
