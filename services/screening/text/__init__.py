"""Texts: normalised once, scanned once for every pattern of every guideline.

And led back to what the author wrote.
"""
