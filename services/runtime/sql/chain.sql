-- From an entry back to the one with which everything began: each signal was emitted by the entry whose cause it names.
WITH RECURSIVE chain AS (
    SELECT 1 AS step, entry.* FROM audit_entries AS entry WHERE entity = $1 AND sequence = $2
    UNION ALL
    SELECT chain.step + 1, parent.*
    FROM chain
    CROSS JOIN LATERAL (
        SELECT * FROM audit_entries
        WHERE cause_id = chain.causation_id AND chain.cause_id = ANY (emitted)
        ORDER BY partition, ledger_offset
        LIMIT 1
    ) AS parent
    WHERE chain.step < $3
)
SELECT * FROM chain ORDER BY step
