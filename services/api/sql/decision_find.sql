-- What was asked under somebody's key before.
SELECT decision, request, entity, verb, since, status, answer FROM desk.decisions
WHERE actor = $1 AND idempotency_key = $2
