from __future__ import annotations

from typing import Any

import pytest

from events.signals import (
    AccountChanged,
    AppealFiled,
    Decided,
    MeritEarned,
    NoticeDelivered,
    ReportFiled,
    ReportWeighed,
    ReportWithdrawn,
    SanctionReported,
    Signal,
)
from services.screening.digests import domain_form, email_form
from tests.support.screening import KEY, contents_of, event, record, screen_with, signals_of


def forwarded(topic: str, sent: dict[str, Any]) -> Signal:
    """The one signal that an event leads to."""
    (signal,) = signals_of(screen_with().screen(topic, record(topic, sent)))
    return signal


def filed(**data: Any) -> dict[str, Any]:
    """A report of Bob's post by Ada."""
    report = {
        "report": "r1",
        "reporter": {"account": "ada"},
        "about": {"account": "bob", "post": "p1", "revision": 2},
        "reason": "no-bullying",
        "text": "he is rude",
        "report_copy": {"body": "you fool", "links": ["https://a.example"]},
        **data,
    }
    subject = report["reporter"].get("account") or "bob"
    return event("report.filed", subject, report, id="e1")


def test_a_report_goes_to_the_reporters_own_account() -> None:
    """Which forwards it with the weight that it deserves."""
    signal = forwarded("reports", filed())
    assert signal.entity == "account:ada"
    assert isinstance(signal.body, ReportFiled)
    assert (signal.body.subject_account, signal.body.post, signal.body.revision) == ("bob", "p1", 2)


def test_a_reports_words_are_kept_apart() -> None:
    """The copy belongs to the reported account, the reason to the reporter.

    The signal holds references only.
    """
    outputs = screen_with().screen("reports", record("reports", filed()))
    (signal,), contents = signals_of(outputs), {content.ref: content for content in contents_of(outputs)}
    assert isinstance(signal.body, ReportFiled)
    copy, reason = contents[signal.body.content_ref or ""], contents[signal.body.reason_ref or ""]
    assert (copy.account, copy.kind, copy.text, copy.links) == (
        "bob",
        "report_copy",
        "you fool",
        ("https://a.example",),
    )
    assert (reason.account, reason.kind, reason.text) == ("ada", "reason", "he is rude")


def test_a_report_by_email_weighs_nothing_and_names_nobody() -> None:
    """It goes to its subject at once, with a keyed digest for a reporter."""
    signal = forwarded("reports", filed(reporter={"email": "eve@out.example"}))
    assert signal.entity == "account:bob"
    assert isinstance(signal.body, ReportWeighed)
    assert (signal.body.by_email, signal.body.weight) == (True, 0)
    assert signal.body.reporter == KEY.digest("reporter", "eve@out.example")


def test_a_withdrawal_goes_where_the_report_went() -> None:
    """To the reporter, or for e-mail to the subject."""
    data = {"report": "r1", "about": {"account": "bob"}}
    by_account = forwarded(
        "reports", event("report.withdrawn", "ada", {**data, "reporter": {"account": "ada"}})
    )
    by_email = forwarded(
        "reports", event("report.withdrawn", "bob", {**data, "reporter": {"email": "e@x.example"}})
    )
    assert isinstance(by_account.body, ReportWithdrawn)
    assert isinstance(by_email.body, ReportWithdrawn)
    assert (by_account.entity, by_account.body.at) == ("account:ada", "reporter")
    assert (by_email.entity, by_email.body.at) == ("account:bob", "subject")


def test_a_decision_is_its_persons_and_its_reason_is_kept_apart() -> None:
    """The actor is who the server says; the reason goes to contents."""
    data = {
        "target": {"kind": "strike", "id": "s1"},
        "version": 3,
        "reason": "it was a joke among friends",
        "actor": {"id": "mod-1", "capabilities": ["decisions.write"]},
    }
    outputs = screen_with().screen("decisions", record("decisions", event("decision.overturn", "bob", data)))
    (signal,), (content,) = signals_of(outputs), contents_of(outputs)
    assert isinstance(signal.body, Decided)
    assert (signal.actor.kind, signal.actor.id, signal.entity) == ("person", "mod-1", "account:bob")
    assert (signal.body.decision, signal.body.target, signal.body.version) == ("overturn", "s1", 3)
    assert (content.ref, content.text) == (signal.body.reason_ref, "it was a joke among friends")


