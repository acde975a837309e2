UPDATE desk.leases SET until = now() WHERE case_id = $1 AND actor = $2 AND until > now() RETURNING case_id
