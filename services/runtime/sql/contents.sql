SELECT value FROM contents WHERE ref = $1
