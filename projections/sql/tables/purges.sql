-- Accounts whose rows were taken away on purpose, up to a sequence: later entries may change rows that are gone.
CREATE TABLE purges (
    account   text   PRIMARY KEY,
    sequence  bigint NOT NULL
);
