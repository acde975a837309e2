-- One row per appeal that was taken in; its case has the same id.
CREATE TABLE appeals (
    appeal        text        PRIMARY KEY,
    account       text        NOT NULL,
    about         text        NOT NULL,
    about_kind    text        NOT NULL,
    strikes       text[]      NOT NULL,
    status        text        NOT NULL,
    filed_as      text        NOT NULL,
    filed_by      text        NOT NULL,
    filed_at      timestamptz NOT NULL,
    open_until    timestamptz NOT NULL,
    text_ref      text,
    decided_at    timestamptz,
    decided_by    text,
    fallen        text[]      NOT NULL,
    reduced_to    integer,
    shortened_to  timestamptz,
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
CREATE INDEX appeals_filed ON appeals (filed_at, appeal);

-- What waits for an answer.
CREATE INDEX appeals_pending ON appeals (filed_at, appeal) WHERE status = 'pending';
