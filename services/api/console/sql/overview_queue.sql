-- How long open cases have waited at a moment; counted up to a bound, beyond which nobody needs the number.
SELECT CASE WHEN opened_at > $1::timestamptz - interval '4 hours' THEN 0
            WHEN opened_at > $1::timestamptz - interval '1 day'   THEN 1
            WHEN opened_at > $1::timestamptz - interval '2 days'  THEN 2
            WHEN opened_at > $1::timestamptz - interval '7 days'  THEN 3
            ELSE 4 END AS bucket,
       count(*) AS number, count(*) FILTER (WHERE urgent) AS urgent, min(opened_at) AS oldest
FROM (SELECT opened_at, urgent FROM cases WHERE status = 'open' LIMIT 20000) AS open
GROUP BY 1
