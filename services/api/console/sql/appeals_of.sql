SELECT * FROM appeals WHERE account = $1 ORDER BY filed_at DESC, appeal DESC LIMIT $2
