-- What pulse says, for the console: approximate, bounded in rows, and no source of anything.
-- One row per thing that is counted and its label (a guideline, a reason, a kind): `seconds` of the last minute, the newest
-- last, and the minute as a whole.
CREATE TABLE desk.pulse_rates (
    name    text     NOT NULL,
    label   text     NOT NULL,
    seconds bigint[] NOT NULL,
    minute  bigint   NOT NULL,
    PRIMARY KEY (name, label)
) WITH (fillfactor = 50);

-- The last things that happened, the highest `line` last. Ids and names of the code only.
CREATE TABLE desk.pulse_feed (
    line      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    what      text        NOT NULL,
    account   text        NOT NULL,
    guideline text        NOT NULL,
    id        text        NOT NULL,
    detail    text        NOT NULL
);

-- How far each stage is behind the end of what it reads, in offsets.
CREATE TABLE desk.pulse_lags (
    stage  text   NOT NULL,
    topic  text   NOT NULL,
    behind bigint NOT NULL,
    PRIMARY KEY (stage, topic)
) WITH (fillfactor = 50);

-- The one row that says how fresh all this is. `missed`: records that pulse let go of to keep up, since it started.
CREATE TABLE desk.pulse_state (
    one        boolean     PRIMARY KEY DEFAULT true CHECK (one),
    written_at timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    watched    integer     NOT NULL,
    partitions integer     NOT NULL,
    missed     bigint      NOT NULL
);

-- What happened on each day (UTC) under each guideline, so that nobody counts millions of rows for a page. Findings are counted as
-- pulse sees them go by; all else is counted again from the projection's tables, the latest days often and older ones in turn.
CREATE TABLE desk.pulse_days (
    day       date   NOT NULL,
    name      text   NOT NULL,
    guideline text   NOT NULL,
    number    bigint NOT NULL,
    PRIMARY KEY (day, name, guideline)
) WITH (fillfactor = 70);
