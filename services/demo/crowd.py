"""The ordinary members of the demo's community, and what they do over the simulated days: all from one seed.

Whole events, in the order of their times. The same seed, days and texts give the same bytes.
"""

from __future__ import annotations

import random  # noqa: TID251 - seeded: the same seed gives the same community
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from services.demo import words

START: Final = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday. The demo's time is simulated, so it is the same whenever it is played."""
DAYS: Final = 200
MEMBERS: Final = 320
POSTS_A_DAY: Final = 18
MEMBER_PREFIX: Final = "u-"
SOURCE: Final = "/demo/platform"
THREADS_OPEN_MAX: Final = 60
RECENT_POSTS_MAX: Final = 400

COMPANIES: Final = (
    "Northlake Data", "Brightfield Retail", "Harbour Freight Club", "Lumen Health", "Oak and Iron",
    "Paperbird", "Riverstone Bank", "Sundial Travel", "Tandem Learning", "Umbra Games", "Vantage Farms",
    "Willow Logistics",
)  # fmt: skip
TITLES: Final = (
    "Product analyst", "Data engineer", "Growth lead", "Head of product", "Researcher", "Marketing manager",
    "Mobile developer", "Support lead", "Founder", "Data scientist",
)  # fmt: skip

_SHAPES: Final = (
    ("question", 22),
    ("answer", 44),
    ("share", 12),
    ("thanks", 15),
    ("message", 5),
    ("mild", 2),
)
_LINES: Final = {
    "question": words.QUESTIONS,
    "answer": words.ANSWERS,
    "share": words.SHARES,
    "thanks": words.THANKS,
    "message": words.MESSAGES,
    "mild": words.MILD,
}
_MISHAPS_A_DAY: Final = 0.22
_EDITED: Final = 0.05
_DELETED: Final = 0.02
_ENDORSED: Final = 0.08
_ACCEPTED: Final = 0.12
_REPORTED: Final = 0.012


class Sent(msgspec.Struct, frozen=True):
    """One record for an input topic. `value` is sent as it is, even where it is no event at all."""

    at: datetime
    topic: str
    key: bytes | None
    value: bytes | None

    @property
    def stamp(self) -> int:
        """`at` in milliseconds, as Kafka has it."""
        return int(self.at.timestamp() * 1000)


def event(at: datetime, kind: str, subject: str, data: dict[str, Any], identity: str) -> Sent:
    """A CloudEvent as a platform would send it. `kind` is the type without `goodstanding.` and version."""
    topic = _TOPICS[kind.partition(".")[0]]
    document = {
        "specversion": "1.0",
        "id": identity,
        "source": SOURCE,
        "type": f"goodstanding.{kind}.v1",
        "subject": subject,
        "time": at,
        "data": data,
    }
    return Sent(at, topic, subject.encode(), msgspec.json.encode(document))


_TOPICS: Final = {
    "appeal": "accounts",
    "post": "posts",
    "answer": "posts",
    "report": "reports",
    "account": "accounts",
    "notice": "accounts",
    "sanction": "accounts",
}


def post_data(post: str, body: str, **more: Any) -> dict[str, Any]:
    """The data of a post as it was first written."""
    return {"post": post, "revision": 1, "body": body, **more}


class _Written(msgspec.Struct, frozen=True):
    post: str
    author: str
    thread: str
    body: str
    shape: str
    at: datetime


