-- Cases, the latest first. Any filter may be null; ($5, $6) is where the previous page ended. $8: a guideline
-- that it is about, by a finding, a strike or a report, $9: the least severity of what joined it, $10: who
-- answered it, [$11, $12): when it was opened, $13: kinds that are left out.
SELECT * FROM cases
WHERE ($1::text IS NULL OR account = $1)
  AND ($2::text IS NULL OR status = $2)
  AND ($3::text IS NULL OR case_kind = $3)
  AND ($4::boolean IS NULL OR urgent = $4)
  AND ($5::timestamptz IS NULL OR (opened_at, case_id) < ($5, $6::text))
  AND ($8::text IS NULL
       OR EXISTS (SELECT FROM unnest(findings) AS found WHERE found ->> 'guideline' = $8)
       OR EXISTS (SELECT FROM strikes WHERE strike = ANY (cases.strikes) AND guideline = $8)
       OR (SELECT true FROM report_foldings AS told  -- not EXISTS, which may be answered from the whole table
           WHERE told.case_id = cases.case_id AND told.reason = $8 LIMIT 1))
  AND ($9::integer IS NULL OR severity >= $9)
  AND ($10::text IS NULL OR closed_by = 'person:' || $10)
  AND ($11::timestamptz IS NULL OR opened_at >= $11)
  AND ($12::timestamptz IS NULL OR opened_at < $12)
  AND ($13::text[] IS NULL OR NOT case_kind = ANY ($13))
ORDER BY opened_at DESC, case_id DESC
LIMIT $7
