-- What happened on each day of a span, by guideline: counted by pulse, a few rows a day.
SELECT day, name, guideline, number FROM desk.pulse_days WHERE day > $1 AND day <= $2 ORDER BY day
