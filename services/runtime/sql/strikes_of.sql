SELECT * FROM strikes WHERE account = $1 ORDER BY issued_at DESC, strike LIMIT $2
