SELECT name, query FROM desk.saved_filters WHERE actor = $1 ORDER BY name LIMIT 50
