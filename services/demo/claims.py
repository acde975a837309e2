"""What must have come of the story: each claim is asked of PostgreSQL, the ledger and the dead letters.

Nothing here looks at what the demo has sent or believes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import msgspec

from events.dead_letters import from_headers
from services.demo import cast
from services.demo.cast import day
from services.demo.crowd import MEMBER_PREFIX
from services.demo.desk import ADA, BEA
from services.demo.stream import Stream
from services.projecting.rebuild import rebuild
from services.replay.verify import Report
from services.replay.worker import verify_kafka
from services.runtime import reading
from services.runtime.reading import NotFound, Sanction, Standing
from services.runtime.settings import Settings

ROWS_MAX: Final = 1_000
BY_ADA: Final = f"person:{ADA}"
BY_BEA: Final = f"person:{BEA}"
LADDER: Final = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))


class Asked:
    """Where claims look. `own_words`: the crowd wrote the demo's own lines."""

    def __init__(self, stream: Stream, settings: Settings, *, own_words: bool) -> None:
        self.stream: Final = stream
        self.db: Final = stream.db
        self.settings: Final = settings
        self.own_words: Final = own_words
        self.verified: Report | None = None

    async def standing(self, account: str) -> Standing:
        """An account's standing now. Raises `NotFound`."""
        answer = await reading.standing(self.db, account)
        assert answer.now is not None
        return answer.now

    async def sanctions(self, account: str, kind: str) -> list[Sanction]:
        """An account's sanctions of a kind, the earliest first."""
        page = await reading.sanctions(self.db, account=account, kind=kind, limit=ROWS_MAX)
        return list(reversed(page.rows))

    async def outcomes(self, account: str, kind: str) -> list[dict[str, Any]]:
        """The outcomes of a kind in an account's ledger entries, the earliest first."""
        page = await reading.audit(self.db, account, limit=ROWS_MAX)
        return [
            outcome
            for entry in reversed(page.rows)
            for name, outcome in zip(entry.outcomes, entry.entry["outcomes"], strict=True)
            if name == kind
        ]


class Claim(msgspec.Struct, frozen=True):
    """One sentence that must be true, and how to find out. The answer may say more when it isn't.

    `own_words`: made only where the crowd wrote the demo's own lines, which keep to the guidelines.
    """

    text: str
    ask: Callable[[Asked], Awaitable[bool | str]]
    own_words: bool = False


class Held(msgspec.Struct, frozen=True):
    """A claim that was asked. `fault`: why it isn't true; empty when it is."""

    text: str
    fault: str

    @property
    def true(self) -> bool:
        """Whether it is true."""
        return not self.fault


async def ask_all(asked: Asked) -> list[Held]:
    """Ask every claim, one after the other; what can't even be asked isn't true."""
    return [await _ask(claim, asked) for claim in CLAIMS if asked.own_words or not claim.own_words]


async def _ask(claim: Claim, asked: Asked) -> Held:
    try:
        answer = await claim.ask(asked)
    except (NotFound, IndexError, LookupError) as error:
        return Held(claim.text, f"not found: {error}")
    if isinstance(answer, str):
        return Held(claim.text, answer)
    return Held(claim.text, "" if answer else "it isn't so")


# --- the serial offender -------------------------------------------------------------------------


async def _warned_first(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.REX)
    first = min((*standing.strikes, *standing.warnings_given), key=lambda row: row.issued_at)
    return first.counts_as == "warning" and first.points >= 0 and len(standing.warnings_given) == 1


async def _climbed(asked: Asked) -> bool | str:
    spans = [
        row.ends_at - row.starts_at
        for row in await asked.sanctions(cast.REX, "suspension")
        if row.origin == "ladder" and row.ends_at is not None
    ]
    return tuple(spans) == LADDER or f"suspensions of {', '.join(map(str, spans)) or 'no length at all'}"


async def _second_person(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.REX)
    ends = await asked.sanctions(cast.REX, "termination")
    refused = [o for o in await asked.outcomes(cast.REX, "refused") if o["code"] == "second_person_needed"]
    settled = [one.issued_by for one in ends]
    return (standing.terminated and settled == [BY_BEA] and len(refused) == 1) or (
        f"terminated: {standing.terminated}, by {settled}, {len(refused)} refusals"
    )


async def _confirmed_by(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.REX)
    return {row.confirmed_by for row in standing.strikes} == {BY_ADA} and standing.confirmed_points >= 12


# --- the mistake ---------------------------------------------------------------------------------


