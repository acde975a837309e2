"""Pulse: live rates and an activity feed. What it says is approximate, and nothing is decided by it."""
