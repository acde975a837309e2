-- Reports, both sides together. One side may be missing: a report by e-mail has no filing, an ignored one no folding.
CREATE VIEW reports AS
SELECT
    report,
    coalesce(filing.account, folding.reporter)        AS reporter,
    coalesce(filing.subject_account, folding.account) AS subject_account,
    filing.post,
    filing.revision,
    coalesce(folding.by_email, false)                 AS by_email,
    folding.reason,
    filing.result,
    coalesce(folding.weight, filing.weight)           AS weight,
    folding.case_id,
    folding.content_ref,
    folding.reason_ref,
    coalesce(filing.filed_at, folding.folded_at)      AS filed_at,
    folding.folded_at,
    coalesce(filing.withdrawn_at, folding.withdrawn_at) AS withdrawn_at,
    filing.outcome,
    filing.settled_at,
    filing.partition      AS filing_partition,
    filing.ledger_offset  AS filing_offset,
    folding.partition     AS folding_partition,
    folding.ledger_offset AS folding_offset
FROM report_filings AS filing
FULL JOIN report_foldings AS folding USING (report);
