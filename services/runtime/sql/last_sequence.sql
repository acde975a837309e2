SELECT sequence FROM audit_entries WHERE entity = $1 ORDER BY sequence DESC LIMIT 1
