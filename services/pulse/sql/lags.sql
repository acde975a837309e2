-- How far each stage is behind.
INSERT INTO desk.pulse_lags (stage, topic, behind)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
ON CONFLICT (stage, topic) DO UPDATE SET behind = excluded.behind
