-- One row per appeal.
CREATE TABLE appeals (
    appeal        text        PRIMARY KEY,
    account       text        NOT NULL,
    about         text        NOT NULL,
    status        text        NOT NULL,
    filed_at      timestamptz NOT NULL,
    text_ref      text,
    decided_at    timestamptz,
    decided_by    text,
    reason_ref    text,
    version       integer     NOT NULL,
    change        integer     NOT NULL,
    sequence      bigint      NOT NULL,
    partition     integer     NOT NULL,
    ledger_offset bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    effective_at  timestamptz NOT NULL
);

CREATE INDEX appeals_account ON appeals (account, filed_at, appeal);
CREATE INDEX appeals_about ON appeals (about);
