-- Sanctions, the latest first. Any filter may be null; ($5, $6) is where the previous page ended.
SELECT * FROM sanctions
WHERE ($1::text IS NULL OR account = $1)
  AND ($2::text IS NULL OR sanction_kind = $2)
  AND ($3::text IS NULL OR status = $3)
  AND ($4::text IS NULL OR origin = $4)
  AND ($5::timestamptz IS NULL OR (starts_at, sanction) < ($5, $6::text))
ORDER BY starts_at DESC, sanction DESC
LIMIT $7
