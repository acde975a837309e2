-- Whose a strike, sanction, case or appeal is, and at which version. An appeal is decided as its case.
SELECT account, version, NULL AS case_kind FROM strikes WHERE $1 = 'strike' AND strike = $2
UNION ALL
SELECT account, version, NULL FROM sanctions WHERE $1 = 'sanction' AND sanction = $2
UNION ALL
SELECT account, version, case_kind FROM cases WHERE $1 = 'case' AND case_id = $2
UNION ALL
SELECT account, version, NULL FROM cases WHERE $1 = 'appeal' AND case_id = $2
UNION ALL
SELECT account, version::integer, NULL FROM standings WHERE $1 = 'account' AND account = $2
