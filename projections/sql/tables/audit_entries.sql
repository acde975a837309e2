-- The ledger itself, one row per entry with its exact bytes; rows are only ever added.
CREATE TABLE audit_entries (
    partition        integer     NOT NULL,
    ledger_offset    bigint      NOT NULL,
    entity           text        NOT NULL,
    sequence         bigint      NOT NULL,
    recorded_at      timestamptz NOT NULL,
    effective_from   timestamptz NOT NULL,
    effective_at     timestamptz NOT NULL,
    cause_id         text        NOT NULL,
    cause_kind       text        NOT NULL,
    causation_id     text        NOT NULL,
    correlation_id   text        NOT NULL,
    origin_topic     text,
    origin_partition integer,
    origin_offset    bigint,
    origin_event     text,
    origin_type      text,
    actor_kind       text        NOT NULL,
    actor_id         text        NOT NULL,
    policy_version   text        NOT NULL,
    decider_version  text        NOT NULL,
    outcomes         text        NOT NULL,
    emitted          text[],
    active_points    integer     NOT NULL,
    hash             bytea       NOT NULL,
    data             bytea       NOT NULL,
    PRIMARY KEY (partition, ledger_offset)
)
-- Most entries are a few thousand bytes: kept in their row as they are, rather than compressed and moved out.
WITH (toast_tuple_target = 8160);

-- An account's entries in their order; recorded_at rides along to find the last one by a given time.
CREATE UNIQUE INDEX audit_entries_entity ON audit_entries (entity, sequence) INCLUDE (recorded_at);

-- From a signal to the entry that it caused: chains of causes are walked with it.
CREATE INDEX audit_entries_cause ON audit_entries (cause_id);

-- What a person did, in the order of time: few entries are a person's.
CREATE INDEX audit_entries_person ON audit_entries (actor_id, recorded_at, partition, ledger_offset)
    WHERE actor_kind = 'person';
