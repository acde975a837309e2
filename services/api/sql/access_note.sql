INSERT INTO desk.access_log (actor, capability, method, route, account, case_id, result, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id
