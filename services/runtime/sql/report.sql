-- A report, both sides together, with the kind of its case.
SELECT told.*, cases.case_kind
FROM (
    SELECT
        $1::text AS report,
        coalesce(filing.account, folding.reporter) AS reporter,
        coalesce(filing.subject_account, folding.account) AS subject_account,
        filing.post, filing.revision, coalesce(folding.by_email, false) AS by_email, folding.reason, filing.result,
        coalesce(folding.weight, filing.weight) AS weight, folding.case_id, folding.content_ref,
        folding.reason_ref, coalesce(filing.filed_at, folding.folded_at) AS filed_at,
        coalesce(filing.withdrawn_at, folding.withdrawn_at) AS withdrawn_at, filing.outcome, filing.settled_at
    FROM (SELECT * FROM report_filings WHERE report = $1) AS filing
    FULL JOIN (SELECT * FROM report_foldings WHERE report = $1) AS folding USING (report)
) AS told
LEFT JOIN cases ON cases.case_id = told.case_id
