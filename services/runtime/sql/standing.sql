SELECT * FROM standings WHERE account = $1
