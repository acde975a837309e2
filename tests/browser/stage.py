"""The console over a real PostgreSQL, with enforcement in this process instead of a log.

What the console sends is decided at once by the pure core, and projected with the projector's own code. So
pages answer as they would in a deployment, in a tenth of the time; one story is told on the real log besides.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from msgspec.structs import replace

from events.codec import decode_entry
from events.contents import Content, content_ref, encode_content
from events.decisions import decision_key, parse_decision_event
from events.policy import Policy
from events.signals import Finding, Signal, Span
from projections.recorded import Recorded
from services import deciding
from services.api.app import create_app
from services.api.parts import Parts
from services.keys import CAPABILITIES, KeyTable, Operator, new_key
from services.projecting.contents import _put
from services.runtime import postgres
from services.runtime.reading import Database
from tests.browser import community
from tests.browser.community import Appeal, Decide, Post, Report
from tests.support.policies import community as shipped
from tests.support.projecting import apply, connected
from tests.support.signals import (
    account_signal,
    appeal_signal,
    day,
    notice_signal,
    post_signal,
    posted,
    report_signal,
)
from tests.support.world import World

DEFAULT = shipped()
EARLIER = Policy.model_validate(
    {
        **DEFAULT.model_dump(exclude_unset=True),
        "name": "the community's first policy",
        "appeal_days": 90,
        "ladder": [{"points": 3, "suspension_hours": 12}, *DEFAULT.model_dump()["ladder"][1:]],
    }
)
"""What was in force before: shorter in two ways, so that two versions can be held beside each other."""
CHANGED_ON = 10
"""The day on which the policy changed."""


class Stage:
    """A deployment without a log: what is sent is decided and projected before `send` returns."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.world = World(EARLIER)
        self.world.advance(day(0))
        self._projected = 0
        self._contents: list[Content] = []

    async def now(self) -> datetime:
        """The partition's time."""
        assert self.world.now is not None
        return self.world.now

    async def send(self, topic: str, key: bytes, value: bytes, now: datetime) -> None:
        """A decision, as the log would take it: sent again under its id, it counts once."""
        assert (topic, key) == ("decisions", decision_key(parse_decision_event(value))), topic
        event = parse_decision_event(value)
        if event.data.reason:
            self._text(event.subject, event.id, "reason", event.data.reason, now)
        self.world.send(deciding.signal_of(event, self.world.policy.version, now))
        await self.settle()

    async def settle(self) -> None:
        """Project what the ledger has beyond what is projected."""
        added = self.world.ledger[self._projected :]
        batch = [
            Recorded(self.world.partition, offset, decode_entry(data), data)
            for offset, data in enumerate(added, start=self._projected)
        ]
        self._projected += len(batch)
        if batch:
            await apply(self.dsn, batch)
        async with connected(self.dsn) as connection:
            await _put(connection, [(one.ref, one, encode_content(one)) for one in self._contents])
        self._contents.clear()

    async def play(self) -> None:
        """Let everything happen that the community did, in the order of time."""
        at = day(0)
        for account in (*community.ACCOUNTS, community.STAFF):
            kind = "staff" if account == community.STAFF else "person"
            self.world.send(account_signal(account, at, kind=kind))
        changed = False
        for said in sorted(community.SAYS, key=lambda one: one.day):
            if said.day > CHANGED_ON and not changed:
                self.world.advance(day(CHANGED_ON))
                self.world.activate(DEFAULT)
                changed = True
            self.world.advance(day(said.day))
            self._happens(said)
        self.world.advance(day(community.END))
        await self.settle()

    def _happens(self, said: Post | Report | Decide | Appeal) -> None:
        at, version = day(said.day), self.world.policy.version
        if isinstance(said, Post):
            self.world.send(self._post(said, at, version))
        elif isinstance(said, Report):
            reason_ref = self._text(said.reporter, said.report, "reason", said.words, at)
            signal = report_signal(
                said.reporter, said.report, said.account, at, post=said.post, reason=said.reason
            )
            body = replace(
                signal.body,
                reason_ref=reason_ref,
                content_ref=content_ref(said.account, f"{said.post}:1", "post"),
            )
            self.world.send(replace(signal, body=body))
        elif isinstance(said, Appeal):
            strike = self.world.view.strike(f"post:{said.post}").id
            self.world.send(notice_signal(said.account, strike, at))
            self._contents.append(
                Content(f"appeal:{said.appeal}", said.account, "appeal", said.words, at, at)
            )
            self.world.send(appeal_signal(said.account, said.appeal, strike, at, said.appeal))
        else:
            self.world.send(self._decision(said, at))

    def _post(self, said: Post, at: datetime, version: str) -> Signal:
        ref = content_ref(said.account, f"{said.post}:{said.revision}", "post")
        self._contents.append(
            Content(ref, said.account, "post", said.text, at, at, said.post, said.revision, said.title)
        )
        body = replace(
            posted(said.account, said.post, *self._findings(said), revision=said.revision), content_ref=ref
        )
        return post_signal(said.account, body, at, policy_version=version)

    def _findings(self, said: Post) -> list[Finding]:
        found = []
        for hit in said.hits:
            case = self.world.policy.case(hit.guideline, hit.case)
            assert case is not None, hit
            begin = said.text.index(hit.words)
            found.append(
                Finding(
                    guideline=hit.guideline,
                    case=hit.case,
                    rule=f"{hit.guideline}.{hit.case}",
                    rule_version=1,
                    severity=case.severity,
                    confidence=hit.confidence,
                    mode=case.mode_for(hit.confidence),
                    spans=(Span(begin, begin + len(hit.words)),),
                    term_class="test",
                    reason=case.title.lower(),
                )
            )
        return found

    def _decision(self, said: Decide, at: datetime) -> Signal:
        """A decision that was made before the console is opened."""
        kind, _, post = said.about.partition(":")
        strike = self.world.view.strike(f"post:{post}")
        target = {"kind": kind, "id": strike.id}
        choice = deciding.Choice(
            said.verb, said.account, strike.version, {"target": target, "reason": said.reason, **said.data}
        )
        who = Operator(said.by, frozenset(CAPABILITIES))
        event = deciding.build(choice, who, at, "/tests")
        self._text(said.account, event.id, "reason", said.reason, at)
        return deciding.signal_of(event, self.world.policy.version, at)

    def _text(self, account: str, cause: str, kind: Any, text: str, at: datetime) -> str:
        ref = content_ref(account, cause, kind)
        self._contents.append(Content(ref, account, kind, text, at, at))
        return ref


