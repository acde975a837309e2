-- The kinds of an account's cases about a subject, such as `post:p-1`.
SELECT DISTINCT case_kind FROM cases WHERE account = $1 AND subject = $2
