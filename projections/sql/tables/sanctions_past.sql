-- What a sanction was before each change, so that "as of" can be answered.
CREATE TABLE sanctions_past (LIKE sanctions INCLUDING DEFAULTS);
ALTER TABLE sanctions_past ADD PRIMARY KEY (sanction, change);
CREATE INDEX sanctions_past_account ON sanctions_past (account);
