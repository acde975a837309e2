"""Fewer words from the client library."""

from __future__ import annotations

import logging

import pytest

from services.runtime.quiet import OncePerWhile


def test_a_message_is_said_once_per_while_and_others_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments don't count: the same failure names ever new connections."""
    now = 100.0
    monkeypatch.setattr("services.runtime.quiet.time.monotonic", lambda: now)
    once = OncePerWhile()

    def said(message: str, *arguments: object) -> bool:
        return once.filter(logging.LogRecord("aiokafka", logging.ERROR, "", 0, message, arguments, None))

    assert [said("unable to connect to %s", 1), said("unable to connect to %s", 2), said("other")] == [
        True,
        False,
        True,
    ]
    now = 106.0
    assert said("unable to connect to %s", 3)
