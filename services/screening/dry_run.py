"""Screens a file of events without sending anything: what would be found, and what would be refused.

One answer per line. Each event is taken to be received when it says that it happened, so the window works as
it would have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC

import msgspec

from events.dead_letters import DeadReason
from events.explain import explain
from events.intake import INPUT_ERRORS
from events.posts import PostCreated, PostEdited, parse_post_event
from events.signals import Finding
from services.screening.digests import IdentityKey
from services.screening.post import text_of
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen
from services.screening.text.fold import fold
from services.screening.text.script import language


class LineAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one line came to; `line` counts from 1. `refused` says why it would become a dead letter.

    `not_read_by` names rules that can't read the post's script: they haven't cleared it.
    """

    line: int
    event: str = ""
    account: str = ""
    post: str = ""
    revision: int = 0
    language: str = ""
    findings: tuple[Finding, ...] = ()
    failed_rules: tuple[str, ...] = ()
    not_read_by: tuple[str, ...] = ()
    refused: DeadReason | None = None


def screen_lines(lines: Iterable[bytes], rulebook: Rulebook, key: IdentityKey) -> Iterator[LineAnswer]:
    """An answer for each line that isn't empty: an event of the topic `posts` in JSON."""
    screen = Screen(key)
    screen.take_up(rulebook)
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _answer(screen, number, line)


def _answer(screen: Screen, number: int, line: bytes) -> LineAnswer:
    try:
        event = parse_post_event(line)
    except INPUT_ERRORS as error:
        return LineAnswer(number, refused=explain(error, "posts"))
    if not isinstance(event, PostCreated | PostEdited):
        return LineAnswer(number, event.id, event.subject, event.data.post)
    data = event.data
    at_ms = int(event.time.astimezone(UTC).timestamp() * 1000)
    verdict = screen.verdict(event, at_ms)
    text = fold(text_of(data)) if data.visibility == "public" else ""
    return LineAnswer(
        number,
        event.id,
        event.subject,
        data.post,
        data.revision,
        verdict.script or language(text),
        verdict.findings,
        verdict.failed_rules,
        verdict.unread,
    )
