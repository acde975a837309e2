-- What a row of the queue says beside its case. Goes after the page.
SELECT
    page.case_id, page.account, page.subject, page.case_kind, page.version, page.status, page.urgent,
    page.escalated, page.severity, page.summary, page.opened_at, page.closed_at, page.closed_by, page.result,
    page.report_weight,
    coalesce(greatest(found.confidence, struck.confidence), 0) AS score,
    coalesce(found.guidelines, '{}') || coalesce(struck.guidelines, '{}') || coalesce(told.reasons, '{}')
                                                           AS guidelines,
    coalesce(told.reports, 0)                              AS report_count,
    coalesce(told.people, 0)                               AS people,
    standing.active_points, standing.suspended, standing.terminated, standing.termination_proposed,
    standing.warnings, standing.account_kind,
    lease.actor AS assignee, lease.until > now() AS held
FROM page
LEFT JOIN standings AS standing ON standing.account = page.account
LEFT JOIN desk.leases AS lease ON lease.case_id = page.case_id
LEFT JOIN LATERAL (
    SELECT max((one -> 'evidence' ->> 'confidence')::integer) AS confidence,
           array_agg(DISTINCT one ->> 'guideline')            AS guidelines
    FROM unnest(page.findings) AS one
) AS found ON true
LEFT JOIN LATERAL (
    SELECT max((evidence ->> 'confidence')::integer) AS confidence,
           array_agg(DISTINCT guideline) AS guidelines
    FROM strikes WHERE strike = ANY (page.strikes)
) AS struck ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS reports, count(DISTINCT reporter) AS people, array_agg(DISTINCT reason) AS reasons
    FROM report_foldings WHERE case_id = page.case_id AND withdrawn_at IS NULL
) AS told ON true

