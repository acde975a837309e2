SELECT * FROM strikes WHERE strike = ANY ($1::text[]) ORDER BY issued_at, strike
