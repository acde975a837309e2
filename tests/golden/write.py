"""Writes the golden ledger of this build: every story, each in a partition of its own.

Run it after the decider's version was raised, and keep the older file beside it under its version:
`git mv tests/golden/ledger.jsonl tests/golden/ledger-<old version>.jsonl; python -m tests.golden.write`.
"""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.scenarios import STORIES
from tests.acceptance.scenarios.policies import policies
from tests.support.ledgers import exported
from tests.support.play import PurePlayer, tell_story

GOLDEN = Path(__file__).parent / "ledger.jsonl"


def golden_lines() -> list[bytes]:
    """The lines of the golden ledger, as this build would write them."""
    worlds = []
    for number, story in enumerate(STORIES):
        player = PurePlayer(policies(), story.policy, partition=number, suffix=f"~{number}")
        tell_story(player, story)
        worlds.append(player.world)
    return exported(worlds)


if __name__ == "__main__":
    GOLDEN.write_bytes(b"".join(golden_lines()))
