-- An entity's entries from the first on, as their exact bytes.
SELECT data FROM audit_entries WHERE entity = $1 ORDER BY sequence LIMIT $2
