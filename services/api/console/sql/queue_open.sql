-- Open cases in the order in which they should be answered: urgent first, then the gravest, then the oldest.
-- Any filter may be null. $1 to $5: account, kinds, urgent, escalated, whose lease. $6: kinds that are left
-- out. $7: a guideline that its findings, strikes or reports name. $8: the least severity. ($9 to $12): where
-- the last page ended.
WITH page AS (
    SELECT cases.* FROM cases
    WHERE status = 'open'
      AND ($1::text IS NULL OR account = $1)
      AND ($2::text[] IS NULL OR case_kind = ANY ($2))
      AND ($3::boolean IS NULL OR urgent = $3)
      AND ($4::boolean IS NULL OR escalated = $4)
      AND ($5::text IS NULL OR case_id IN (SELECT case_id FROM desk.leases WHERE actor = $5))
      AND NOT case_kind = ANY ($6::text[])
      AND ($7::text IS NULL
           OR EXISTS (SELECT FROM unnest(findings) AS found WHERE found ->> 'guideline' = $7)
           OR EXISTS (SELECT FROM strikes WHERE strike = ANY (cases.strikes) AND guideline = $7)
           OR (SELECT true FROM report_foldings AS told  -- not EXISTS, which may be answered from the whole table
           WHERE told.case_id = cases.case_id AND told.reason = $7 LIMIT 1))
      AND ($8::integer IS NULL OR severity >= $8)
      AND ($9::boolean IS NULL
           OR (NOT urgent, -severity, opened_at, case_id) > (NOT $9, -$10::smallint, $11::timestamptz, $12::text))
    ORDER BY NOT urgent, -severity, opened_at, case_id
    LIMIT $13
)
