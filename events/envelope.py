"""The envelope of every public event: CloudEvents 1.0, structured JSON.

A type is called `goodstanding.<subject>.<verb>.v<N>`; N rises when the meaning of the data changes in a way
that old readers can't follow, and `events/upcasts.py` then says how the old version is read. Each type is a
subclass of `Event` that narrows `type` and `data`.

Unknown extra fields are no error, an unknown type or version is. Values are taken as they are written: a
number in quotes is not a number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

REFERENCE_CHARS_MAX: Final = 128
SOURCE_CHARS_MAX: Final = 2_000
EMAIL_CHARS_MAX: Final = 320
FREE_TEXT_CHARS_MAX: Final = 20_000
"""A reason, a note, an appeal: what somebody writes about a post or an account."""
TYPE_PREFIX: Final = "goodstanding."
TYPE_PATTERN: Final = re.compile(r"goodstanding\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")

Reference = Annotated[str, Field(min_length=1, max_length=REFERENCE_CHARS_MAX, pattern=r"^[!-?A-~]+$")]
"""An opaque id: 1 to 128 visible ASCII characters. It goes on into signals, ledger, keys and logs, so it must
not be personal data: one with an `@` is refused, since that is what an e-mail address looks like."""

CONFIG: Final = ConfigDict(frozen=True, strict=True, extra="ignore", use_attribute_docstrings=True)
"""Values can't be changed, are taken as they are written, and have descriptions in the generated schemas."""

TIME_MIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
TIME_MAX: Final = datetime(9000, 1, 1, tzinfo=UTC)

Time = Annotated[AwareDatetime, Field(ge=TIME_MIN, lt=TIME_MAX)]
"""RFC 3339 with an offset or `Z`, bounded so that it can be moved to any time zone."""

AccountId = Reference
"""An account's id on the platform."""

REVISION_MAX: Final = 2**31 - 1
"""Revisions are counted one by one; what is larger is no count, and would fit no table."""


class Data(BaseModel):
    """What the data of every event has in common.

    It can't be changed, and a field that is not known here is ignored.
    """

    model_config = CONFIG


class Event(BaseModel):
    """One public event.

    Attributes are those of CloudEvents; `correlationid`, `causationid` and `imported` are extensions.
    """

    model_config = CONFIG

    specversion: Literal["1.0"]
    """The version of CloudEvents."""
    id: Reference
    """The producer's id of this event; sending the same event again keeps it. A decision is known by it."""
    source: str = Field(min_length=1, max_length=SOURCE_CHARS_MAX)
    """Where the event comes from, a URI reference: `/platform/chat`."""
    type: str
    """What happened, with its version: `goodstanding.post.created.v1`."""
    subject: AccountId
    """The account that the event belongs to; also the record's key (see `record_key`)."""
    time: Time
    """When it happened, by the producer's clock, with an offset or `Z`. What lies after the broker's time
    counts as the broker's time."""
    datacontenttype: str = Field(default="application/json", pattern=r"^application/json\s*(;.*)?$")
    """Always JSON."""
    dataschema: str | None = None
    """URI of the data's JSON Schema; not looked at."""
    correlationid: Reference | None = None
    """Id of the first event of a chain of causes; empty: this one."""
    causationid: Reference | None = None
    """Id of the event that led to this one."""
    imported: bool = False
    """Backfilled history: may be older than the horizon, never leads to a sanction by itself or to a
    notice."""
    data: Any
    """What the type says."""

    @property
    def occurred_at(self) -> datetime:
        """`time` in UTC."""
        return self.time.astimezone(UTC)


def type_of(event: type[Event]) -> str:
    """The type that a class of events stands for."""
    return str(get_args(event.model_fields["type"].annotation)[0])


def split_type(name: str) -> tuple[str, int] | None:
    """A type's name without its version, and the version; None for what isn't a type of ours at all."""
    if TYPE_PATTERN.fullmatch(name) is None:
        return None
    base, _, version = name.rpartition(".v")
    return base, int(version)
