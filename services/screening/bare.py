"""Bare texts held against the rules, without events around them: for files of texts, and for measuring.

A text without an account is nobody else's, and one without a time is far from every other, so that neither
has a history; those of one account with times are screened as what that account wrote, in the order given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from events.dead_letters import DeadReason
from events.posts import BODY_CHARS_MAX
from events.signals import Finding, Mode, Span
from services.screening.digests import IdentityKey
from services.screening.fast import FastData, FastPost, ReplyTo
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen, Verdict

APART: Final = timedelta(hours=1)
"""How far texts without a time are from each other: farther than any rule looks back."""
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class BareText(msgspec.Struct, frozen=True, gc=False):
    """One text. `id` is whatever tells it from others; `reply_to` is the account that it answers."""

    id: str
    body: str
    account_id: str = ""
    thread: str = ""
    reply_to: str = ""
    time: datetime | None = None
    title: str | None = None


class BareFinding(msgspec.Struct, frozen=True):
    """What of a finding matters where there is no account: see `Finding`."""

    guideline: str
    case: str
    rule: str
    severity: int
    confidence: int
    mode: Mode
    spans: tuple[Span, ...]
    reason: str


class TextAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one line came to.

    `refused` says why it couldn't be read; `failed_rules` raised, and judged nothing.
    """

    line: int
    id: str
    findings: tuple[BareFinding, ...] | None = None
    failed_rules: tuple[str, ...] = ()
    not_read_by: tuple[str, ...] = ()
    refused: DeadReason | None = None


class BareScreen:
    """Screens texts one after the other; remembers what one partition's screening would."""

    def __init__(self, rulebook: Rulebook, key: IdentityKey) -> None:
        self._screen = Screen(key)
        self._screen.take_up(rulebook)
        self._count = 0

    def verdict(self, text: BareText) -> Verdict:
        """What the rules come to."""
        self._count += 1
        at = text.time or _FIRST + self._count * APART
        reply_to = ReplyTo(text.thread or "post", text.reply_to) if text.reply_to else None
        data = FastData(
            f"text-{self._count}", 1, text.body, text.title, thread=text.thread or None, reply_to=reply_to
        )
        post = FastPost(
            "1.0",
            f"text-{self._count}",
            "/texts",
            "goodstanding.post.created.v1",
            text.account_id or f"nobody-{self._count}",
            at,
            data,
        )
        return self._screen.verdict(post, int(at.astimezone(UTC).timestamp() * 1000))


def screen_texts(lines: Iterable[bytes], rulebook: Rulebook, key: IdentityKey) -> Iterator[TextAnswer]:
    """An answer for each line that isn't empty: `{"id": …, "body": …}` in JSON, and what else is known."""
    screen = BareScreen(rulebook, key)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        text = _read(line)
        if isinstance(text, DeadReason):
            yield TextAnswer(number, "", refused=text)
            continue
        verdict = screen.verdict(text)
        yield TextAnswer(
            number,
            text.id,
            tuple(map(_bare, verdict.findings)),
            verdict.failed_rules,
            verdict.unread,
        )


_decode: Final = msgspec.json.Decoder(BareText).decode


def _read(line: bytes) -> BareText | DeadReason:
    try:
        text = _decode(line)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        return DeadReason(
            "field_invalid",
            where.rstrip("`").lstrip(".") or "value",
            "`id` and `body` as strings; `account_id`, `thread`, `reply_to`, `time`, `title` where "
            "they are known",
            what[:1].lower() + what[1:],
            "correct the field",
        )
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return DeadReason(
            "json_invalid", "value", "one JSON object a line", f"no JSON: {error}", "send valid JSON in UTF-8"
        )
    if len(text.body) > BODY_CHARS_MAX:
        found = f"{len(text.body)} characters"
        return DeadReason(
            "field_invalid",
            "body",
            f"at most {BODY_CHARS_MAX} characters (BODY_CHARS_MAX)",
            found,
            "cut the text into several",
        )
    if text.time is not None and text.time.tzinfo is None:
        return DeadReason(
            "field_invalid",
            "time",
            "a time with its zone, such as `…Z`",
            "a time without one",
            "add the zone",
        )
    return text


def _bare(finding: Finding) -> BareFinding:
    return BareFinding(
        finding.guideline,
        finding.case,
        finding.rule,
        finding.severity,
        finding.confidence,
        finding.mode,
        finding.spans,
        finding.reason,
    )
