-- How far the live projection has come, per partition, and what it last applied there.
SELECT held.partition, held.next, last.ledger_offset, last.recorded_at, last.entity, last.sequence, build.build, build.version
FROM projections AS build
JOIN stream_offsets AS held ON held.reader = build.schema_name AND held.topic = 'ledger'
LEFT JOIN LATERAL (
    SELECT ledger_offset, recorded_at, entity, sequence FROM audit_entries
    WHERE audit_entries.partition = held.partition
    ORDER BY ledger_offset DESC
    LIMIT 1
) AS last ON true
WHERE build.state = 'live'
ORDER BY held.partition
