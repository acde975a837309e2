-- The access log, the latest first. Any filter may be null; $7 is the id at which the previous page ended.
SELECT id, at, actor, capability, method, route, account, case_id, result, status, times
FROM desk.access_log
WHERE ($1::text IS NULL OR actor = $1)
  AND ($2::text IS NULL OR account = $2)
  AND ($3::text IS NULL OR case_id = $3)
  AND ($4::text IS NULL OR result = $4)
  AND ($5::timestamptz IS NULL OR at >= $5)
  AND ($6::timestamptz IS NULL OR at < $6)
  AND ($7::bigint IS NULL OR id < $7)
ORDER BY id DESC
LIMIT $8