async def _restored(asked: Asked) -> bool | str:
    now = await asked.standing(cast.NORA)
    listed = {row.status for row in now.strikes}
    return (
        now.active_points == 0
        and not now.suspended
        and now.hidden_posts == 0
        and listed == {"overturned"}
        and len(now.strikes) == 2
    ) or f"{now.active_points} points, suspended: {now.suspended}, {now.hidden_posts} hidden, {listed}"


async def _remembered(asked: Asked) -> bool | str:
    answer = await reading.standing(asked.db, cast.NORA, day(44, 16))
    then, really = answer.as_recorded, answer.in_effect
    return (
        then is not None and then.suspended and then.active_points == 4 and really is not None
    ) or "the record of what was known on day 44 is gone"


async def _suspension_lifted(asked: Asked) -> bool | str:
    rows = await asked.sanctions(cast.NORA, "suspension")
    return [(row.status, row.lifted_by) for row in rows] == [("lifted", BY_BEA)] or (
        f"suspensions: {[(row.status, row.lifted_by) for row in rows]}"
    )


async def _stale(asked: Asked) -> bool | str:
    codes = [outcome["code"] for outcome in await asked.outcomes(cast.NORA, "refused")]
    return codes == ["stale"] or f"refusals: {codes}"


async def _expired(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.IDA)
    ended = [(row.status, row.ended_at == row.expires_at) for row in standing.strikes]
    return (ended == [("expired", True)] and standing.active_points == 0) or (
        f"{ended}, {standing.active_points} points"
    )


# --- reports -------------------------------------------------------------------------------------


async def _muted(asked: Asked) -> bool | str:
    imposed = await asked.outcomes(cast.GUS, "sanction_imposed")
    mutes = [outcome["sanction"] for outcome in imposed if outcome["origin"] == "mute"]
    over = [outcome["sanction"] for outcome in await asked.outcomes(cast.GUS, "sanction_lifted")]
    results = [outcome["result"] for outcome in await asked.outcomes(cast.GUS, "report_noted")]
    expected = [*["forwarded"] * 2, "ignored_muted"]
    once = len(mutes) == 1 and over == mutes
    return (once and results == expected) or f"muted: {mutes}, over: {over}, reports: {results}"


async def _untouched(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.UMA)
    return standing.active_points == 0 and standing.open_cases == 0 and not standing.sanctions


async def _upheld(asked: Asked) -> bool | str:
    settled = [outcome["outcome"] for outcome in await asked.outcomes(cast.LENA, "report_settled")]
    standing = await asked.standing(cast.VIC)
    by = [row.issued_by for row in standing.warnings_given]
    return (settled == ["upheld"] and by == [BY_ADA]) or f"lena was told {settled}, vic was warned by {by}"


async def _message(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.DAN)
    return [(row.issued_by, row.issued_at >= day(63, 9)) for row in standing.strikes] == [(BY_ADA, True)]


async def _appealed(asked: Asked) -> bool | str:
    answered = (await reading.appeals(asked.db, account=cast.VIC)).rows
    refused = [outcome["code"] for outcome in await asked.outcomes(cast.VIC, "refused")]
    said = [(row.status, row.decided_by) for row in answered]
    return (said == [("denied", BY_BEA)] and refused == ["second_person_needed"]) or (
        f"vic's was answered {said}, refused were {refused}"
    )


async def _awaits(asked: Asked) -> bool | str:
    waiting = (await reading.appeals(asked.db, status="pending")).rows
    standing = await asked.standing(cast.DAN)
    return [row.account for row in waiting] == [cast.DAN] and standing.open_cases == 1


# --- smaller scenes ------------------------------------------------------------------------------


async def _staff(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.SOL)
    return standing.total_strikes == 0 and not standing.warnings_given and standing.open_cases == 1


async def _own_link(asked: Asked) -> bool | str:
    mia = await asked.standing(cast.MIA)
    tom = await asked.standing(cast.TOM)
    return (mia.open_cases == 1 and tom.open_cases == 0 and not tom.strikes and not tom.warnings_given) or (
        f"mia has {mia.open_cases} open cases, tom {tom.open_cases}"
    )


async def _edited(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.ELI)
    hidden = [row.lifted_because for row in await asked.sanctions(cast.ELI, "content_removal")]
    revisions = [row.revision for row in standing.strikes]
    return (hidden == ["post_deleted"] and revisions == [2] and standing.hidden_posts == 0) or (
        f"hidden content was lifted because of {hidden}, strikes are about revisions {revisions}"
    )


async def _own_number(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.KIM)
    return (standing.total_strikes == 0 and standing.hidden_posts == 1 and not standing.warnings_given) or (
        f"{standing.total_strikes} strikes, {standing.hidden_posts} hidden posts"
    )


