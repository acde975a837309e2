"""The scenarios, each told once."""
