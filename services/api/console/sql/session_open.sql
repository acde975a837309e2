INSERT INTO desk.sessions (token_hash, key_digest, actor, csrf, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) RETURNING expires_at
