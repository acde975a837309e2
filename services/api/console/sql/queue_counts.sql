-- How many open cases each tab has; counted up to a bound, beyond which nobody needs the number.
SELECT
    count(*) FILTER (WHERE NOT escalated AND NOT case_kind = ANY ($1::text[])) AS unreviewed,
    count(*) FILTER (WHERE escalated AND NOT case_kind = ANY ($1::text[]))     AS escalated,
    count(*) FILTER (WHERE case_kind = 'welfare')                              AS welfare,
    count(*) FILTER (WHERE case_kind IN ('restricted', 'referral'))            AS restricted,
    count(*) FILTER (WHERE NOT case_kind = ANY ($1::text[]) AND case_id IN
                     (SELECT case_id FROM desk.leases WHERE actor = $2))       AS mine,
    (SELECT count(*) FROM (SELECT FROM appeals WHERE status = 'pending' LIMIT 1000) AS waiting) AS appeals
FROM (SELECT case_id, case_kind, escalated FROM cases WHERE status = 'open' LIMIT 20000) AS open
