SELECT * FROM strikes WHERE strike = $1
