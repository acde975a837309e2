-- Findings that went by since the last writing.
INSERT INTO desk.pulse_days AS known (day, name, guideline, number)
SELECT day, 'findings', guideline, number FROM unnest($1::date[], $2::text[], $3::bigint[]) AS seen (day, guideline, number)
ON CONFLICT (day, name, guideline) DO UPDATE SET number = known.number + excluded.number
