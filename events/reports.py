"""Reports: a person's claim that a post or an account breaks a guideline.

Everything here goes to the topic `reports`. `subject` and key are the reporter's account; for a report that
came in by e-mail they are the account that it is about, since an address must not become a key.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from events.dead_letters import contradict
from events.envelope import (
    EMAIL_CHARS_MAX,
    FREE_TEXT_CHARS_MAX,
    REVISION_MAX,
    AccountId,
    Data,
    Event,
    Reference,
)
from events.posts import BODY_CHARS_MAX, ITEMS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX
from events.upcasts import read

Reason = Literal[
    "identify-yourself",
    "power-user",
    "one-account",
    "keep-it-clean",
    "no-spam",
    "no-selling",
    "ownership",
    "privacy",
    "no-bullying",
    "no-hate",
    "illegal-content",
    "copyright",
    "self-harm",
    "child-safety",
]
"""What is claimed: that one of the ten guidelines is broken, or one of four claims that go their own way."""


class Reporter(Data):
    """Who reports: an account or an e-mail address, never both."""

    account: AccountId | None = None
    """An account of the community."""
    email: str | None = Field(default=None, max_length=EMAIL_CHARS_MAX, pattern=r"^[^@\s]+@[^@\s]+$")
    """Somebody outside, known by an address only. Such a report opens a case and weighs nothing."""


class About(Data):
    """What is reported: an account, or one revision of one of its posts."""

    account: AccountId
    """The account; for a post, its author."""
    post: Reference | None = None
    """The post; null: the account as a whole."""
    revision: int | None = Field(default=None, ge=1, le=REVISION_MAX)
    """The revision that the reporter saw; with `post` only, and then always."""
    visibility: Literal["public", "direct"] = "public"
    """`direct`: a message to the reporter. Reporting it is what allows its text to be read."""


class ReportCopy(Data):
    """The platform's copy of what was reported, as the reporter saw it."""

    body: str = Field(max_length=BODY_CHARS_MAX)
    """The text."""
    title: str | None = Field(default=None, max_length=TITLE_CHARS_MAX)
    """Its heading."""
    links: tuple[Annotated[str, Field(max_length=URL_CHARS_MAX)], ...] = Field(
        default=(), max_length=ITEMS_MAX
    )
    """The addresses it links to."""


class ReportFiledData(Data):
    """A report."""

    report: Reference
    """The report's id."""
    reporter: Reporter
    """Who reports."""
    about: About
    """What is reported."""
    reason: Reason
    """What is claimed."""
    text: str | None = Field(default=None, max_length=FREE_TEXT_CHARS_MAX)
    """The reporter's own words."""
    report_copy: ReportCopy | None = None
    """What the reporter saw; without it, only what is still kept can be shown to a moderator."""


class ReportWithdrawnData(Data):
    """A report taken back."""

    report: Reference
    """The report's id."""
    reporter: Reporter
    """As when it was filed."""
    about: About
    """As when it was filed."""


class ReportFiled(Event):
    """Somebody reports a post or an account."""

    type: Literal["goodstanding.report.filed.v1"] = "goodstanding.report.filed.v1"
    data: ReportFiledData


class ReportWithdrawn(Event):
    """The reporter takes a report back."""

    type: Literal["goodstanding.report.withdrawn.v1"] = "goodstanding.report.withdrawn.v1"
    data: ReportWithdrawnData


ReportUnion = ReportFiled | ReportWithdrawn
ReportEvent = Annotated[ReportUnion, Field(discriminator="type")]
"""Every event of the topic `reports`."""

_adapter: Final[TypeAdapter[ReportUnion]] = TypeAdapter(ReportEvent)


def parse_report_event(value: bytes) -> ReportUnion:
    """An event of the topic `reports` from its bytes.

    Raises:
        ValidationError: it keeps to no contract.
        Rejected: its fields contradict each other.
    """
    event = read(_adapter, value)
    _check(event)
    return event


def _check(event: ReportUnion) -> None:
    reporter, about = event.data.reporter, event.data.about
    if (reporter.account is None) == (reporter.email is None):
        contradict("data.reporter", "either `account` or `email`", "send just one of the two")
    if (about.post is None) != (about.revision is None):
        contradict("data.about", "`post` and `revision` together", "name the revision that the reporter saw")
    if event.subject != (reporter.account or about.account):
        contradict(
            "subject",
            "the reporter's account, or for a report by e-mail the account it is about",
            "copy it from `data.reporter.account` or `data.about.account`",
        )
