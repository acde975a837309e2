-- What was asked to be erased while it was held, and is held no more.
DELETE FROM contents
WHERE ref = ANY ($1::text[]) AND erase_asked
  AND NOT EXISTS (SELECT FROM content_holds WHERE content_holds.ref = contents.ref)
