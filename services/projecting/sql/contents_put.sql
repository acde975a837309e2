-- The latest snapshot under each reference. What was asked to be erased and comes again is wanted again.
INSERT INTO contents (ref, account, kind, post, received_at, value)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[])
ON CONFLICT (ref) DO UPDATE SET
    account = excluded.account,
    kind = excluded.kind,
    post = excluded.post,
    received_at = excluded.received_at,
    value = excluded.value,
    erase_asked = false
