DELETE FROM desk.sessions WHERE token_hash = $1 RETURNING actor
