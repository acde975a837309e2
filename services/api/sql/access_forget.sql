-- Forget rows of the access log that are older than so many days ($1), the oldest first, $2 at most. Somebody
-- else who does the same takes others.
WITH forgotten AS (
    DELETE FROM desk.access_log
    WHERE id IN (
        SELECT id FROM desk.access_log WHERE at < now() - make_interval(days => $1)
        ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    RETURNING id
)
SELECT count(*) FROM forgotten
