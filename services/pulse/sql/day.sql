-- One day, counted from the projection's tables. What came to a strike or sanction later counts on the day that it began.
INSERT INTO desk.pulse_days (day, name, guideline, number)
SELECT $1::date, name, coalesce(guideline, ''), sum(number) FROM (
    SELECT CASE counts_as WHEN 'warning' THEN 'warnings' ELSE 'strikes' END AS name, guideline, count(*) AS number
    FROM strikes WHERE issued_at >= $1::date AND issued_at < $1::date + 1 GROUP BY 1, 2
  UNION ALL
    SELECT 'overturned', guideline, count(*)
    FROM strikes WHERE issued_at >= $1::date AND issued_at < $1::date + 1 AND status = 'overturned' GROUP BY 2
  UNION ALL
    SELECT 'sanctions', notice ->> 'guideline', count(*)
    FROM sanctions WHERE starts_at >= $1::date AND starts_at < $1::date + 1 GROUP BY 2
  UNION ALL
    SELECT 'cases', '', count(*) FROM cases WHERE opened_at >= $1::date AND opened_at < $1::date + 1 HAVING count(*) > 0
  UNION ALL
    SELECT part.name, coalesce(struck.guideline, sanctioned.notice ->> 'guideline'), count(*)
    FROM appeals
    LEFT JOIN strikes AS struck ON struck.strike = appeals.about
    LEFT JOIN sanctions AS sanctioned ON sanctioned.sanction = appeals.about
    CROSS JOIN LATERAL (VALUES ('appeals'), (CASE WHEN appeals.status LIKE '%granted' THEN 'granted' END)) AS part (name)
    WHERE filed_at >= $1::date AND filed_at < $1::date + 1 AND part.name IS NOT NULL
    GROUP BY 1, 2
) AS counted
GROUP BY name, coalesce(guideline, '')
