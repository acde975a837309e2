-- One row per question that awaits, or has had, a person's answer.
CREATE TABLE cases (
    case_id         text        PRIMARY KEY,
    account         text        NOT NULL,
    subject         text        NOT NULL,
    case_kind       text        NOT NULL,
    version         integer     NOT NULL,
    status          text        NOT NULL,
    urgent          boolean     NOT NULL,
    escalated       boolean     NOT NULL,
    severity        smallint    NOT NULL,
    summary         text        NOT NULL,
    strikes         text[]      NOT NULL,
    findings        jsonb[]     NOT NULL,
    finding_count   integer     NOT NULL,
    reports         text[]      NOT NULL,
    report_count    integer     NOT NULL,
    report_weight   integer     NOT NULL,
    failed_rules    text[]      NOT NULL,
    failed_signals  text[]      NOT NULL,
    notes           text[]      NOT NULL,
    opened_at       timestamptz NOT NULL,
    opened_sequence bigint      NOT NULL,
    closed_at       timestamptz,
    closed_by       text,
    result          text,
    report_outcome  text,
    reason_ref      text,
    policy_version  text        NOT NULL,
    change          integer     NOT NULL,
    sequence        bigint      NOT NULL,
    partition       integer     NOT NULL,
    ledger_offset   bigint      NOT NULL,
    recorded_at     timestamptz NOT NULL,
    effective_at    timestamptz NOT NULL
);

CREATE INDEX cases_account ON cases (account, opened_at, case_id);
CREATE INDEX cases_opened ON cases (opened_at, case_id);

-- The queue: what is open, urgent first, then the gravest, then the oldest. All ascend, so that a page begins
-- where the one before ended.
CREATE INDEX cases_queue ON cases ((NOT urgent), (-severity), opened_at, case_id) WHERE status = 'open';

-- What is open, by when it was opened.
CREATE INDEX cases_open ON cases (opened_at, case_id) WHERE status = 'open';
