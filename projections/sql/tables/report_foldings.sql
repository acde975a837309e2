-- A report at the account that it is about. Written by the subject's partition only.
CREATE TABLE report_foldings (
    report        text        PRIMARY KEY,
    account       text        NOT NULL,
    reporter      text        NOT NULL,
    by_email      boolean     NOT NULL,
    case_id       text        NOT NULL,
    reason        text        NOT NULL,
    weight        integer     NOT NULL,
    content_ref   text,
    reason_ref    text,
    folded_at     timestamptz NOT NULL,
    withdrawn_at  timestamptz,
    change        integer     NOT NULL,
    sequence      bigint      NOT NULL,
    partition     integer     NOT NULL,
    ledger_offset bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    effective_at  timestamptz NOT NULL
);

CREATE INDEX report_foldings_account ON report_foldings (account);
CREATE INDEX report_foldings_case ON report_foldings (case_id);
CREATE INDEX report_foldings_folded ON report_foldings (folded_at, report);
