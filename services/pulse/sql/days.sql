-- The first and the last day on which anything was counted from the projection's tables.
SELECT least((SELECT min(issued_at) FROM strikes), (SELECT min(starts_at) FROM sanctions))::date AS first,
       greatest((SELECT max(issued_at) FROM strikes), (SELECT max(starts_at) FROM sanctions),
                (SELECT max(opened_at) FROM cases))::date AS last
