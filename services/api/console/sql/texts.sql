SELECT ref, value FROM contents WHERE ref = ANY ($1::text[])
