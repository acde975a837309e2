"""What pulse makes of a record: counts, and lines that hold ids and names of the code only."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from events.codec import decode_entry
from events.publish import public_events
from services.pulse.seen import NOTHING, SHOWN_CASES, Seen, seen
from tests.support.ledgers import small_world


def entry(*outcomes: dict[str, Any], findings: tuple[str, ...] = (), entity: str = "account:ann") -> bytes:
    """A ledger entry, as far as pulse looks at it, with what it must not look at."""
    body = {"kind": "post_screened", "findings": [{"guideline": one, "reason": "secret"} for one in findings]}
    return json.dumps(
        {
            "entity": entity,
            "sequence": 1,
            "recorded_at": "2026-03-01T23:59:59Z",
            "cause": {"body": body},
            "outcomes": outcomes,
        }
    ).encode()


def test_an_entry_counts_its_signal_and_findings() -> None:
    """By the signal's kind, and by guideline; on the day that it was recorded."""
    said = seen("ledger", entry(findings=("no-spam", "no-hate", "no-spam")))
    assert said.counts == (
        ("signals", "post_screened"),
        ("findings", "no-spam"),
        ("findings", "no-hate"),
        ("findings", "no-spam"),
    )
    assert (said.items, said.day) == ((), date(2026, 3, 1))


@pytest.mark.parametrize("kind", ["welfare", "restricted", "referral", "something_new"])
def test_a_case_that_needs_a_capability_of_its_own_is_counted_and_not_told(kind: str) -> None:
    """Whoever sees the feed may not see it; what isn't known here is no exception."""
    assert kind not in SHOWN_CASES
    said = seen("ledger", entry({"kind": "case_opened", "case": "case-1", "case_kind": kind}))
    assert ("cases", "") in said.counts
    assert said.items == ()


def test_cases_and_appeals_are_told_with_ids() -> None:
    """Without summary, reason or reporter."""
    opened = {"kind": "case_opened", "case": "case-1", "case_kind": "report", "summary": "secret"}
    filed = {"kind": "appeal_filed", "appeal": "appeal-1", "about": "strike-1", "text_ref": "secret"}
    decided = {"kind": "appeal_decided", "appeal": "appeal-1", "outcome": "denied", "reason_ref": "secret"}
    said = seen("ledger", entry(opened, filed, decided))
    assert [(one.what, one.account, one.id, one.detail) for one in said.items] == [
        ("case opened", "ann", "case-1", "report"),
        ("appeal filed", "ann", "appeal-1", ""),
        ("appeal decided", "ann", "appeal-1", "denied"),
    ]
    assert "secret" not in repr(said)


def test_what_enforcement_publishes_is_understood() -> None:
    """Every strike and every sanction of a real history is counted under its guideline, and told."""
    world = small_world()
    strikes = sanctions = 0
    for data in world.ledger:
        for topic, _, value in public_events(decode_entry(data)):
            said = seen(topic, value)
            strikes += sum(name == "strikes" and bool(label) for name, label in said.counts)
            sanctions += sum(name == "sanctions" and bool(label) for name, label in said.counts)
            assert all(one.account == "ann" and one.id for one in said.items)
        assert seen("ledger", data).counts[0][0] == "signals"
    assert strikes == len(world.view.strikes)
    assert sanctions == len(world.view.sanctions)


def test_a_dead_letter_counts_by_its_reason() -> None:
    """Whatever it holds; a foreign one under none."""
    assert seen("dead_letters", b"{", [("gs-reason-code", b"json_invalid")]).counts == (
        ("dead_letters", "json_invalid"),
    )
    assert seen("dead_letters", None).counts == (("dead_letters", ""),)


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"\xff\xfe", b'{"entity": 7}', b"[" * 100_000])
@pytest.mark.parametrize("topic", ["ledger", "strikes", "sanctions", "another"])
def test_what_cannot_be_read_says_nothing(topic: str, value: bytes | None) -> None:
    """Pulse never stops at a record."""
    assert seen(topic, value) == NOTHING == Seen()


def test_ids_are_cut_to_what_the_platform_may_send() -> None:
    """A foreign writer can't fill the feed."""
    data = {"strike": "y" * 10_000, "guideline": "z" * 10_000}
    long = json.dumps(
        {
            "type": "goodstanding.strike.issued.v1",
            "subject": "x" * 10_000,
            "time": "2026-03-01T00:00:00Z",
            "data": data,
        }
    ).encode()
    (item,) = seen("strikes", long).items
    assert max(map(len, (item.account, item.id, item.guideline))) <= 140
