DELETE FROM content_holds WHERE hold = $1 RETURNING ref
