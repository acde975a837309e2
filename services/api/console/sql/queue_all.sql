-- Cases, the latest first. Any filter may be null. $1 to $3: account, kinds, status. $4: kinds that are left
-- out. $5: a guideline, $6: the least severity. ($7, $8): where the last page ended.
WITH page AS (
    SELECT cases.* FROM cases
    WHERE ($1::text IS NULL OR account = $1)
      AND ($2::text[] IS NULL OR case_kind = ANY ($2))
      AND ($3::text IS NULL OR status = $3)
      AND NOT case_kind = ANY ($4::text[])
      AND ($5::text IS NULL
           OR EXISTS (SELECT FROM unnest(findings) AS found WHERE found ->> 'guideline' = $5)
           OR EXISTS (SELECT FROM strikes WHERE strike = ANY (cases.strikes) AND guideline = $5)
           OR (SELECT true FROM report_foldings AS told  -- not EXISTS, which may be answered from the whole table
           WHERE told.case_id = cases.case_id AND told.reason = $5 LIMIT 1))
      AND ($6::integer IS NULL OR severity >= $6)
      AND ($7::timestamptz IS NULL OR (opened_at, case_id) < ($7, $8::text))
    ORDER BY opened_at DESC, case_id DESC
    LIMIT $9
)
