-- Forget what was noted of decisions that were asked for longer ago than so many days ($1), the oldest first,
-- $2 at most. The decisions themselves are in the ledger.
WITH forgotten AS (
    DELETE FROM desk.decisions
    WHERE decision IN (
        SELECT decision FROM desk.decisions WHERE asked_at < now() - make_interval(days => $1)
        ORDER BY asked_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    RETURNING decision
)
SELECT count(*) FROM forgotten
