-- What a strike was before each change, so that "as of" can be answered. Found by account only; rows are
-- written with the row that supersedes them, so no key of its own guards them.
CREATE TABLE strikes_past (LIKE strikes INCLUDING DEFAULTS);
CREATE INDEX strikes_past_account ON strikes_past (account);
