-- The last entry all of whose outcomes had taken effect by $2, whenever it was recorded.
SELECT partition, ledger_offset, sequence, recorded_at, effective_at, policy_version, data
FROM audit_entries
WHERE entity = $1 AND effective_at <= $2
ORDER BY sequence DESC
LIMIT 1
