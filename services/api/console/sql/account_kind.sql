SELECT account_kind FROM standings WHERE account = $1
