-- Entries whose outcomes don't lie on the same side of $2 as their sequence does: what makes the summary of $3 inexact.
SELECT count(*) FROM audit_entries
WHERE entity = $1
  AND ((sequence > $3 AND effective_from <= $2) OR (sequence < $3 AND effective_at > $2))
