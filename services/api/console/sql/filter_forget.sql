DELETE FROM desk.saved_filters WHERE actor = $1 AND name = $2 RETURNING name
