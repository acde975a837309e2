"""Contents: snapshots of flagged or reported content, and all free text.

The only topic with anybody's words in it.

A record of the topic `contents` has the content reference as its key; a null value erases it. Signals, ledger
and everything made of them hold references only, so erasing an account's contents is all that forgetting it
needs. Internal, so msgspec: the order of fields is the order of bytes, and fields are only added at the end,
with a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from events.ids import account_entity, derived_id

CONTENT_SCHEMA: Final = 1

ContentKind = Literal["post", "report_copy", "reason", "note", "appeal", "profile"]


class Content(msgspec.Struct, frozen=True, gc=False):
    """One snapshot.

    `account` is whose content it is: the author of a post or appeal, the reporter of a reason, the account
    that a decision's reason or a note is about; erasing that account erases it. `revision` goes with `post`.
    `text` is the body, or the reason's or note's text. `occurred_at` is the producer's claim, `received_at`
    the broker's time of the event that brought it.
    """

    ref: str
    account: str
    kind: ContentKind
    text: str
    occurred_at: datetime
    received_at: datetime
    post: str | None = None
    revision: int | None = None
    title: str | None = None
    links: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    language: str | None = None
    schema: int = CONTENT_SCHEMA


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Content)


def content_ref(account: str, cause: str, kind: ContentKind) -> str:
    """The reference of the content of this kind that an event brought.

    `cause` is the event's id; the same event gives the same reference.
    """
    return derived_id(account_entity(account), cause, f"content.{kind}")


def encode_content(content: Content) -> bytes:
    """The value of the record; its key is `content.ref`."""
    return _encoder.encode(content)


def decode_content(value: bytes) -> Content:
    """A snapshot from its bytes. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    return _decoder.decode(value)
