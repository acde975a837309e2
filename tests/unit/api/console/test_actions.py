"""What a page offers: to whom, about whom, and why something can't be done."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from events.capabilities import CONFIRM_REFERRALS, DECIDE_PROTECTED, RESTRICTING
from services.api.console import actions
from services.api.console.actions import Form
from services.keys import CAPABILITIES, Operator

EVERY = frozenset(CAPABILITIES)
LACKS = f"your key lacks `{DECIDE_PROTECTED}`"


def forms(who: Operator, account_kind: str, referrals: tuple[Any, ...] = ()) -> list[Form]:
    """The forms of every page about something of an account of that kind, all of it open."""
    standing: Any = SimpleNamespace(
        account_kind=account_kind, version=3, terminated=False, termination_proposed=True,
        reporter_muted=False, hidden_posts=1,
    )  # fmt: skip
    strike: Any = SimpleNamespace(
        version=1, status="active", confirmed_at=None, severity=2, guideline="no-spam", policy_case="links"
    )
    sanction: Any = SimpleNamespace(version=1, status="in_force", ends_at=datetime(2030, 1, 1, tzinfo=UTC))
    found = []
    for case_kind in ("finding", "termination", "referral", "failed", "link"):
        case: Any = SimpleNamespace(
            status="open", account="u-1", case_id="case-1", version=1, case_kind=case_kind, escalated=False,
            subject="link:u-2" if case_kind == "link" else "post:p-1",
        )  # fmt: skip
        file: Any = SimpleNamespace(
            case=case, standing=standing, findings=(), post="p-1", revision=1, referrals=referrals
        )
        found.append(actions.for_case(who, file, {}, "", ""))
    page: Any = SimpleNamespace(account="u-1", now=standing)
    of_account = actions.for_account(who, page, {}, "", "")
    assert of_account is not None
    for row in ({"strike": strike, "sanction": None}, {"strike": None, "sanction": sanction}):
        told: Any = SimpleNamespace(account="u-1", kind="strike", id="x", **row)
        found.append(actions.for_explained(who, told, account_kind, {}, "", ""))
    return [*found, of_account]


def test_only_what_leaves_staff_worse_off_needs_more_say() -> None:
    """Notes, and what takes something back, need no more than about anybody else: as enforcement has it."""
    who = Operator("ada", EVERY - {DECIDE_PROTECTED})
    for staff, person in zip(forms(who, "staff"), forms(who, "person"), strict=True):
        for one, otherwise in zip(staff.actions, person.actions, strict=True):
            worse = not RESTRICTING.isdisjoint(one.steps or (one.verb,))
            assert one.barred == (LACKS if worse and not otherwise.barred else otherwise.barred), one
    assert all(one.barred != LACKS for form in forms(Operator("bea", EVERY), "staff") for one in form.actions)


def test_nobody_decides_anything_about_their_own_account() -> None:
    """Not even a note; about others' accounts their own says nothing."""
    assert not any(form.possible for form in forms(Operator("ada", EVERY, "u-1"), "person"))
    assert all(form.possible for form in forms(Operator("ada", EVERY, "u-2"), "person"))


@pytest.mark.parametrize("emergency", [False, True])
def test_who_made_a_referral_may_take_it_back_but_not_confirm_it(*, emergency: bool) -> None:
    """Of an emergency's, which was told at once, neither; and turning one down takes who may confirm one."""
    made: Any = SimpleNamespace(
        case_id="case-1", about="case-0", proposed_by="person:ada", status="proposed", emergency=emergency
    )
    referred = (SimpleNamespace(referral=made),)
    second = "you made the referral: a second person answers it"
    mine, others, unable = (
        next(form for form in forms(who, "person", referred) if form.action("confirm_referral"))
        for who in (
            Operator("ada", EVERY),
            Operator("bea", EVERY),
            Operator("cal", EVERY - {CONFIRM_REFERRALS}),
        )
    )
    assert barred(mine) == {"confirm_referral": second, "dismiss": second if emergency else ""}
    assert barred(others) == {"confirm_referral": "", "dismiss": ""}
    lacks = "your key lacks `referrals.confirm`"
    assert barred(unable) == {"confirm_referral": lacks, "dismiss": lacks}


def barred(form: Form) -> dict[str, str]:
    """Why a referral can't be answered."""
    return {one.name: one.barred for one in form.actions if one.name in {"confirm_referral", "dismiss"}}
