-- What kinds of cases ($4: only these) texts belong to. References ($1), whose they are ($2) and the subject that
-- they are about (`post:p-1`, or null; $3) stand side by side. A text belongs to a case by its post, by the report
-- that it came with, or by an entry that names both; and to a referral by the words ($5) of every entry about one.
WITH asked AS (
    SELECT ref, account, subject, 'account:' || account AS entity
    FROM unnest($1::text[], $2::text[], $3::text[]) AS one (ref, account, subject)
), opened AS MATERIALIZED (
    SELECT entry.entity, convert_to(outcome ->> 'case', 'UTF8') AS case_id, outcome ->> 'case_kind' AS case_kind
    FROM audit_entries AS entry
    CROSS JOIN LATERAL jsonb_array_elements(convert_from(entry.data, 'UTF8')::jsonb -> 'outcomes') AS outcome
    WHERE entry.entity = ANY (SELECT entity FROM asked)
      AND string_to_array(entry.outcomes, ' ') && '{case_opened,case_updated}'
      AND outcome ->> 'kind' IN ('case_opened', 'case_updated')
      AND outcome ->> 'case_kind' = ANY ($4::text[])
), named AS MATERIALIZED (
    SELECT asked.ref, entry.entity, entry.data
    FROM asked
    JOIN audit_entries AS entry ON entry.entity = asked.entity
    WHERE position(convert_to(asked.ref, 'UTF8') IN entry.data) > 0
), told AS (
    SELECT asked.ref, folding.case_id
    FROM asked
    JOIN report_filings AS filing ON filing.account = asked.account
    JOIN report_foldings AS folding ON folding.report = filing.report
    WHERE asked.ref IN (folding.content_ref, folding.reason_ref)
    UNION ALL
    SELECT asked.ref, folding.case_id
    FROM asked
    JOIN report_foldings AS folding ON folding.account = asked.account
    WHERE asked.ref IN (folding.content_ref, folding.reason_ref)
)
SELECT asked.ref, cases.case_kind
FROM asked
JOIN cases ON cases.account = asked.account AND cases.subject = asked.subject
WHERE cases.case_kind = ANY ($4::text[])
UNION
SELECT told.ref, cases.case_kind
FROM told
JOIN cases ON cases.case_id = told.case_id
WHERE cases.case_kind = ANY ($4::text[])
UNION
SELECT named.ref, opened.case_kind
FROM named
JOIN opened ON opened.entity = named.entity
WHERE position(opened.case_id IN named.data) > 0
UNION
SELECT named.ref, 'referral'
FROM named
WHERE 'referral' = ANY ($4::text[])
  AND EXISTS (SELECT FROM unnest($5::text[]) AS word WHERE position(convert_to(word, 'UTF8') IN named.data) > 0)