class Crowd:
    """The generator. `bodies` are texts to write in place of the demo's own; empty: its own."""

    def __init__(
        self, seed: int, *, days: int = DAYS, members: int = MEMBERS, bodies: Sequence[str] = ()
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a story, not a secret
        self._days = days
        self._bodies = bodies
        self._members = [f"{MEMBER_PREFIX}{number:03}" for number in range(1, members + 1)]
        # A few people write most of what is written, as everywhere.
        self._weights = [1 / (rank**0.7) for rank in range(1, members + 1)]
        self._random.shuffle(self._members)
        self._recent: list[_Written] = []
        self._threads: list[_Written] = []
        self._mishaps: set[str] = set()
        self._number = 0
        self._sent: list[Sent] = []

    def events(self) -> list[Sent]:
        """Everything that the crowd does, in the order of time."""
        self._register()
        for day in range(self._days):
            begin = START + timedelta(days=day)
            quiet = 0.35 if begin.weekday() >= 5 else 1.0
            for _ in range(self._round(POSTS_A_DAY * quiet)):
                self._write(self._moment(begin))
            for _ in range(self._round(_MISHAPS_A_DAY)):
                self._mishap(self._moment(begin))
        return sorted(self._sent, key=lambda sent: sent.at)

    # --- people ----------------------------------------------------------------------------------

    def _register(self) -> None:
        """Most are there from the first hours on; the rest join over the first half."""
        for index, member in enumerate(self._members):
            share = index / len(self._members)
            late = timedelta(days=0.5 * self._days * max(0.0, share - 0.6))
            company = self._random.choice(COMPANIES)
            domain = company.lower().replace(" ", "-") + ".example"
            profile = {
                "handle": member,
                "company": company,
                "title": self._random.choice(TITLES),
                "photo": self._random.random() < 0.6,
                "business_address": f"{member}@{domain}",
            }
            at = START + late + timedelta(seconds=index)
            self._send(at, "account.registered", member, {"kind": "person", "profile": profile})

    def _somebody(self, other_than: str = "") -> str:
        while True:
            found = self._random.choices(self._members, self._weights)[0]
            if found != other_than:
                return found

    # --- what they write -------------------------------------------------------------------------

    def _write(self, at: datetime) -> None:
        shape = self._random.choices([name for name, _ in _SHAPES], [weight for _, weight in _SHAPES])[0]
        if shape == "message":
            self._message(at)
            return
        opening = shape in {"question", "share"} or not self._threads
        parent = None if opening else self._random.choice(self._threads)
        author = self._somebody(other_than=parent.author if parent else "")
        written = self._post(at, author, self._body(shape), shape, parent)
        if opening:
            self._threads = [*self._threads[-THREADS_OPEN_MAX:], written]
        self._follow_up(written, parent)

    def _post(
        self, at: datetime, author: str, body: str, shape: str, parent: _Written | None = None
    ) -> _Written:
        post = f"p-{self._next():05}"
        thread = parent.thread if parent else post
        data = post_data(post, body, thread=thread)
        if parent is not None:
            data["reply_to"] = {"post": parent.post, "account": parent.author}
        self._send(at, "post.created", author, data)
        written = _Written(post, author, thread, body, shape, at)
        self._recent = [*self._recent[-RECENT_POSTS_MAX:], written]
        return written

    def _message(self, at: datetime) -> None:
        author = self._somebody()
        data = post_data(f"p-{self._next():05}", self._body("message"), visibility="direct")
        self._send(at, "post.created", author, {**data, "recipients": [self._somebody(author)]})

    def _follow_up(self, written: _Written, parent: _Written | None) -> None:
        """What others, and the author, do with a post afterwards."""
        if self._random.random() < _EDITED:
            data = post_data(written.post, written.body + " (edited: typo)", thread=written.thread)
            self._send(self._later(written.at), "post.edited", written.author, {**data, "revision": 2})
        elif self._random.random() < _DELETED:
            data = {"post": written.post, "revision": 1, "thread": written.thread}
            self._send(self._later(written.at), "post.deleted", written.author, data)
        if written.shape == "answer" and parent is not None and self._random.random() < _ACCEPTED:
            merit = {"post": written.post, "by": parent.author}
            self._send(self._later(written.at), "answer.accepted", written.author, merit)
        if self._random.random() < _ENDORSED:
            merit = {"post": written.post, "by": self._somebody(written.author)}
            self._send(self._later(written.at), "post.endorsed", written.author, merit)
        if self._random.random() < _REPORTED:
            self._report(written)

    def _report(self, written: _Written) -> None:
        reporter = self._somebody(written.author)
        data = {
            "report": f"r-{self._next():05}",
            "reporter": {"account": reporter},
            "about": {"account": written.author, "post": written.post, "revision": 1},
            "reason": self._random.choice(("no-spam", "no-bullying", "no-selling", "power-user")),
            "text": self._random.choice(words.REPORTS),
            "report_copy": {"body": written.body},
        }
        self._send(self._later(written.at), "report.filed", reporter, data)

    def _mishap(self, at: datetime) -> None:
        """What slips out: once for each member, so that it stays at a warning or less."""
        author = self._somebody()
        if author in self._mishaps:
            return
        self._mishaps.add(author)
        lines = self._random.choice((words.CURSES, words.OWN_NUMBERS, words.ADVERTISEMENTS))
        self._post(at, author, self._fill(self._random.choice(lines)), "mishap")

    def _body(self, shape: str) -> str:
        if self._bodies:
            return self._random.choice(self._bodies)
        return self._fill(self._random.choice(_LINES[shape]))

    def _fill(self, line: str) -> str:
        return fill(line, self._random)

    # --- time and ids ----------------------------------------------------------------------------

    def _moment(self, begin: datetime) -> datetime:
        """A moment of a day, mostly in the afternoon, UTC."""
        hour = min(max(self._random.gauss(14.5, 3.5), 0.0), 23.9)
        return begin + timedelta(milliseconds=int(hour * 3_600_000) + self._random.randrange(60_000))

    def _later(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self._random.randrange(60, 20_000))

    def _round(self, number: float) -> int:
        """A whole number that is this on average."""
        return int(number) + (self._random.random() < number % 1)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _send(self, at: datetime, kind: str, subject: str, data: dict[str, Any]) -> None:
        self._sent.append(event(at, kind, subject, data, f"crowd-{self._next():06}"))


def fill(line: str, dice: random.Random) -> str:
    """A line with its slots filled."""
    values = {name: dice.choice(choices) for name, choices in words.SLOTS.items()}
    phone = f"+1 202 555 {dice.randrange(100, 200):04}"
    return line.format(**values, phone=phone, domain=f"growthkit{dice.randrange(90) + 10}.example")
