-- Of strikes and sanctions ($1) those whose making names a case that was opened as, or became, one of these
-- kinds ($2).
WITH asked AS (
    SELECT strike AS id, 'account:' || account AS entity, issued_sequence AS sequence
    FROM strikes WHERE strike = ANY ($1::text[])
    UNION ALL
    SELECT sanction, 'account:' || account, issued_sequence
    FROM sanctions WHERE sanction = ANY ($1::text[])
), opened AS MATERIALIZED (
    SELECT entry.entity, convert_to(outcome ->> 'case', 'UTF8') AS case_id
    FROM audit_entries AS entry
    CROSS JOIN LATERAL jsonb_array_elements(convert_from(entry.data, 'UTF8')::jsonb -> 'outcomes') AS outcome
    WHERE entry.entity = ANY (SELECT entity FROM asked)
      AND string_to_array(entry.outcomes, ' ') && '{case_opened,case_updated}'
      AND outcome ->> 'kind' IN ('case_opened', 'case_updated')
      AND outcome ->> 'case_kind' = ANY ($2::text[])
)
SELECT DISTINCT asked.id
FROM asked
JOIN opened ON opened.entity = asked.entity
JOIN audit_entries AS entry ON entry.entity = asked.entity AND entry.sequence = asked.sequence
WHERE position(opened.case_id IN entry.data) > 0
