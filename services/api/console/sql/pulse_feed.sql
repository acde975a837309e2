SELECT line, at, what, account, guideline, id, detail FROM desk.pulse_feed ORDER BY line DESC LIMIT $1
