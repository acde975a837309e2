"""The stage that writes what was decided, and contents, into PostgreSQL.

And rebuilds, compares and swaps its tables.
"""
