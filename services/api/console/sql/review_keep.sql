-- Keep a second answer beside the first; the first second answer stays. Nothing where it isn't one's to review:
-- $1 to $4 as in `review_next`, whose conditions these are. $5: the case, $6: what is said, $7: when.
INSERT INTO desk.second_reviews (case_id, first_by, first_said, actor, said, agrees, reviewed_at)
SELECT case_id, closed_by, result, $2, $6, (result = 'confirmed') = ($6 = 'violation'), $7
FROM cases
WHERE case_id = $5
  AND opened_at > $3
  AND status = 'closed'
  AND result IN ('confirmed', 'dismissed', 'overturned')
  AND case_kind = ANY ($4::text[])
  AND get_byte(sha256(convert_to(case_id, 'UTF8')), 0) < $1
  AND closed_by LIKE 'person:%' AND closed_by <> 'person:' || $2
ON CONFLICT DO NOTHING
RETURNING agrees, first_said, first_by
