"""The clock: the one voice that says what time it is and which policy is in force, to every partition."""
