-- How far the projection has come: what counts for it is in the database, not in its group.
SELECT held.topic, held.partition, max(held.next) AS next
FROM stream_offsets AS held
LEFT JOIN projections AS build ON build.schema_name = held.reader
WHERE build.state = 'live' OR build.schema_name IS NULL
GROUP BY held.topic, held.partition
