-- Appeals that wait, the oldest first. ($1, $2): page's end.
SELECT appeals.*, standing.active_points, standing.suspended, standing.terminated,
       standing.termination_proposed, standing.warnings, standing.account_kind,
       coalesce(struck.guideline, sanctioned.notice ->> 'guideline') AS guideline,
       coalesce(struck.severity, 0) AS severity
FROM appeals
LEFT JOIN standings AS standing ON standing.account = appeals.account
LEFT JOIN strikes AS struck ON struck.strike = appeals.about
LEFT JOIN sanctions AS sanctioned ON sanctioned.sanction = appeals.about
WHERE appeals.status = 'pending'
  AND ($1::timestamptz IS NULL OR (appeals.filed_at, appeals.appeal) > ($1, $2::text))
ORDER BY appeals.filed_at, appeals.appeal
LIMIT $3
