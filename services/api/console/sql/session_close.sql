-- This one, and whatever has run out.
DELETE FROM desk.sessions WHERE token_hash = $1 OR expires_at < now() RETURNING actor
