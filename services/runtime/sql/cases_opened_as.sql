-- The cases of an entity that were opened as, or became, one of these kinds ($2). Asked of the ledger itself,
-- which a purge leaves as it is.
SELECT outcome ->> 'case' AS case_id
FROM audit_entries
CROSS JOIN LATERAL jsonb_array_elements(convert_from(data, 'UTF8')::jsonb -> 'outcomes') AS outcome
WHERE entity = $1
  AND string_to_array(outcomes, ' ') && '{case_opened,case_updated}'
  AND outcome ->> 'kind' IN ('case_opened', 'case_updated')
  AND outcome ->> 'case_kind' = ANY ($2::text[])
