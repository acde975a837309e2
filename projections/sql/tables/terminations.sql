-- One row per proposal to end an account, and how a second person settled it.
CREATE TABLE terminations (
    proposal      text        PRIMARY KEY,
    account       text        NOT NULL,
    because       text        NOT NULL,
    proposed_by   text        NOT NULL,
    proposed_at   timestamptz NOT NULL,
    strikes       text[]      NOT NULL,
    status        text        NOT NULL,
    settled_by    text,
    settled_at    timestamptz,
    change        integer     NOT NULL,
    sequence      bigint      NOT NULL,
    partition     integer     NOT NULL,
    ledger_offset bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    effective_at  timestamptz NOT NULL
);

CREATE INDEX terminations_account ON terminations (account, proposed_at, proposal);
