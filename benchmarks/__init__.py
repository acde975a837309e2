"""What Goodstanding carries on this machine, beside a peer that does the same work."""
