INSERT INTO desk.saved_filters (actor, name, query) VALUES ($1, $2, $3)
ON CONFLICT (actor, name) DO UPDATE SET query = excluded.query, saved_at = now()
RETURNING name
