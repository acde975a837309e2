SELECT stage, topic, behind FROM desk.pulse_lags ORDER BY stage, topic
