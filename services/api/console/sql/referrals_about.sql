-- Referrals that a case answers or led to, the latest first, and how much is held for each.
SELECT referrals.*, (SELECT count(*) FROM content_holds WHERE hold = 'referral:' || referral) AS held
FROM referrals
WHERE case_id = $1 OR about = $1
ORDER BY proposed_at DESC, referral DESC
LIMIT $2
