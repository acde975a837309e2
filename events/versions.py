"""Every type of public event, with its topic and how firm its contract is.

`stable` contracts change by a new version only, and have golden bytes in the tests. `draft` contracts are
written down and checked, and nothing acts on them yet: they may change, and input of such a type is refused
as not supported (a draft decision is refused by enforcement instead, so that whoever made it sees it).
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import msgspec

from events.accounts import AccountUnion
from events.control import ActivationRequested, AdvanceRequested
from events.decisions import DecisionUnion
from events.envelope import Event, type_of
from events.legal_notices import LegalNoticeFiled, LegalNoticeWithdrawn
from events.outcomes import SanctionOutcome, StandingOutcome, StrikeOutcome
from events.posts import PostUnion
from events.reports import ReportUnion

Status = Literal["stable", "draft"]

DRAFTS: Final = frozenset(
    {
        "goodstanding.legal_notice.filed.v1",
        "goodstanding.legal_notice.withdrawn.v1",
    }
)
"""Take a type out of here when something acts on it, and give it golden bytes."""


class EventType(msgspec.Struct, frozen=True):
    """One type: its name with version, its class, the topic that it goes to, and whether it is stable."""

    name: str
    model: type[Event]
    topic: str
    status: Status


def _types(topic: str, union: Any) -> list[EventType]:
    models: tuple[type[Event], ...] = get_args(union) or (union,)
    names = [(type_of(model), model) for model in models]
    return [EventType(name, model, topic, "draft" if name in DRAFTS else "stable") for name, model in names]


_ALL: Final = (
    *_types("posts", PostUnion),
    *_types("reports", ReportUnion),
    *_types("reports", LegalNoticeFiled | LegalNoticeWithdrawn),
    *_types("accounts", AccountUnion),
    *_types("decisions", DecisionUnion),
    *_types("control", ActivationRequested | AdvanceRequested),
    *_types("strikes", StrikeOutcome),
    *_types("sanctions", SanctionOutcome),
    *_types("standings", StandingOutcome),
)
TYPES: Final[dict[str, EventType]] = {kind.name: kind for kind in _ALL}
"""By name."""
INPUT_TOPICS: Final = ("posts", "reports", "accounts", "decisions")
