-- Reports that came to a case, the latest first. Any filter may be null; ($7, $8) is where the previous page
-- ended. $1: the account that they are about, $2: the reporter, $3: the case, $4: the reason, $5: what the
-- reporter was told, $6: whether they were told, [$10, $11): when it was filed, $12: kinds of cases left out.
SELECT
    folding.report, folding.reporter, folding.account AS subject_account, filing.post, filing.revision,
    folding.by_email, folding.reason, filing.result, folding.weight, folding.case_id, folding.content_ref,
    folding.reason_ref, coalesce(filing.filed_at, folding.folded_at) AS filed_at, folding.folded_at,
    coalesce(filing.withdrawn_at, folding.withdrawn_at) AS withdrawn_at, filing.outcome, filing.settled_at
FROM report_foldings AS folding
LEFT JOIN report_filings AS filing ON filing.report = folding.report
WHERE ($1::text IS NULL OR folding.account = $1)
  AND ($2::text IS NULL OR folding.reporter = $2)
  AND ($3::text IS NULL OR folding.case_id = $3)
  AND ($4::text IS NULL OR folding.reason = $4)
  AND ($5::text IS NULL OR filing.outcome = $5)
  AND ($6::boolean IS NULL OR (filing.settled_at IS NOT NULL) = $6)
  AND ($7::timestamptz IS NULL OR (folding.folded_at, folding.report) < ($7, $8::text))
  AND ($10::timestamptz IS NULL OR folding.folded_at >= $10)
  AND ($11::timestamptz IS NULL OR folding.folded_at < $11)
  AND ($12::text[] IS NULL
       OR NOT EXISTS (SELECT FROM cases
                      WHERE cases.case_id = folding.case_id AND cases.case_kind = ANY ($12)))
ORDER BY folding.folded_at DESC, folding.report DESC
LIMIT $9
