-- Appeals, the latest first. Any filter may be null; ($6, $7) is where the previous page ended. $1: the
-- account, $2: what it complains of, $3: the status, $4: who decided it, $5: a guideline of what it is about,
-- [$9, $10): when it was filed.
SELECT appeals.*, cases.version AS case_version
FROM appeals
LEFT JOIN cases ON cases.case_id = appeals.appeal
WHERE ($1::text IS NULL OR appeals.account = $1)
  AND ($2::text IS NULL OR appeals.about = $2)
  AND ($3::text IS NULL OR appeals.status = $3)
  AND ($4::text IS NULL OR appeals.decided_by = 'person:' || $4)
  AND ($5::text IS NULL
       OR EXISTS (SELECT FROM strikes
                  WHERE strike = ANY (appeals.strikes || appeals.about) AND guideline = $5)
       OR EXISTS (SELECT FROM sanctions WHERE sanction = appeals.about AND notice ->> 'guideline' = $5))
  AND ($6::timestamptz IS NULL OR (appeals.filed_at, appeals.appeal) < ($6, $7::text))
  AND ($9::timestamptz IS NULL OR appeals.filed_at >= $9)
  AND ($10::timestamptz IS NULL OR appeals.filed_at < $10)
ORDER BY appeals.filed_at DESC, appeals.appeal DESC
LIMIT $8
