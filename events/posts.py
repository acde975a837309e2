"""Posts: what people write, and the merits that others give them for it.

Everything here goes to the topic `posts`, and the record's key is the event's `subject`: the author of a
post, or the one who earned a merit.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from events.dead_letters import contradict
from events.envelope import REVISION_MAX, AccountId, Data, Event, Reference
from events.upcasts import read

BODY_CHARS_MAX: Final = 200_000
TITLE_CHARS_MAX: Final = 2_000
URL_CHARS_MAX: Final = 8_000
NAME_CHARS_MAX: Final = 1_000
MEDIA_TYPE_CHARS_MAX: Final = 200
ITEMS_MAX: Final = 1_000
"""Links, mentions, quotations or attachments of one post."""
RECIPIENTS_MAX: Final = 10_000


class ReplyTo(Data):
    """The post that this one answers."""

    post: Reference
    """Its id."""
    account: AccountId
    """Its author."""


class Quote(Data):
    """A part of the body that somebody else wrote first: it counts against nobody but its author."""

    start: int = Field(ge=0)
    """First code point of the quotation in the body."""
    end: int = Field(ge=1)
    """Code point after its last; after `start`."""
    author: AccountId | None = None
    """Who wrote it; null: not known."""


class Link(Data):
    """A link in the post, as the platform resolved it."""

    url: str = Field(min_length=1, max_length=URL_CHARS_MAX)
    """Where it leads."""
    text: str | None = Field(default=None, max_length=TITLE_CHARS_MAX)
    """What the reader sees; null: the address itself."""


class Attachment(Data):
    """What is known of an attached file; its content isn't sent."""

    name: str = Field(max_length=NAME_CHARS_MAX)
    """Its file name."""
    media_type: str = Field(max_length=MEDIA_TYPE_CHARS_MAX)
    """Its media type: `image/png`."""
    size_bytes: int = Field(ge=0)
    """Its size."""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of its content, 64 hexadecimal digits; null: not known."""


class PostData(Data):
    """A post as it stands after it was written or edited: always the whole, never a difference."""

    post: Reference
    """The post's id. A post with all its revisions is one act."""
    revision: int = Field(ge=1, le=REVISION_MAX)
    """1 when it is written; every edit has a higher one."""
    visibility: Literal["public", "direct"] = "public"
    """`direct`: a message to the `recipients`; its text isn't read, only how many people it went to."""
    recipients: tuple[AccountId, ...] = Field(default=(), max_length=RECIPIENTS_MAX)
    """Who a direct message went to: at least one; none for a public post."""
    body: str = Field(max_length=BODY_CHARS_MAX)
    """The text, as its author wrote it."""
    title: str | None = Field(default=None, max_length=TITLE_CHARS_MAX)
    """Its heading."""
    thread: Reference | None = None
    """The conversation it stands in; null: it begins one."""
    reply_to: ReplyTo | None = None
    """The post it answers."""
    mentions: tuple[AccountId, ...] = Field(default=(), max_length=ITEMS_MAX)
    """Accounts that it names."""
    quotes: tuple[Quote, ...] = Field(default=(), max_length=ITEMS_MAX)
    """Which parts of the body are quotations."""
    links: tuple[Link, ...] = Field(default=(), max_length=ITEMS_MAX)
    """The links in it."""
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=ITEMS_MAX)
    """The files attached to it."""


class CreatedPostData(PostData):
    """A post as it was first written."""

    revision: int = Field(ge=1, le=1)
    """Always 1."""


class EditedPostData(PostData):
    """A post as it stands after an edit."""

    revision: int = Field(ge=2, le=REVISION_MAX)
    """Higher than that of every revision before."""


class DeletedPostData(Data):
    """A post that is gone."""

    post: Reference
    """The post's id."""
    revision: int = Field(ge=1, le=REVISION_MAX)
    """The last revision that it had."""
    visibility: Literal["public", "direct"] = "public"
    """As it was."""
    thread: Reference | None = None
    """The conversation it stood in."""


class MeritData(Data):
    """Praise from somebody else for a post of the subject's."""

    post: Reference
    """The post that earned it."""
    by: AccountId
    """Who gave it; not the subject."""


class PostCreated(Event):
    """Somebody wrote a post."""

    type: Literal["goodstanding.post.created.v1"] = "goodstanding.post.created.v1"
    data: CreatedPostData


class PostEdited(Event):
    """The author changed a post."""

    type: Literal["goodstanding.post.edited.v1"] = "goodstanding.post.edited.v1"
    data: EditedPostData


class PostDeleted(Event):
    """The author deleted a post. What a moderator takes away isn't sent: it is known here already."""

    type: Literal["goodstanding.post.deleted.v1"] = "goodstanding.post.deleted.v1"
    data: DeletedPostData


class PostEndorsed(Event):
    """Somebody endorsed a post of the subject's."""

    type: Literal["goodstanding.post.endorsed.v1"] = "goodstanding.post.endorsed.v1"
    data: MeritData


class AnswerAccepted(Event):
    """The asker accepted the subject's answer."""

    type: Literal["goodstanding.answer.accepted.v1"] = "goodstanding.answer.accepted.v1"
    data: MeritData


PostUnion = PostCreated | PostEdited | PostDeleted | PostEndorsed | AnswerAccepted
PostEvent = Annotated[PostUnion, Field(discriminator="type")]
"""Every event of the topic `posts`."""

_adapter: Final[TypeAdapter[PostUnion]] = TypeAdapter(PostEvent)


def parse_post_event(value: bytes) -> PostUnion:
    """An event of the topic `posts` from its bytes.

    Raises:
        ValidationError: it keeps to no contract.
        Rejected: its fields contradict each other.
    """
    event = read(_adapter, value)
    data = event.data
    if isinstance(data, PostData):
        _check_post(data)
    elif isinstance(data, MeritData) and data.by == event.subject:
        contradict(
            "data.by", "somebody other than the subject", "leave out praise that people give themselves"
        )
    return event


def _check_post(data: PostData) -> None:
    if (data.visibility == "direct") != bool(data.recipients):
        contradict(
            "data.recipients",
            "recipients for a direct message, and only for one",
            "set `visibility` to match",
        )
    for index, quote in enumerate(data.quotes):
        if not quote.start < quote.end <= len(data.body):
            contradict(
                f"data.quotes.{index}",
                "`start` before `end`, and both within the body",
                "count in code points, from 0, end exclusive",
            )
