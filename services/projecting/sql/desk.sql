-- What the API keeps of its own: decisions that it sent, and who saw what. No rebuild touches it.

-- Each decision or appeal that was sent, so that asking again repeats the first answer instead of deciding
-- again. `request` is the SHA-256 of what was asked; `since` the entity's last sequence from before, after
-- which the outcome is looked for. `answer` is the first answer, once there is one.
CREATE TABLE desk.decisions (
    decision        text        PRIMARY KEY,
    actor           text        NOT NULL,
    idempotency_key text,
    request         bytea       NOT NULL,
    entity          text        NOT NULL,
    verb            text        NOT NULL,
    since           bigint      NOT NULL,
    batch           text,
    asked_at        timestamptz NOT NULL DEFAULT now(),
    status          integer,
    answer          jsonb
);

CREATE UNIQUE INDEX decisions_key ON desk.decisions (actor, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX decisions_batch ON desk.decisions (batch) WHERE batch IS NOT NULL;

-- Who saw personal data, and who was refused: never the data. Anonymous refusals of one kind within a minute
-- share a row and are counted in `times`, so that nobody without a key can fill the table.
CREATE TABLE desk.access_log (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    actor      text,
    capability text,
    method     text        NOT NULL,
    route      text        NOT NULL,
    account    text,
    case_id    text,
    result     text        NOT NULL CHECK (result IN ('seen', 'refused')),
    status     integer     NOT NULL,
    times      integer     NOT NULL DEFAULT 1
);

CREATE INDEX access_log_actor ON desk.access_log (actor, id);
CREATE INDEX access_log_account ON desk.access_log (account, id) WHERE account IS NOT NULL;
CREATE INDEX access_log_case ON desk.access_log (case_id, id) WHERE case_id IS NOT NULL;
CREATE UNIQUE INDEX access_log_anonymous ON desk.access_log (at, method, route, status) WHERE actor IS NULL;
