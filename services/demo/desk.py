"""The moderators' desk: looks things up in PostgreSQL as anybody would, and decides by what it sees there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from events.capabilities import ASKED
from events.decisions import decision_key, parse_decision_event
from services.demo.crowd import START, Sent, event
from services.demo.stream import Stream
from services.runtime import reading
from services.runtime.reading import Case, Strike

ADA: Final = "mod-ada"
BEA: Final = "mod-bea"
SOURCE: Final = "/demo/desk"


class Desk:
    """Moderators at work at one moment of simulated time. Each decision is waited for."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._count = 0
        self.now = START

    async def open_at(self, now: datetime) -> None:
        """Begin at this moment, with everything decided so far in sight."""
        self.now = now
        await self._stream.settle_projections()

    async def strike_of(self, account: str, post: str) -> Strike:
        """The strike, or warning, for a post."""
        page = await reading.strikes(self._stream.db, account=account)
        return next(strike for strike in page.rows if strike.post == post)

    async def case_about(self, account: str, subject: str) -> Case:
        """The open case about a subject, such as `post:p-1`."""
        page = await reading.cases(self._stream.db, account=account, status="open")
        return next(case for case in page.rows if case.subject == subject)

    async def standing_version(self, account: str) -> int:
        """The version of an account's standing."""
        answer = await reading.standing(self._stream.db, account)
        assert answer.now is not None
        return answer.now.version

    async def about_strike(self, by: str, verb: str, strike: Strike, reason: str, /, **data: Any) -> None:
        """Decide about a strike, at the version that was seen."""
        target = {"kind": "strike", "id": strike.strike}
        await self.decide(by, verb, strike.account, strike.version, reason, target=target, **data)

    async def about_case(self, by: str, verb: str, case: Case, reason: str, /, **data: Any) -> None:
        """Decide about a case, at the version that was seen."""
        target = {"kind": "case", "id": case.case_id}
        await self.decide(by, verb, case.account, case.version, reason, target=target, **data)

    async def about_account(self, by: str, verb: str, account: str, reason: str, **data: Any) -> None:
        """Decide about an account as a whole."""
        await self.decide(by, verb, account, await self.standing_version(account), reason, **data)

    async def appeal(self, account: str, about: str, text: str) -> None:
        """An account appeals an outcome, as it can be seen by now."""
        self._count += 1
        name = f"appeal-{self._count:04}"
        data = {"appeal": name, "about": about, "text": text}
        await self._stream.send([event(self.now, "appeal.filed", account, data, f"cast-{name}")])
        await self._stream.settle()
        await self._stream.settle_projections()

    async def answer(self, by: str, outcome: str, account: str, about: str, reason: str) -> None:
        """Answer the appeal about an outcome."""
        case = await self.case_about(account, f"appeal:{about}")
        data = {"appeal": case.case_id, "outcome": outcome}
        await self.decide(by, "decide_appeal", account, case.version, reason, **data)

    async def decide(self, by: str, verb: str, account: str, version: int, reason: str, **data: Any) -> None:
        """Send a decision, and wait until its outcome can be seen."""
        self._count += 1
        actor = {"id": by, "capabilities": sorted(ASKED)}
        document = {
            "specversion": "1.0",
            "id": f"desk-{self._count:04}",
            "source": SOURCE,
            "type": f"goodstanding.decision.{verb}.v1",
            "subject": account,
            "time": self.now,
            "data": {**data, "version": version, "reason": reason, "actor": actor},
        }
        value = msgspec.json.encode(document)
        key = decision_key(parse_decision_event(value))
        await self._stream.send([Sent(self.now, "decisions", key, value)])
        await self._stream.settle()
        await self._stream.settle_projections()
