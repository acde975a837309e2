SELECT * FROM sanctions WHERE account = $1 ORDER BY starts_at DESC, sanction DESC LIMIT $2
