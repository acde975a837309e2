"""Replays the ledger: proves that it is whole and rightly decided, takes it out, and runs decisions dry."""
