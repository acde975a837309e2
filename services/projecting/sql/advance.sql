-- The fence and the position in one: no row means that somebody else owns the partition, or is past this batch.
UPDATE stream_offsets SET next = $5, updated_at = now()
WHERE reader = $1 AND topic = $2 AND partition = $3 AND next = $4 AND epoch = $6
