"""Screening: holds each event against the guidelines, and forwards what bears on somebody's standing."""
