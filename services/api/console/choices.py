"""From a form to decisions: what was filled in, in the words of the contract.

An action of a page is one decision, or several that are made one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import msgspec

from services.api.console import actions
from services.api.console.actions import Action
from services.deciding import Choice

NO_REASON_YET: Final = "–"
REVISION_DIGITS_MAX: Final = 9


class BadForm(ValueError):
    """A form lacks something, or holds what can't be used. The message says what to do."""


class Filled(msgspec.Struct, frozen=True):
    """A form as it came: what it is about, what was seen of it, the action, and its fields by name."""

    kind: str
    target: str
    account: str
    version: int
    standing_version: int
    action: Action
    fields: Mapping[str, str]
    once: str

    def field(self, name: str) -> str:
        """What was filled in; empty where nothing was."""
        return self.fields.get(name, "").strip()


def action_of(kind: str, name: str) -> Action:
    """An action of a page by its name. Raises `BadForm`."""
    found = _BY_PAGE.get(kind, {}).get(name)
    if found is None:
        raise BadForm("choose what to do")
    return found


def choices(filled: Filled, now: datetime, *, draft: bool = False) -> list[Choice]:
    """The decisions of a form, in the order in which they are made; in a draft the reason may be missing yet.

    Raises `BadForm`.
    """
    if not filled.field("reason") and not draft:
        raise BadForm("say why: every decision has a reason")
    return [_choice(filled, verb, now) for verb in filled.action.steps or (filled.action.verb,)]


def _choice(filled: Filled, verb: str, now: datetime) -> Choice:
    data: dict[str, Any] = {"reason": filled.field("reason") or NO_REASON_YET}
    for name in filled.action.fields:
        data |= _FIELDS[name](filled, now)
    if verb == "sanction" and filled.action.steps:
        data = {"reason": data["reason"], "sanction_kind": "warning", "guideline": data["guideline"]}
    elif filled.action.steps:
        data = {"reason": data["reason"]}
    if verb in {"confirm", "dismiss", "restore"} and filled.kind == "case" and filled.field("revision"):
        data["revision"] = _revision(filled)
    if verb == "restore":
        data["target"] = {"kind": "post", "id": filled.field("post")}
    elif verb == "decide_appeal":
        data["appeal"] = filled.target
    elif _about_target(filled, verb):
        data["target"] = {"kind": filled.kind, "id": filled.target}
    version = (
        filled.version if filled.kind == "appeal" or _about_target(filled, verb) else filled.standing_version
    )
    return Choice(verb, filled.account, version, data)


def _about_target(filled: Filled, verb: str) -> bool:
    """Whether the decision is about what the page is about, rather than about the account."""
    if filled.kind == "account":
        return False
    return filled.action.about == "target" or (bool(filled.action.steps) and verb == "dismiss")


# --- fields ----------------------------------------------------------------------------------------


def _guideline_case(filled: Filled, _: datetime) -> dict[str, Any]:
    """A guideline and its case in one; for a case, nothing means: as it was found."""
    value = filled.field("guideline_case")
    if not value:
        if filled.kind != "case":
            raise BadForm("choose the guideline and its case")
        return {}
    guideline, _slash, case = value.partition("/")
    return {"guideline": guideline, "case": case}


def _guideline(filled: Filled, _: datetime) -> dict[str, Any]:
    guideline = filled.field("guideline") or filled.field("guideline_case").partition("/")[0]
    if not guideline:
        raise BadForm("choose the guideline that the account is told of")
    return {"guideline": guideline}


def _severity(filled: Filled, _: datetime) -> dict[str, Any]:
    value = filled.field("severity")
    return {"severity": int(value)} if value in {"1", "2", "3", "4"} else {}


def _lower_severity(filled: Filled, _: datetime) -> dict[str, Any]:
    value = filled.field("lower_severity")
    if value not in {"1", "2", "3"}:
        raise BadForm("choose the severity that it is reduced to")
    return {"severity": int(value)}


def _until(filled: Filled, now: datetime) -> dict[str, Any]:
    """An end: exact where one was written, else a span from now on, else none."""
    exact, span = filled.field("until_exact"), filled.field("until")
    if exact:
        return {"until": _moment(exact)}
    if span in actions.SPANS:
        unit = timedelta(hours=1) if span.endswith("h") else timedelta(days=1)
        return {"until": now + int(span[:-1]) * unit}
    return {"until": None}


