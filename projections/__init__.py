"""What we show: pure folds from ledger entries to the rows of PostgreSQL's tables, and those tables' SQL."""
