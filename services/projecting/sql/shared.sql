-- What no rebuild touches: positions, the registry of builds, contents. And an empty schema for what people make at the desk.
CREATE SCHEMA desk;

-- How far each reader has come. `next` is written with the rows that it stands for, in one transaction.
-- `epoch` is the fence: whoever takes a partition over raises it, and everybody with an older one writes nothing any more.
CREATE TABLE stream_offsets (
    reader     text        NOT NULL,
    topic      text        NOT NULL,
    partition  integer     NOT NULL,
    next       bigint      NOT NULL,
    epoch      bigint      NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reader, topic, partition)
) WITH (fillfactor = 50);

-- The builds of each projection: at most one is live, and the views of this schema show it.
CREATE TABLE projections (
    build       integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text        NOT NULL,
    version     integer     NOT NULL,
    schema_name text        NOT NULL UNIQUE,
    state       text        NOT NULL CHECK (state IN ('building', 'live', 'retired')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    live_since  timestamptz
);

CREATE UNIQUE INDEX projections_live ON projections (name) WHERE state = 'live';

-- Snapshots of flagged or reported content and all free text, by reference. Outside rebuild and comparison.
CREATE TABLE contents (
    ref         text        PRIMARY KEY,
    account     text        NOT NULL,
    kind        text        NOT NULL,
    post        text,
    received_at timestamptz NOT NULL,
    value       bytea       NOT NULL,
    erase_asked boolean     NOT NULL DEFAULT false
);

CREATE INDEX contents_account ON contents (account);
CREATE INDEX contents_post ON contents (post) WHERE post IS NOT NULL;

-- A hold beats an erasure: what is held stays until the last hold on it is released.
CREATE TABLE content_holds (
    ref       text        NOT NULL,
    hold      text        NOT NULL,
    placed_by text        NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ref, hold)
);
