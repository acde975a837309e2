SELECT key_digest, actor, csrf FROM desk.sessions WHERE token_hash = $1 AND expires_at > now()
