"""From forms to decisions: each action of each page makes decisions that keep to their contracts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services import deciding
from services.api.console import actions, choices
from services.api.console.choices import BadForm, Filled
from services.keys import CAPABILITIES, Operator

NOW = datetime(2030, 1, 1, tzinfo=UTC)
WHO = Operator("mod-ann", frozenset(CAPABILITIES))
FIELDS = {
    "reason": "because",
    "guideline_case": "no-spam/flood",
    "guideline": "no-spam",
    "lower_severity": "1",
    "until": "7d",
    "sanction_kind": "suspension",
    "appeal_outcome": "denied",
    "other": "u-2",
    "post": "p-1",
    "revision": "2",
}
EVERY = [
    (page, name) for page, named in choices._BY_PAGE.items() for name in named
]  # one place that lists them all


def form(page: str, name: str, **fields: str) -> Filled:
    """A form in which everything is filled in."""
    given = {**FIELDS, **fields}
    return Filled(page, "target-1", "u-1", 3, 7, choices.action_of(page, name), given, "once")


@pytest.mark.parametrize(("page", "name"), EVERY)
def test_every_action_makes_decisions_that_keep_to_their_contracts(page: str, name: str) -> None:
    """What a form sends is what the log takes."""
    for choice in choices.choices(form(page, name), NOW):
        event = deciding.build(choice, WHO, NOW, "/test")
        assert event.type == f"goodstanding.decision.{choice.verb}.v1"
        assert event.data.reason == "because"


@pytest.mark.parametrize(("page", "name"), EVERY)
def test_no_decision_goes_without_a_reason(page: str, name: str) -> None:
    """Only a preview may be without one."""
    with pytest.raises(BadForm, match="say why"):
        choices.choices(form(page, name, reason="  "), NOW)
    assert choices.choices(form(page, name, reason=""), NOW, draft=True)


def test_a_decision_names_the_version_of_what_it_is_about() -> None:
    """The case's own, or the standing's for what is decided about the account."""
    by_case = choices.choices(form("case", "dismiss"), NOW)[0]
    by_account = choices.choices(form("case", "sanction"), NOW)[0]
    assert (by_case.version, by_account.version) == (3, 7)
    assert by_case.data["target"] == {"kind": "case", "id": "target-1"}
    assert "target" not in by_account.data


def test_a_warning_instead_is_a_warning_and_then_no_violation() -> None:
    """In this order, each at the version that it is about."""
    warned, closed = choices.choices(form("case", "warn"), NOW)
    assert (warned.verb, warned.version, warned.data["sanction_kind"]) == ("sanction", 7, "warning")
    assert (closed.verb, closed.version) == ("dismiss", 3)


def test_an_end_is_a_span_from_now_an_exact_time_or_none() -> None:
    """An exact one wins, in UTC where it names no zone."""
    ends: list[tuple[dict[str, str], Any]] = [
        ({"until": "7d"}, NOW + timedelta(days=7)),
        ({"until": "24h"}, NOW + timedelta(hours=24)),
        ({"until": "lifted"}, None),
        ({"until": "7d", "until_exact": "2030-02-01T12:00"}, datetime(2030, 2, 1, 12, tzinfo=UTC)),
    ]
    for fields, end in ends:
        assert choices.choices(form("sanction", "extend", **fields), NOW)[0].data["until"] == end
    with pytest.raises(BadForm, match="no time"):
        choices.choices(form("sanction", "extend", until_exact="soon"), NOW)


def test_an_appeal_is_partly_granted_in_the_way_that_was_filled_in() -> None:
    """Strikes, a severity or an end; nothing of them where it is granted or denied as a whole."""
    partly = {"appeal_outcome": "partly_granted"}
    fields = {"fallen": "strike-1 strike-2"}
    assert choices.choices(form("appeal", "decide_appeal", **partly, **fields), NOW)[0].data["strikes"] == [
        "strike-1",
        "strike-2",
    ]
    assert (
        choices.choices(form("appeal", "decide_appeal", **partly, less_severe="1"), NOW)[0].data["severity"]
        == 1
    )
    whole = choices.choices(form("appeal", "decide_appeal", appeal_outcome="granted", **fields), NOW)[0]
    assert "strikes" not in whole.data


def test_what_is_missing_is_said() -> None:
    """Each field says what to do about it."""
    for page, name, fields, said in (
        ("strike", "reclassify", {"guideline_case": ""}, "choose the guideline and its case"),
        ("account", "sanction", {"sanction_kind": ""}, "choose the kind"),
        ("account", "link", {"other": " "}, "name the other account"),
        ("appeal", "decide_appeal", {"appeal_outcome": ""}, "choose whether"),
        ("case", "made-up", {}, "choose what to do"),
    ):
        with pytest.raises(BadForm, match=said):
            choices.choices(form(page, name, **fields), NOW)


def test_every_key_of_the_help_belongs_to_an_action() -> None:
    """`a`, `t`, `w` and `e`, each once on the page of an ordinary case."""
    named = [actions.DISMISS, actions.CONFIRM, actions.WARN, actions.ESCALATE]
    assert [action.key for action in named] == ["a", "t", "w", "e"]


def test_only_a_content_removal_names_a_post() -> None:
    """With the revision that was seen; other sanctions leave the field alone."""
    removal = {"sanction_kind": "content_removal", "post": "p-9"}
    made = choices.choices(form("account", "sanction", **removal), NOW)[0]
    assert (made.data["post"], made.data["revision"]) == ("p-9", 2)
    assert "post" not in choices.choices(form("account", "sanction"), NOW)[0].data
    with pytest.raises(BadForm, match="name the post"):
        choices.choices(form("account", "sanction", **{**removal, "post": ""}), NOW)


@pytest.mark.parametrize("revision", ["x", "²", "-1", "9" * 5_000])
def test_a_made_up_revision_is_refused(revision: str) -> None:
    """Wherever a form has one."""
    for page, name in (("case", "dismiss"), ("account", "strike")):
        with pytest.raises(BadForm, match="is no revision"):
            choices.choices(form(page, name, revision=revision), NOW)
