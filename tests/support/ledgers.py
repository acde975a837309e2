"""Small ledgers for tests: real ones, left by the pure cores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from events.ids import digest
from events.ledger import genesis
from services.replay import export as lines
from services.replay.chain import Head
from tests.model.histories import Play, Step
from tests.support.world import World

HISTORY: Sequence[Step] = (
    ("post", 5, 0, 0),
    ("wait", 0, 3, 0),
    ("post", 4, 0, 0),
    ("confirm", 0, 0, 0),
    ("told", 0, 0, 0),
    ("strike", 5, 1, 1),
    ("wait", 0, 5, 0),
    ("stale", 0, 0, 0),
    ("overturn", 0, 0, 0),
    ("suspend", 1, 0, 0),
    ("wait", 0, 8, 0),
)


def small_world(account: str = "ann", partition: int = 0, prefix: str = "") -> World:
    """A world in which an account was struck, suspended, cleared and let go: a dozen entries."""
    play = Play(account=account, partition=partition, prefix=prefix)
    play.run(HISTORY)
    return play.world


def head(entries: Sequence[bytes], partition: int = 0, prefix: str = "") -> Head:
    """Count and hash of these entries."""
    return Head(len(entries), digest(entries[-1]) if entries else genesis(partition, prefix))


def exported(worlds: Iterable[World], prefix: str = "") -> list[bytes]:
    """The lines of an export of several partitions, in the order of their numbers."""
    worlds = list(worlds)
    text = [lines.write_header(prefix, len(worlds))]
    policies = {version: policy for world in worlds for version, policy in world.policies.items()}
    text += lines.write_policies(policies)
    for world in worlds:
        text.append(lines.write_partition(world.partition))
        text += [data + b"\n" for data in world.ledger]
    text.append(lines.write_heads({w.partition: head(w.ledger, w.partition, prefix) for w in worlds}))
    return text
