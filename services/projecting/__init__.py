"""The stage that writes what was decided, and contents, into PostgreSQL; and rebuilds, compares and swaps its tables."""
