"""Legal notices: copyright and other legal complaints, which go their own way.

They are never a strike by themselves.

Draft: nothing reads these yet.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from events.envelope import EMAIL_CHARS_MAX, FREE_TEXT_CHARS_MAX, AccountId, Data, Event, Reference


class Complainant(Data):
    """Who complains: always somebody with a name and an address."""

    name: str = Field(min_length=1, max_length=EMAIL_CHARS_MAX)
    """Their name."""
    email: str = Field(max_length=EMAIL_CHARS_MAX, pattern=r"^[^@\s]+@[^@\s]+$")
    """Where an answer reaches them."""
    on_behalf_of: str | None = Field(default=None, max_length=EMAIL_CHARS_MAX)
    """The holder of the right, where that is somebody else."""


class LegalNoticeFiledData(Data):
    """A complaint as it came in."""

    notice: Reference
    """The notice's id."""
    kind: Literal["copyright", "trademark", "defamation", "court_order", "other"]
    """What it rests on."""
    account: AccountId
    """The account that posted what it is about."""
    post: Reference
    """The post it is about."""
    revision: int = Field(ge=1)
    """The revision that was seen."""
    complainant: Complainant
    """Who complains."""
    work: str = Field(min_length=1, max_length=FREE_TEXT_CHARS_MAX)
    """The work, right or order that it rests on, and where it can be seen."""
    good_faith: bool
    """Whether the complainant states to believe that the use isn't permitted."""
    accurate: bool
    """Whether the complainant states that the notice is accurate, and that they may make it."""


class LegalNoticeWithdrawnData(Data):
    """The complaint is taken back."""

    notice: Reference
    """The notice's id."""


class LegalNoticeFiled(Event):
    """Somebody makes a legal complaint about a post."""

    type: Literal["goodstanding.legal_notice.filed.v1"] = "goodstanding.legal_notice.filed.v1"
    data: LegalNoticeFiledData


class LegalNoticeWithdrawn(Event):
    """A legal complaint is taken back."""

    type: Literal["goodstanding.legal_notice.withdrawn.v1"] = "goodstanding.legal_notice.withdrawn.v1"
    data: LegalNoticeWithdrawnData
