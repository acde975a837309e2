-- New lines, in their order.
INSERT INTO desk.pulse_feed (at, what, account, guideline, id, detail)
SELECT at, what, account, guideline, id, detail
FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    WITH ORDINALITY AS told (at, what, account, guideline, id, detail, place)
ORDER BY place
