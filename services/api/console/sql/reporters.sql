-- What became of what these accounts reported before.
SELECT account,
       count(*)                                                  AS filed,
       count(*) FILTER (WHERE outcome = 'upheld')                AS upheld,
       count(*) FILTER (WHERE outcome = 'dismissed_in_good_faith') AS dismissed,
       count(*) FILTER (WHERE outcome = 'manifestly_unfounded')  AS unfounded
FROM report_filings
WHERE account = ANY ($1::text[])
GROUP BY account
