-- A report at its reporter's account. Written by the reporter's partition only.
CREATE TABLE report_filings (
    report          text        PRIMARY KEY,
    account         text        NOT NULL,
    subject_account text        NOT NULL,
    post            text,
    revision        bigint,
    result          text        NOT NULL,
    weight          integer     NOT NULL,
    filed_at        timestamptz NOT NULL,
    withdrawn_at    timestamptz,
    outcome         text,
    settled_at      timestamptz,
    change          integer     NOT NULL,
    sequence        bigint      NOT NULL,
    partition       integer     NOT NULL,
    ledger_offset   bigint      NOT NULL,
    recorded_at     timestamptz NOT NULL,
    effective_at    timestamptz NOT NULL
);

CREATE INDEX report_filings_account ON report_filings (account, filed_at, report);
