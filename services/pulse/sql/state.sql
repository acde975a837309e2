-- When this was written, and how much pulse sees.
INSERT INTO desk.pulse_state (one, written_at, started_at, watched, partitions, missed)
VALUES (true, now(), $1, $2, $3, $4)
ON CONFLICT (one) DO UPDATE SET
    written_at = excluded.written_at, started_at = excluded.started_at, watched = excluded.watched,
    partitions = excluded.partitions, missed = excluded.missed
