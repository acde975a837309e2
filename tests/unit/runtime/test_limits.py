"""Bounds that only hold together."""

from __future__ import annotations

from events.catalogue import INPUT_BYTES_MAX, RECORD_BYTES_MAX
from services.runtime import limits


def test_a_batch_that_the_engine_sends_fits_every_topic_that_a_stage_writes() -> None:
    """`max.message.bytes` bounds whole record batches, not records."""
    assert limits.SEND_BYTES_MAX <= RECORD_BYTES_MAX
    assert limits.OUTPUT_BYTES_MAX <= RECORD_BYTES_MAX


def test_the_dead_letter_of_the_largest_input_still_fits() -> None:
    """With headers that say why."""
    assert INPUT_BYTES_MAX + 100_000 <= limits.OUTPUT_BYTES_MAX


def test_a_revocation_outlasts_a_transaction_and_ends_before_the_rebalance_does() -> None:
    """Else the batch in flight would be lost, or the member thrown out."""
    assert limits.TRANSACTION_TIMEOUT_S < limits.REVOKE_WAIT_S_MAX < limits.REBALANCE_TIMEOUT_S
    assert limits.HEARTBEAT_S * 3 <= limits.SESSION_TIMEOUT_S < limits.TRANSACTION_TIMEOUT_S


def test_a_drain_ends_before_an_orchestrator_kills() -> None:
    """Ten seconds are the usual grace."""
    assert limits.DRAIN_S_MAX + 1 < 10
