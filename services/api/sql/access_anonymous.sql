-- A refusal of nobody known: those alike within a minute are one row, which names no account.
INSERT INTO desk.access_log (at, method, route, result, status)
VALUES (date_trunc('minute', now()), $1, $2, 'refused', $3)
ON CONFLICT (at, method, route, status) WHERE actor IS NULL DO UPDATE SET times = access_log.times + 1
RETURNING id
