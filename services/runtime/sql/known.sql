-- Whether the ledger knows an entity, and whether its rows were purged.
SELECT
    EXISTS (SELECT FROM audit_entries WHERE entity = $1) AS recorded,
    EXISTS (SELECT FROM purges WHERE account = $2)       AS purged