class Served:
    """A console that a browser can open. `keys` are API keys by their holder's name."""

    def __init__(self, address: str, keys: Mapping[str, str], keys_file: Path, stage: Stage) -> None:
        self.address = address
        self.keys = keys
        self.keys_file = keys_file
        self.stage = stage


@contextmanager
def served(dsn: str, folder: Path, holders: Mapping[str, Sequence[str]]) -> Iterator[Served]:
    """The console over the played community, on a port of loopback, in a thread of its own."""
    path = folder / "keys.json"
    keys = {name: new_key(path, name, capabilities) for name, capabilities in holders.items()}
    stage = Stage(dsn)

    @asynccontextmanager
    async def parts() -> AsyncIterator[Parts]:
        await stage.play()
        pool = await postgres.pool(dsn)
        try:
            yield _parts(stage, pool)
        finally:
            await pool.close()

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    app = create_app(parts, KeyTable(path))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, name="console", daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the console didn't start"
        threading.Event().wait(0.02)
    try:
        yield Served(f"http://127.0.0.1:{port}", keys, path, stage)
    finally:
        server.should_exit = True
        thread.join(20)


def _parts(stage: Stage, pool: Database) -> Parts:
    return Parts(
        database=pool,
        policies=lambda: stage.world.policies,
        activations=lambda: tuple(enumerate([*stage.world.policies])),
        asked_at=lambda: {0: day(0), 1: day(CHANGED_ON)},
        now=stage.now,
        outbox=stage,
        refused=NoneRefused(),
    )


class NoneRefused:
    """Nothing was ever refused here."""

    async def read(self, since: datetime | None) -> AsyncIterator[Any]:
        """Nothing."""
        nothing: tuple[Any, ...] = ()
        for one in nothing:
            yield one, since

    async def find(self, partition: int, offset: int) -> Any:
        """Nothing either."""
        del partition, offset
