-- Note a decision before it is sent; nothing comes back where it was noted before.
INSERT INTO desk.decisions (decision, actor, idempotency_key, request, entity, verb, since, batch)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
RETURNING decision
