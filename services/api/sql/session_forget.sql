-- Forget sessions of the console that ended so many days ago ($1), the oldest first, $2 at most.
WITH forgotten AS (
    DELETE FROM desk.sessions
    WHERE token_hash IN (
        SELECT token_hash FROM desk.sessions WHERE expires_at < now() - make_interval(days => $1)
        ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    RETURNING token_hash
)
SELECT count(*) FROM forgotten
