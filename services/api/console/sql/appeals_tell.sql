-- How many appeals wait of which this person was not told yet; now they are. Nothing is written when there are none.
WITH told AS (
    INSERT INTO desk.appeals_told (actor, appeal)
    SELECT $1, appeal
    FROM appeals
    WHERE status = 'pending'
        AND NOT EXISTS (SELECT FROM desk.appeals_told AS told WHERE actor = $1 AND told.appeal = appeals.appeal)
    ORDER BY filed_at, appeal
    LIMIT 1000
    ON CONFLICT DO NOTHING
    RETURNING appeal
)
SELECT count(*) FROM told
