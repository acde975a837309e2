"""The end of an aiokafka client: nothing that it raises ends the worker that lets go of it."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiokafka.errors import KafkaConnectionError

from services.runtime import limits
from services.runtime.kafka import bounded


async def _raising(error: Exception) -> None:
    raise error


async def test_what_a_client_raises_while_it_ends_is_said_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As uvloop does where aiokafka writes to a connection that is gone."""
    with caplog.at_level(logging.WARNING):
        await bounded(_raising(RuntimeError("the handler is closed")), "closing a producer")
    assert [record.getMessage() for record in caplog.records] == [
        "closing a producer: RuntimeError('the handler is closed')"
    ]


async def test_a_connection_that_is_gone_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    """The broker may be away."""
    with caplog.at_level(logging.WARNING):
        await bounded(_raising(KafkaConnectionError("gone")), "closing a producer")
    assert caplog.records == []


async def test_a_client_that_never_ends_is_let_go(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many seconds, with a warning."""
    monkeypatch.setattr(limits, "STOP_S_MAX", 0.01)
    with caplog.at_level(logging.WARNING):
        await bounded(asyncio.Event().wait(), "closing a producer")
    assert [record.getMessage() for record in caplog.records] == [
        "closing a producer took longer than 0.01 s, let go"
    ]


async def test_whoever_waits_may_still_be_cancelled() -> None:
    """Cancelling isn't an error of the client."""
    waiting = asyncio.ensure_future(bounded(asyncio.Event().wait(), "closing a producer"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
