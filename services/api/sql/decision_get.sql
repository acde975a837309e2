SELECT decision, actor, entity, verb, since, batch, asked_at FROM desk.decisions WHERE decision = $1
