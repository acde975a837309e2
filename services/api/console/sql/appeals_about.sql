SELECT * FROM appeals WHERE about = $1 ORDER BY filed_at DESC, appeal DESC LIMIT 20
