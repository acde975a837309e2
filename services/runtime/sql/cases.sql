-- Cases, the latest first. Any filter may be null; ($5, $6) is where the previous page ended.
SELECT * FROM cases
WHERE ($1::text IS NULL OR account = $1)
  AND ($2::text IS NULL OR status = $2)
  AND ($3::text IS NULL OR case_kind = $3)
  AND ($4::boolean IS NULL OR urgent = $4)
  AND ($5::timestamptz IS NULL OR (opened_at, case_id) < ($5, $6::text))
ORDER BY opened_at DESC, case_id DESC
LIMIT $7
