-- The last entry that was recorded by $2; recorded_at never goes back within an entity.
SELECT partition, ledger_offset, sequence, recorded_at, effective_at, policy_version, data
FROM audit_entries
WHERE entity = $1 AND recorded_at <= $2
ORDER BY sequence DESC
LIMIT 1
