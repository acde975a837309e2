-- What is named ($1), and whatever is kept of these posts ($2).
INSERT INTO content_holds (ref, hold, placed_by)
SELECT ref, $3, $4 FROM (
    SELECT unnest($1::text[]) UNION SELECT ref FROM contents WHERE post = ANY ($2::text[])
) AS evidence (ref)
ORDER BY ref
ON CONFLICT DO NOTHING
