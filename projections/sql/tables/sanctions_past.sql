-- What a sanction was before each change, so that "as of" can be answered. Found by account only; rows are
-- written with the row that supersedes them, so no key of its own guards them.
CREATE TABLE sanctions_past (LIKE sanctions INCLUDING DEFAULTS);
CREATE INDEX sanctions_past_account ON sanctions_past (account);
