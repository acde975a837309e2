-- What is looked for by its age, to be forgotten, and by its hold, to be let go.
CREATE INDEX access_log_at ON desk.access_log (at);
CREATE INDEX decisions_asked ON desk.decisions (asked_at);
CREATE INDEX content_holds_hold ON content_holds (hold);
