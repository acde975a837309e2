SELECT * FROM strikes WHERE account = $1 ORDER BY issued_at DESC, strike DESC LIMIT $2
