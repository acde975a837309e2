SELECT case_id, account, subject, case_kind, status, summary, opened_at, closed_at, result, urgent, escalated
FROM cases WHERE account = $1 ORDER BY opened_at DESC, case_id DESC LIMIT $2
