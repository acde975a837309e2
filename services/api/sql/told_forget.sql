-- Forget who was told of appeals that were answered so many days ago ($1), $2 at most. What is looked through is
-- no more than waits, or was answered since this was last done.
WITH forgotten AS (
    DELETE FROM desk.appeals_told
    WHERE (actor, appeal) IN (
        SELECT told.actor, told.appeal
        FROM desk.appeals_told AS told JOIN appeals ON appeals.appeal = told.appeal
        WHERE appeals.decided_at < now() - make_interval(days => $1)
        LIMIT $2 FOR UPDATE OF told SKIP LOCKED
    )
    RETURNING appeal
)
SELECT count(*) FROM forgotten
