SELECT active_points FROM audit_entries WHERE entity = $1 AND sequence = $2
