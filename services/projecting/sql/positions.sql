SELECT partition, next FROM stream_offsets WHERE reader = $1 AND topic = $2 ORDER BY partition
