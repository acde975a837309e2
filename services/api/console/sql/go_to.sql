-- What an id may mean; a case's, strike's or sanction's may be shortened to its first digits.
SELECT kind, id FROM (
    SELECT 1 AS rank, 'accounts' AS kind, account AS id FROM standings WHERE account = $1
    UNION ALL (SELECT 2, 'cases', case_id FROM cases WHERE case_id >= $1 AND case_id < $1 || 'g' ORDER BY case_id LIMIT 5)
    UNION ALL (SELECT 3, 'strikes', strike FROM strikes WHERE strike >= $1 AND strike < $1 || 'g' ORDER BY strike LIMIT 5)
    UNION ALL (SELECT 4, 'sanctions', sanction FROM sanctions WHERE sanction >= $1 AND sanction < $1 || 'g' ORDER BY sanction LIMIT 5)
    UNION ALL (SELECT 5, 'appeals', appeal FROM appeals WHERE appeal >= $1 AND appeal < $1 || 'g' ORDER BY appeal LIMIT 5)
) AS found ORDER BY rank, id LIMIT 20
