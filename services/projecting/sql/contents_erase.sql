-- Erase what isn't held; what is held is erased when its last hold is released.
WITH asked AS (
    UPDATE contents SET erase_asked = true
    WHERE ref = ANY ($1::text[]) AND EXISTS (SELECT FROM content_holds WHERE content_holds.ref = contents.ref)
)
DELETE FROM contents
WHERE ref = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM content_holds WHERE content_holds.ref = contents.ref)
