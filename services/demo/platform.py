"""The demo's platform: acts on what Goodstanding decides, and says so, as a real platform would.

It reads `strikes` and `sanctions`, keeps suspended members from posting, tells members what was decided
(`notice.delivered`), and answers each sanction with `sanction.carried_out`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from aiokafka.structs import ConsumerRecord

from services.demo.crowd import Sent, event

KEPT_OUT: Final = frozenset({"suspension", "termination"})


class Platform:
    """What the platform knows of its members' sanctions."""

    def __init__(self) -> None:
        self._out: dict[str, set[str]] = {}
        self._told: set[str] = set()
        self.kept_out = 0
        """Posts that were never written, since their authors were suspended."""

    def lets_through(self, events: Iterable[Sent]) -> list[Sent]:
        """The events that happen: who is suspended can't post, and can still report."""
        happened = []
        for one in events:
            account = (one.key or b"").decode()
            if one.topic == "posts" and self._out.get(account) and _is_writing(one.value):
                self.kept_out += 1
            else:
                happened.append(one)
        return happened

    def answer(self, records: Iterable[ConsumerRecord[bytes, bytes]], at: datetime) -> list[Sent]:
        """What the platform says at `at` to what was decided."""
        answers: list[Sent] = []
        for record in records:
            outcome: dict[str, Any] = msgspec.json.decode(record.value or b"null")
            kind = outcome["type"].split(".", 1)[1].removesuffix(".v1")
            answers += self._answer(kind, outcome["subject"], outcome["data"], at)
        return answers

    def _answer(self, kind: str, account: str, data: dict[str, Any], at: datetime) -> list[Sent]:
        if kind == "strike.issued":
            return self._tell(account, data["strike"], at)
        if kind == "sanction.lifted":
            self._out.get(account, set()).discard(data["sanction"])
        if kind != "sanction.imposed":
            return []
        sanction = data["sanction"]
        if data["kind"] in KEPT_OUT:
            self._out.setdefault(account, set()).add(sanction)
        done = event(at, "sanction.carried_out", account, {"sanction": sanction}, f"done-{sanction}")
        return [done, *self._tell(account, sanction, at)]

    def _tell(self, account: str, about: str, at: datetime) -> list[Sent]:
        """One notice about each thing."""
        if about in self._told:
            return []
        self._told.add(about)
        return [event(at, "notice.delivered", account, {"about": about}, f"told-{about}")]


def _is_writing(value: bytes | None) -> bool:
    """Whether the event is a post being written."""
    return b'"type":"goodstanding.post.created' in (value or b"")
