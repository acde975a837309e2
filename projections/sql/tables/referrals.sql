-- One row per referral to law enforcement; only few may see it.
CREATE TABLE referrals (
    referral           text        PRIMARY KEY,
    account            text        NOT NULL,
    case_id            text        NOT NULL,
    about              text        NOT NULL,
    emergency          boolean     NOT NULL,
    status             text        NOT NULL,
    overdue            boolean     NOT NULL,
    posts              text[]      NOT NULL,
    refs               text[]      NOT NULL,
    proposed_by        text        NOT NULL,
    proposed_at        timestamptz NOT NULL,
    reason_ref         text,
    review_by          timestamptz,
    settled_by         text,
    settled_at         timestamptz,
    settled_reason_ref text,
    change             integer     NOT NULL,
    sequence           bigint      NOT NULL,
    partition          integer     NOT NULL,
    ledger_offset      bigint      NOT NULL,
    recorded_at        timestamptz NOT NULL,
    effective_at       timestamptz NOT NULL
);

CREATE INDEX referrals_account ON referrals (account, proposed_at, referral);
CREATE INDEX referrals_case ON referrals (case_id);
CREATE INDEX referrals_about ON referrals (about);

-- What awaits a second person.
CREATE INDEX referrals_open ON referrals (proposed_at, referral) WHERE status = 'proposed';