def _moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise BadForm(f"`{value}` is no time; write it as `2026-03-01T12:00`, in UTC") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _sanction_kind(filled: Filled, _: datetime) -> dict[str, Any]:
    kind = filled.field("sanction_kind")
    if kind not in actions.SANCTION_KINDS:
        raise BadForm("choose the kind of sanction")
    return {"sanction_kind": kind}


def _outcome(filled: Filled, _: datetime) -> dict[str, Any]:
    outcome = filled.field("outcome")
    return {"outcome": outcome} if outcome in actions.OUTCOMES else {}


def _appeal_outcome(filled: Filled, _: datetime) -> dict[str, Any]:
    outcome = filled.field("appeal_outcome")
    if outcome not in actions.APPEAL_OUTCOMES:
        raise BadForm("choose whether the appeal is granted, partly granted or denied")
    return {"outcome": outcome}


def _fallen(filled: Filled, _: datetime) -> dict[str, Any]:
    fallen = filled.field("fallen").split()
    return {"strikes": fallen} if fallen and _partly(filled) else {}


def _less_severe(filled: Filled, _: datetime) -> dict[str, Any]:
    value = filled.field("less_severe")
    return {"severity": int(value)} if value in {"1", "2", "3"} and _partly(filled) else {}


def _ends(filled: Filled, _: datetime) -> dict[str, Any]:
    value = filled.field("ends")
    return {"until": _moment(value)} if value and _partly(filled) else {}


def _partly(filled: Filled) -> bool:
    return filled.field("appeal_outcome") == "partly_granted"


def _other(filled: Filled, _: datetime) -> dict[str, Any]:
    if not filled.field("other"):
        raise BadForm("name the other account")
    return {"other": filled.field("other")}


def _post(filled: Filled, _: datetime) -> dict[str, Any]:
    post = filled.field("post")
    return {"post": post, "revision": _revision(filled)} if post else {}


def _removed(filled: Filled, _: datetime) -> dict[str, Any]:
    """The post that a content removal takes away; other sanctions have none."""
    if filled.field("sanction_kind") != "content_removal":
        return {}
    if not filled.field("post"):
        raise BadForm("name the post that is to be removed")
    return {"post": filled.field("post"), "revision": _revision(filled)}


def _revision(filled: Filled) -> int:
    """The revision of the post that was seen; the first where none was named."""
    value = filled.field("revision") or "1"
    if not (value.isascii() and value.isdecimal() and len(value) <= REVISION_DIGITS_MAX):
        raise BadForm(f"`{value[:REVISION_DIGITS_MAX]}` is no revision; write a number from 1 on")
    return int(value)


def _emergency(filled: Filled, _: datetime) -> dict[str, Any]:
    return {"emergency": True} if filled.field("emergency") else {}


_FIELDS: Final[Mapping[str, Callable[[Filled, datetime], dict[str, Any]]]] = MappingProxyType(
    {
        "guideline_case": _guideline_case,
        "guideline": _guideline,
        "severity": _severity,
        "lower_severity": _lower_severity,
        "until": _until,
        "sanction_kind": _sanction_kind,
        "outcome": _outcome,
        "appeal_outcome": _appeal_outcome,
        "fallen": _fallen,
        "less_severe": _less_severe,
        "ends": _ends,
        "other": _other,
        "post": _post,
        "removed": _removed,
        "emergency": _emergency,
    }
)


def _named(*of_page: Action) -> Mapping[str, Action]:
    return {one.name: one for one in of_page}


_BY_PAGE: Final[Mapping[str, Mapping[str, Action]]] = MappingProxyType(
    {
        "case": _named(
            actions.DISMISS,
            actions.CONFIRM,
            actions.WARN,
            actions.ESCALATE,
            actions.NOTE,
            actions.RESTORE,
            actions.SANCTION,
            actions.CONFIRM_END,
            actions.LINK,
            actions.REDECIDE,
            actions.PROPOSE_REFERRAL,
            actions.CONFIRM_REFERRAL,
        ),
        "account": _named(
            actions.SANCTION,
            actions.STRIKE,
            actions.NOTE_ACCOUNT,
            actions.MUTE,
            actions.UNMUTE,
            actions.PROPOSE,
            actions.CONFIRM_END,
            actions.LINK,
            actions.UNLINK,
        ),
        "strike": _named(
            actions.OVERTURN, actions.CONFIRM_STRIKE, actions.REDUCE_STRIKE, actions.WAIVE, actions.RECLASSIFY
        ),
        "sanction": _named(actions.OVERTURN, actions.LIFT, actions.SHORTEN, actions.EXTEND, actions.WAIVE),
        "appeal": _named(actions.DECIDE_APPEAL),
    }
)
