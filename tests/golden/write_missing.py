"""Writes golden bytes for what has none yet, and never over what is there.

Run `python -m tests.golden.write_missing`. Golden bytes are what older builds wrote, and are frozen: a build
that can't read them any more can't read its own past. For public input events they are written by hand;
signals, entries and outcomes, which a build makes itself, are written here.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from events.codec import encode
from events.ledger import Entry, Outcome, Refused
from events.publish import public_events
from events.signals import AppealFiled, Body, Signal, Tick
from tests.golden.kinds import bodies, outcomes, tag
from tests.support.filled import filled

GOLDEN = Path(__file__).parent


def entry(outcome: Outcome) -> Entry:
    """An entry that holds just this outcome."""
    signal = filled(Signal, body=filled(Tick))
    return filled(Entry, entity="account:an-account", cause=signal, outcomes=(outcome,), emitted=(signal,))


def signal(body: Body) -> Signal:
    """A signal with this body."""
    return filled(Signal, body=body)


def main() -> None:
    """Write what is missing."""
    files: dict[str, bytes] = {}
    for body in bodies():
        files[f"signals/{tag(body)}.json"] = encode(signal(filled(body)))
    for kind in outcomes():
        made = entry(filled(kind))
        files[f"ledger/{tag(kind)}.json"] = encode(made)
        for _, _, value in public_events(made):
            name = value.decode().partition('"type":"')[2].partition('"')[0]
            files[f"events/{name}.json"] = value
    refused = msgspec.structs.replace(
        entry(filled(Refused, code="too_late")), cause=signal(filled(AppealFiled))
    )
    for _, _, value in public_events(refused):
        files["events/goodstanding.appeal.refused.v1.json"] = value
    for name, data in files.items():
        path = GOLDEN / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)


if __name__ == "__main__":
    main()
