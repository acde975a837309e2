"""Texts: normalised once, scanned once for every pattern of every guideline, and led back to what the author wrote."""