@pytest.mark.parametrize("by", ["account", "platform"])
def test_an_appeal_goes_to_its_account_and_its_words_are_kept_apart(by: str) -> None:
    """Whoever files it, the signal holds a reference only."""
    data = {"appeal": "a1", "about": "s1", "by": by, "text": "she had asked me to"}
    outputs = screen_with().screen("accounts", record("accounts", event("appeal.filed", "ada", data)))
    (signal,), (content,) = signals_of(outputs), contents_of(outputs)
    assert (signal.entity, signal.actor.kind) == ("account:ada", by)
    assert signal.body == AppealFiled("ada", "a1", "s1", by, content.ref)  # type: ignore[arg-type]  # one of two
    assert (content.account, content.kind, content.text) == ("ada", "appeal", "she had asked me to")


@pytest.mark.parametrize(
    ("kind", "merit"), [("post.endorsed", "endorsement"), ("answer.accepted", "accepted_answer")]
)
def test_praise_goes_to_the_one_who_earned_it(kind: str, merit: str) -> None:
    """With who gave it."""
    signal = forwarded("posts", event(kind, "ada", {"post": "p1", "by": "bob"}))
    assert isinstance(signal.body, MeritEarned)
    assert (signal.entity, signal.body.merit, signal.body.by) == ("account:ada", merit, "bob")


def changed(kind: str, data: dict[str, Any]) -> AccountChanged:
    """What an account event says of Ada."""
    body = forwarded("accounts", event(kind, "ada", data)).body
    assert isinstance(body, AccountChanged)
    return body


def test_a_profile_becomes_digests() -> None:
    """Address, number and domain are recognisable and unknown."""
    profile = {
        "company": "Acme",
        "title": "Analyst",
        "business_address": "Ada@Mail.Acme.co.uk",
        "phone": "(415) 867-5309",
    }
    said = changed("account.registered", {"profile": profile})
    assert said.own_emails == (KEY.digest("email", email_form("ada@mail.acme.co.uk")),)
    assert said.own_domains == (KEY.digest("domain", domain_form("https.acme.co.uk")),)
    assert said.own_phones == (KEY.digest("phone", "+14158675309"),)
    assert (said.account_kind, said.complete, said.email_class) == ("person", True, "business")


def test_a_free_providers_domain_is_nobodys_own() -> None:
    """Else everybody with such an address would own it."""
    said = changed("account.registered", {"profile": {"business_address": "ada@gmail.com"}})
    assert (said.own_domains, said.email_class, said.complete) == ((), "free", False)


def test_what_a_profile_leaves_out_stays_as_it_was() -> None:
    """Left out says nothing, null says that there is none."""
    said = changed("account.profile_updated", {"profile": {"phone": None, "title": "n/a"}})
    assert (said.own_emails, said.own_domains, said.own_phones) == (None, None, ())
    assert (said.account_kind, said.complete, said.email_class) == (None, False, None)


@pytest.mark.parametrize(
    ("what", "value", "field"),
    [
        ("email", "a@b.example", "own_emails"),
        ("phone", "+14158675309", "own_phones"),
        ("domain", "b.example", "own_domains"),
    ],
)
def test_what_was_verified_is_ones_own(what: str, value: str, field: str) -> None:
    """As a digest of its kind."""
    said = changed("account.verified", {"what": what, "value": value})
    assert len(getattr(said, field)) == 1


@pytest.mark.parametrize(("kind", "change"), [("account.closed", "closed"), ("account.erased", "erased")])
def test_an_account_that_is_gone(kind: str, change: str) -> None:
    """Is told of."""
    assert changed(kind, {}).change == change


def test_what_the_platform_did_comes_back() -> None:
    """Notices delivered, sanctions carried out or failed."""
    notice = forwarded("accounts", event("notice.delivered", "ada", {"about": "s1"})).body
    done = forwarded("accounts", event("sanction.carried_out", "ada", {"sanction": "x1"})).body
    failed = forwarded("accounts", event("sanction.failed", "ada", {"sanction": "x1", "code": "gone"})).body
    assert isinstance(notice, NoticeDelivered)
    assert isinstance(done, SanctionReported)
    assert isinstance(failed, SanctionReported)
    assert (notice.about, done.result, failed.result, failed.code) == ("s1", "carried_out", "failed", "gone")
