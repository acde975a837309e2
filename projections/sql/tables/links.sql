-- One row per account and other account of which a person said whether they are one person's.
CREATE TABLE links (
    link          text        PRIMARY KEY,
    account       text        NOT NULL,
    other         text        NOT NULL,
    status        text        NOT NULL,
    strikes       text[]      NOT NULL,
    decided_by    text        NOT NULL,
    decided_at    timestamptz NOT NULL,
    reason_ref    text,
    change        integer     NOT NULL,
    sequence      bigint      NOT NULL,
    partition     integer     NOT NULL,
    ledger_offset bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    effective_at  timestamptz NOT NULL
);

CREATE INDEX links_account ON links (account, decided_at, link);
