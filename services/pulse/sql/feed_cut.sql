-- Keep the last $1 lines.
DELETE FROM desk.pulse_feed WHERE line <= (SELECT max(line) FROM desk.pulse_feed) - $1
