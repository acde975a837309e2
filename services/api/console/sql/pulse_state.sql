-- How fresh what pulse says is.
SELECT written_at, started_at, watched, partitions, missed, extract(epoch FROM now() - written_at)::float8 AS age_s
FROM desk.pulse_state
