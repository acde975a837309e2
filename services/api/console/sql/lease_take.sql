-- Take a case, or keep it; somebody else's lease that hasn't lapsed stays theirs. Gives whose it is now.
-- What the same person took long ago is forgotten.
WITH forgotten AS (
    DELETE FROM desk.leases
    WHERE actor = $2 AND taken_at < now() - interval '60 days' AND until < now() AND case_id <> $1
),
taken AS (
    INSERT INTO desk.leases AS held (case_id, actor, until)
    VALUES ($1, $2, now() + make_interval(secs => $3))
    ON CONFLICT (case_id) DO UPDATE SET
        actor = excluded.actor,
        until = excluded.until,
        taken_at = CASE WHEN held.actor = excluded.actor THEN held.taken_at ELSE now() END
    WHERE held.actor = excluded.actor OR held.until < now()
    RETURNING actor, taken_at, until
)
SELECT actor, taken_at, until FROM taken
UNION ALL
SELECT actor, taken_at, until FROM desk.leases WHERE case_id = $1 AND NOT EXISTS (SELECT FROM taken)
