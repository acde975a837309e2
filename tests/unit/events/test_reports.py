"""Reports say who reports, what is reported, and why."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from events.dead_letters import Rejected
from events.policy import GUIDELINE_IDS
from events.reports import Reason, ReportFiled, parse_report_event
from tests.support.envelopes import encoded, golden


def by_email(**changes: Any) -> dict[str, Any]:
    """A report by somebody without an account."""
    event = golden("report.filed", reporter={"email": "reader@mail.example"})
    return {**event, "subject": event["data"]["about"]["account"], **changes}


@pytest.mark.parametrize("reporter", [{}, {"account": "U01ALICE", "email": "a@mail.example"}])
def test_a_reporter_is_an_account_or_an_address(reporter: dict[str, str]) -> None:
    """Never both, never neither."""
    with pytest.raises(Rejected) as caught:
        parse_report_event(encoded(golden("report.filed", reporter=reporter)))
    assert caught.value.reason.where == "data.reporter"


def test_a_report_by_an_account_is_keyed_by_the_reporter() -> None:
    """It goes to the reporter's own record first."""
    with pytest.raises(Rejected) as caught:
        parse_report_event(encoded({**golden("report.filed"), "subject": "U02BOB"}))
    assert caught.value.reason.where == "subject"


def test_a_report_by_email_is_keyed_by_the_account_that_it_is_about() -> None:
    """An address is never a key."""
    assert isinstance(parse_report_event(encoded(by_email())), ReportFiled)
    with pytest.raises(Rejected):
        parse_report_event(encoded(by_email(subject="U01ALICE")))


@pytest.mark.parametrize("name", ["post", "revision"])
def test_a_reported_post_has_the_revision_that_was_seen(name: str) -> None:
    """Who reports a post reports what stood there, not what stands there now."""
    about = {"account": "U02BOB", name: {"post": "P1", "revision": 1}[name]}
    with pytest.raises(Rejected) as caught:
        parse_report_event(encoded(golden("report.filed", about=about)))
    assert caught.value.reason.where == "data.about"


def test_an_account_can_be_reported_without_a_post() -> None:
    """Some things are no post's fault."""
    event = parse_report_event(encoded(golden("report.filed", about={"account": "U02BOB"})))
    assert event.data.about.post is None


def test_every_guideline_can_be_claimed_and_four_more() -> None:
    """Reasons are the guidelines in their order, and what goes its own way."""
    assert get_args(Reason) == (*GUIDELINE_IDS, "illegal-content", "copyright", "self-harm", "child-safety")
    with pytest.raises(ValidationError):
        parse_report_event(encoded(golden("report.filed", reason="rudeness")))
