SELECT appeals.*, cases.version AS case_version
FROM appeals LEFT JOIN cases ON cases.case_id = appeals.appeal
WHERE appeals.appeal = $1