async def _welfare(asked: Asked) -> bool | str:
    page = await reading.cases(asked.db, account=cast.ANN, status="open")
    standing = await asked.standing(cast.ANN)
    kinds = [(case.case_kind, case.urgent) for case in page.rows]
    return (kinds == [("welfare", True)] and standing.total_strikes == 0) or f"cases: {kinds}"


async def _merits(asked: Asked) -> bool | str:
    return (await asked.standing(cast.ZOE)).merits == cast.MERITS


async def _once(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.LOU)
    return (len(standing.strikes) == 1 and standing.active_points == 2) or (
        f"{len(standing.strikes)} strikes, {standing.active_points} points"
    )


async def _dead(asked: Asked) -> bool | str:
    letters = [from_headers(record.headers) for record in asked.stream.dead]
    codes = Counter("no reason" if letter is None else letter.reason.code for letter in letters)
    return codes == Counter(cast.BAD_CODES) or f"dead letters: {dict(codes)}"


async def _neighbours(asked: Asked) -> bool | str:
    standing = await asked.standing(cast.BO)
    posts = [row.post for row in (*standing.warnings_given, *standing.strikes)]
    return posts == ["bo-1", "bo-2"] or f"found about posts {posts}"


async def _crowd(asked: Asked) -> bool | str:
    rows = await reading.strikes(asked.db, counts_as="strike", limit=ROWS_MAX)
    struck = sorted({row.account for row in rows.rows if row.account.startswith(MEMBER_PREFIX)})
    return not struck or f"strikes of {', '.join(struck[:5])}"


async def _carried_out(asked: Asked) -> bool | str:
    page = await reading.sanctions(asked.db, limit=ROWS_MAX)
    silent = [row.sanction for row in page.rows if row.carried is None and row.sanction_kind != "warning"]
    return not silent or f"{len(silent)} of {len(page.rows)} sanctions without an answer, such as {silent[0]}"


# --- the record itself ---------------------------------------------------------------------------


async def _whole(asked: Asked) -> bool | str:
    report = asked.verified = await verify_kafka(asked.settings)
    shown = await asked.db.fetchval("SELECT count(*) FROM audit_entries")
    if report.fault is not None:
        return str(report.fault)
    return (report.entries == shown > 0 and report.decided_again == report.entries) or (
        f"{report.entries} entries, {report.decided_again} decided again, {shown} in PostgreSQL"
    )


async def _rebuilt(asked: Asked) -> bool | str:
    settings = asked.settings
    report = await rebuild(settings.bootstrap_servers, settings.postgres_dsn, swap="never")
    unequal = [str(difference) for difference in report.differences if not difference.equal]
    return report.equal or "; ".join(unequal)


CLAIMS: Final = (
    Claim("the serial offender was warned first", _warned_first),
    Claim("the ladder suspended him for 24 hours, then 7 days, then 30 days", _climbed),
    Claim("only strikes that a person had confirmed took him beyond the first rung", _confirmed_by),
    Claim("who proposed his termination couldn't confirm it; a second person did", _second_person),
    Claim("overturned strikes really gave nora her standing back", _restored),
    Claim("her suspension was lifted by who overturned the strike", _suspension_lifted),
    Claim("what was on record about her on day 44 can still be asked for", _remembered),
    Claim("of two decisions about the same strike the first won, and the second was told", _stale),
    Claim("ida's strike expired by the clock, and stays listed", _expired),
    Claim("an unfounded report is a warning, a second one a mute, and the third is ignored", _muted),
    Claim("whom he reported has nothing on her record", _untouched),
    Claim("a rightful report was upheld, its reporter told, and a person gave the warning", _upheld),
    Claim("a direct message was read only after its recipient reported it", _message),
    Claim("an appeal was answered by a second person, and not by who had given the warning", _appealed),
    Claim("another one awaits its answer", _awaits),
    Claim("what staff wrote became a case, neither exempt nor struck by a rule", _staff),
    Claim("the same link is a case for its owner, and nothing for somebody else", _own_link),
    Claim("an edit counted, and deleting the post left nothing to hide", _edited),
    Claim("one's own number is hidden without a strike", _own_number),
    Claim("a cry for help is an urgent welfare case, and no strike", _welfare),
    Claim("accepted answers show in the standing", _merits),
    Claim("an event that came three times counted once", _once),
    Claim("each broken record is a dead letter with its own reason", _dead),
    Claim("the good records around them passed", _neighbours),
    Claim("no ordinary member was struck", _crowd, own_words=True),
    Claim("every sanction that is in force was answered by the platform", _carried_out),
    Claim("the ledger is whole, and deciding it all again gives the same bytes", _whole),
    Claim("tables rebuilt from the ledger equal the live ones", _rebuilt),
)
