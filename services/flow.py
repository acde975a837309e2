"""Who reads and writes what: the flow of the whole system, as a table.

A stage's name is also its folder under `services/`, its container, its consumer group (after the configured
prefix) and its metric label. Topics are named as in the catalogue, `events/catalogue.py`. Tests hold this
table against the folders, the topics and the containers.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec


class Flow(msgspec.Struct, frozen=True):
    """One stage.

    `reads` are topics that it consumes with its group, every record once, the first polled first. `follows`
    are topics that each of its workers reads whole, outside the group: policies, and its own changelog on a
    restore. `writes` are topics that it writes to. `database` says whether it writes PostgreSQL. `measures`
    are topics of which it only asks how long they are.
    """

    name: str
    does: str
    reads: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    database: bool = False
    measures: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Where its code is."""
        return f"services/{self.name}"

    @property
    def group(self) -> str | None:
        """Its consumer group, without the prefix; None: it consumes nothing."""
        return self.name if self.reads else None


_ALL: Final = (
    Flow(
        "screening",
        "holds events against the guidelines, and forwards what bears on somebody's standing",
        reads=("decisions", "accounts", "reports", "posts"),
        follows=("policies", "control", "screening-state"),
        writes=("signals", "contents", "screening-state", "dead_letters"),
    ),
    Flow(
        "enforcement",
        "decides, one entity at a time, and writes down what was decided",
        reads=("signals",),
        follows=("policies", "control", "enforcement-state"),
        writes=(
            "ledger",
            "strikes",
            "sanctions",
            "standings",
            "signals",
            "enforcement-state",
            "dead_letters",
        ),
    ),
    Flow(
        "projecting",
        "turns the ledger into rows that people and the API read",
        reads=("ledger", "contents"),
        database=True,
    ),
    Flow(
        "clock",
        "says what time it is, and which policy is in force, in every partition",
        reads=("control",),
        follows=("policies", "clock-state"),
        writes=("signals", "clock-state", "dead_letters"),
    ),
    Flow(
        "pulse",
        "shows how much is happening now; approximate, and nothing is decided by it",
        reads=("ledger", "strikes", "sanctions", "dead_letters"),
        measures=("posts", "reports", "accounts"),
        database=True,
    ),
    Flow(
        "api",
        "answers what an account's standing is and why, and takes decisions and appeals",
        follows=("policies", "control"),
        writes=("decisions", "accounts"),
        database=True,
    ),
)
STAGES: Final = MappingProxyType({flow.name: flow for flow in _ALL})
"""Every stage, by name."""

BETWEEN: Final = MappingProxyType(
    {
        "post_screened": ("fingerprint_sighted", "hostility_sighted", "contact_barred"),
        "account_changed": ("key_shared", "key_barred"),
        "merit_earned": ("merit_given",),
        "report_filed": ("report_weighed",),
        "report_weighed": ("report_answered",),
        "report_withdrawn:reporter": ("report_withdrawn:subject",),
        "decided": ("report_answered", "key_barred", "link_decided", "record_carried"),
        "record_carried": ("key_barred", "record_returned"),
        "record_returned": ("key_barred",),
        "key_shared": ("pair_shared", "bar_met", "name_met"),
        "key_barred": ("bar_met",),
        "fingerprint_sighted": ("campaign_found",),
        "contact_refused": ("contact_barred",),
    }
)
"""Which kinds of signals one entity may send to another, by the kind that it decides. Nothing here leads
back to itself, so whatever comes in comes to an end. A signal that failed, once decided again, sends as its
own."""
