SELECT next, epoch FROM stream_offsets WHERE reader = $1 AND topic = $2 AND partition = $3
