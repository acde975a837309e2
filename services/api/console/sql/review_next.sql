-- A resolved case of the sample that nobody has reviewed, and that somebody else answered. $1: how many of
-- 256 are in the sample, by a hash of the case's id. $2: who asks. $3: cases opened since. $4: kinds asked about.
SELECT case_id FROM cases
WHERE opened_at > $3
  AND status = 'closed'
  AND result IN ('confirmed', 'dismissed', 'overturned')
  AND case_kind = ANY ($4::text[])
  AND get_byte(sha256(convert_to(case_id, 'UTF8')), 0) < $1
  AND closed_by LIKE 'person:%' AND closed_by <> 'person:' || $2
  AND NOT EXISTS (SELECT FROM desk.second_reviews AS done WHERE done.case_id = cases.case_id)
ORDER BY opened_at DESC, case_id DESC
LIMIT 1
