INSERT INTO content_holds (ref, hold, placed_by) SELECT ref, $2, $3 FROM unnest($1::text[]) AS refs (ref)
ON CONFLICT DO NOTHING
