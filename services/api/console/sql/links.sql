-- Entries in which an account was found to belong together with another, or not to; the latest first.
SELECT recorded_at, data FROM audit_entries
WHERE entity = $1 AND string_to_array(outcomes, ' ') && '{link_noted,pair_noted,bar_met_noted,name_noted}'
ORDER BY sequence DESC LIMIT $2
