"""Reads the commonest event, a new public post, several times faster than its contract does.

And gives the same verdicts.

It takes a post only where the contract (`events/posts.py`) is sure to take it too, with the same values;
everything else, every fault, and every field that it doesn't know, it leaves to the contract. A test holds
the two together.
"""

from __future__ import annotations

from datetime import MAXYEAR, datetime
from typing import Annotated, Final, Literal

import msgspec

from events.envelope import REFERENCE_CHARS_MAX, SOURCE_CHARS_MAX
from events.posts import BODY_CHARS_MAX, ITEMS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX

_Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=REFERENCE_CHARS_MAX)]
"""Its characters are checked for all references together: `_are_references`."""


class ReplyTo(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """As in the contract."""

    post: _Reference
    account: _Reference


class Link(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """As in the contract."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=URL_CHARS_MAX)]
    text: Annotated[str, msgspec.Meta(max_length=TITLE_CHARS_MAX)] | None = None


class FastData(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A post's data, without what few posts have."""

    post: _Reference
    revision: Literal[1]
    body: Annotated[str, msgspec.Meta(max_length=BODY_CHARS_MAX)]
    title: Annotated[str, msgspec.Meta(max_length=TITLE_CHARS_MAX)] | None = None
    thread: _Reference | None = None
    visibility: Literal["public"] = "public"
    reply_to: ReplyTo | None = None
    mentions: Annotated[tuple[_Reference, ...], msgspec.Meta(max_length=ITEMS_MAX)] = ()
    links: Annotated[tuple[Link, ...], msgspec.Meta(max_length=ITEMS_MAX)] = ()

    # Always empty here, so that rules see one shape of post.
    @property
    def quotes(self) -> tuple[()]:
        """None: a post with quotations is left to the contract."""
        return ()

    @property
    def attachments(self) -> tuple[()]:
        """None: a post with attachments is left to the contract."""
        return ()


class FastPost(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A new public post."""

    specversion: Literal["1.0"]
    id: _Reference
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=SOURCE_CHARS_MAX)]
    type: Literal["goodstanding.post.created.v1"]
    subject: _Reference
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    data: FastData
    datacontenttype: Literal["application/json"] = "application/json"
    correlationid: _Reference | None = None
    causationid: _Reference | None = None
    imported: bool = False


_decode: Final = msgspec.json.Decoder(FastPost).decode


def read_fast(key: bytes | None, value: bytes | None, horizon: datetime) -> FastPost | None:
    """The post in a record; None where the contract has to read it. `horizon`: how old it may be."""
    if value is None or key is None:
        return None
    try:
        post = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    data = post.data
    references = f"{post.id}{post.subject}{data.post}{data.thread or ''}"
    if post.correlationid is not None or post.causationid is not None:
        references += f"{post.correlationid or ''}{post.causationid or ''}"
    if data.reply_to is not None:
        references += data.reply_to.post + data.reply_to.account
    if data.mentions:
        references += "".join(data.mentions)
    if not _are_references(references) or key != post.subject.encode():
        return None
    if (post.time < horizon and not post.imported) or post.time.year == MAXYEAR:
        return None
    return post


def _are_references(text: str) -> bool:
    """Whether all characters are visible ASCII, and none is an `@`."""
    return text.isascii() and text.isprintable() and " " not in text and "@" not in text
