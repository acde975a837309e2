-- Keep the first answer; a later one changes nothing.
UPDATE desk.decisions SET status = $2, answer = $3::jsonb WHERE decision = $1 AND status IS NULL RETURNING decision
