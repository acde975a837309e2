-- What a post said, revision by revision, as far as it was kept.
SELECT ref, value FROM contents WHERE post = $1 AND kind IN ('post', 'report_copy') ORDER BY received_at, ref LIMIT $2
