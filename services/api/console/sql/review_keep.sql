-- Keep a second answer beside the first; the first second answer stays. Nothing where it isn't one's to review.
INSERT INTO desk.second_reviews (case_id, first_by, first_said, actor, said, agrees, reviewed_at)
SELECT case_id, closed_by, result, $2, $3, (result = 'confirmed') = ($3 = 'violation'), $4
FROM cases
WHERE case_id = $1
  AND status = 'closed'
  AND result IN ('confirmed', 'dismissed', 'overturned')
  AND closed_by LIKE 'person:%' AND closed_by <> 'person:' || $2
ON CONFLICT DO NOTHING
RETURNING agrees, first_said, first_by
