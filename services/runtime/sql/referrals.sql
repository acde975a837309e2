-- Referrals, the latest first. Any filter may be null; ($5, $6) is where the previous page ended. $1: the account,
-- $2: the status, $3: made in an emergency, $4: not looked at in time, [$8, $9): when it was proposed.
SELECT * FROM referrals
WHERE ($1::text IS NULL OR account = $1)
  AND ($2::text IS NULL OR status = $2)
  AND ($3::boolean IS NULL OR emergency = $3)
  AND ($4::boolean IS NULL OR overdue = $4)
  AND ($5::timestamptz IS NULL OR (proposed_at, referral) < ($5, $6::text))
  AND ($8::timestamptz IS NULL OR proposed_at >= $8)
  AND ($9::timestamptz IS NULL OR proposed_at < $9)
ORDER BY proposed_at DESC, referral DESC
LIMIT $7
