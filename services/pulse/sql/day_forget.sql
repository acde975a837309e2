-- What was counted of a day, but for what pulse saw itself.
DELETE FROM desk.pulse_days WHERE day = $1 AND name <> 'findings'
