-- What moderators make at their console. No rebuild touches it, and nothing of it is a decision.

-- Who is signed in. Neither the token nor the key is kept: only what tells that they are the same again.
CREATE TABLE desk.sessions (
    token_hash bytea       PRIMARY KEY,
    key_digest text        NOT NULL,
    actor      text        NOT NULL,
    csrf       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE INDEX sessions_expire ON desk.sessions (expires_at);

-- Who has a case before them, so that two people don't answer it at once; `until` is when that lapses.
-- Past leases stay for a while: they say who looked last.
CREATE TABLE desk.leases (
    case_id  text        PRIMARY KEY,
    actor    text        NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    until    timestamptz NOT NULL
);

CREATE INDEX leases_actor ON desk.leases (actor, taken_at);

-- Filters of the queue that somebody wants to come back to.
CREATE TABLE desk.saved_filters (
    actor    text        NOT NULL,
    name     text        NOT NULL,
    query    text        NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, name)
);

-- Second answers to a small sample of cases, given without seeing the first.
CREATE TABLE desk.second_reviews (
    case_id     text        PRIMARY KEY,
    first_by    text        NOT NULL,
    first_said  text        NOT NULL,
    actor       text        NOT NULL,
    said        text        NOT NULL CHECK (said IN ('violation', 'no_violation')),
    agrees      boolean     NOT NULL,
    reviewed_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX second_reviews_reviewed ON desk.second_reviews (reviewed_at);
