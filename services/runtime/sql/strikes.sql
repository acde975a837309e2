-- Strikes, the latest first. Any filter may be null; ($5, $6) is where the previous page ended. $8: the exact
-- severity, $9: the fewest points, $10: a person who issued or confirmed it, $11: whether no person issued it,
-- $12: whether it is or was appealed, [$13, $14): when it was issued.
SELECT * FROM strikes
WHERE ($1::text IS NULL OR account = $1)
  AND ($2::text IS NULL OR guideline = $2)
  AND ($3::text IS NULL OR status = $3)
  AND ($4::text IS NULL OR counts_as = $4)
  AND ($5::timestamptz IS NULL OR (issued_at, strike) < ($5, $6::text))
  AND ($8::integer IS NULL OR severity = $8)
  AND ($9::integer IS NULL OR points >= $9)
  AND ($10::text IS NULL OR 'person:' || $10 IN (issued_by, confirmed_by))
  AND ($11::boolean IS NULL OR starts_with(issued_by, 'person:') <> $11)
  AND ($12::boolean IS NULL OR (appeal IS NOT NULL) = $12)
  AND ($13::timestamptz IS NULL OR issued_at >= $13)
  AND ($14::timestamptz IS NULL OR issued_at < $14)
ORDER BY issued_at DESC, strike DESC
LIMIT $7
