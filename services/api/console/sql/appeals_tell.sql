-- How many appeals wait of which this person was not told yet; now they are.
-- What was answered meanwhile needn't be remembered.
WITH forgotten AS (
    DELETE FROM desk.appeals_told AS told
    WHERE actor = $1 AND NOT EXISTS (SELECT FROM appeals WHERE appeals.appeal = told.appeal AND status = 'pending')
),
told AS (
    INSERT INTO desk.appeals_told (actor, appeal)
    SELECT $1, appeal
    FROM (SELECT appeal FROM appeals WHERE status = 'pending' ORDER BY filed_at, appeal LIMIT 1000) AS waiting
    ON CONFLICT DO NOTHING
    RETURNING appeal
)
SELECT count(*) FROM told
