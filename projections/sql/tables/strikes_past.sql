-- What a strike was before each change, so that "as of" can be answered.
CREATE TABLE strikes_past (LIKE strikes INCLUDING DEFAULTS);
ALTER TABLE strikes_past ADD PRIMARY KEY (strike, change);
CREATE INDEX strikes_past_account ON strikes_past (account);
