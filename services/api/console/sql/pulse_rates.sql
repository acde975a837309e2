SELECT name, label, seconds, minute FROM desk.pulse_rates ORDER BY name, label
