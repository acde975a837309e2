-- Second reviews of a span: how many there were, and how many said the same as the first.
SELECT said, count(*) AS number, count(*) FILTER (WHERE agrees) AS agreed
FROM desk.second_reviews WHERE reviewed_at > $1 AND reviewed_at <= $2 GROUP BY said ORDER BY said
