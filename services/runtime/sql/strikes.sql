-- Strikes, the latest first. Any filter may be null; ($5, $6) is where the previous page ended.
SELECT * FROM strikes
WHERE ($1::text IS NULL OR account = $1)
  AND ($2::text IS NULL OR guideline = $2)
  AND ($3::text IS NULL OR status = $3)
  AND ($4::text IS NULL OR counts_as = $4)
  AND ($5::timestamptz IS NULL OR (issued_at, strike) < ($5, $6::text))
ORDER BY issued_at DESC, strike DESC
LIMIT $7
