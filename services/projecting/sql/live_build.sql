SELECT build, version, schema_name FROM projections WHERE name = $1 AND state = 'live'
