"""The commands of `goodstanding`, a file for each kind of work."""
