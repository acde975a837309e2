-- Note what somebody saw, or was refused, of each of these accounts ($5) and cases ($6).
INSERT INTO desk.access_log (actor, capability, method, route, account, case_id, result, status)
SELECT $1, $2, $3, $4, about.account, about.case_id, $7, $8
FROM unnest($5::text[], $6::text[]) AS about (account, case_id)
RETURNING id
