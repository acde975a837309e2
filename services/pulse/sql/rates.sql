-- Every rate as it is now; what isn't counted any more goes.
WITH now_told AS (
    SELECT name, label, string_to_array(seconds, ',')::bigint[] AS seconds, minute
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS told (name, label, seconds, minute)
), gone AS (
    DELETE FROM desk.pulse_rates AS old
    WHERE NOT EXISTS (SELECT FROM now_told WHERE now_told.name = old.name AND now_told.label = old.label)
)
INSERT INTO desk.pulse_rates (name, label, seconds, minute)
SELECT name, label, seconds, minute FROM now_told
ON CONFLICT (name, label) DO UPDATE SET seconds = excluded.seconds, minute = excluded.minute
