-- Take a partition over: whoever held it before is fenced. A first claim starts at $4.
INSERT INTO stream_offsets AS held (reader, topic, partition, next, epoch)
VALUES ($1, $2, $3, $4, 1)
ON CONFLICT (reader, topic, partition) DO UPDATE SET epoch = held.epoch + 1, updated_at = now()
RETURNING next, epoch
