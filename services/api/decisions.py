"""Deciding, for the API's routes and the console's pages alike.

    choice = Choice("overturn", account, version, {"target": {"kind": "strike", "id": id}, "reason": reason})
    shown = await decisions.preview(parts, who, choice)       # shown.sentence; nothing is sent
    made = await decisions.decide(parts, who, choice, source=SOURCE, key=key, wait_s=5.0)
    made.status                                               # "applied", "refused", "failed" or "pending"

`parts` is `request.app.state.parts`, `choice.version` the version that the person saw. Both raise

- `NotAllowed` where `who` lacks the capability that the verb needs,
- `BadDecision` where the choice keeps to no contract,
- `Stale` where what the person saw has changed meanwhile, with what has,
- `reading.NotFound` where there is no such target,
- `CannotForesee` (`preview` only) and `NotSent` (`decide` only).

A decision that enforcement refuses is no exception: `made.refused` says why, and it is on record.
`key` makes asking again harmless: the same key and choice is the same decision, which counts once.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from aiokafka.errors import KafkaError
from pydantic import BaseModel, ConfigDict, ValidationError

from events import ledger
from events.accounts import parse_account_event
from events.capabilities import NEEDED, NEEDED_IN, UNVERSIONED
from events.codec import decode_entry
from events.dead_letters import Rejected
from events.decisions import DecisionUnion, decision_key
from events.explain import explain
from events.ids import derived_id, subject_entity
from events.ledger import Entry, Outcome
from events.signals import Decided
from services import answers, deciding
from services.answers import NotAllowed
from services.api.parts import Parts
from services.deciding import BadDecision, CannotForesee, Choice
from services.keys import DECIDE, SEND, Operator
from services.runtime import reading
from services.runtime.postgres import Queries
from services.runtime.reading import AuditEntry, Database, NotFound
from services.sentences import foretold, sentence

__all__ = [
    "BadDecision",
    "CannotForesee",
    "Change",
    "Choice",
    "KeyReused",
    "Made",
    "NotAllowed",
    "NotFound",
    "NotSent",
    "Preview",
    "Stale",
    "Target",
    "decide",
    "file_appeal",
    "made",
    "needs",
    "preview",
    "target_of",
]

SQL: Final = Queries(Path(__file__).parent / "sql")
ACCOUNTS: Final = "accounts"
CHANGES_MAX: Final = 20
"""How many changes a stale decision is told of, the latest."""
LOOKED_BACK_MAX: Final = 200
"""How many entries are looked through for them."""

VERSION_RAISED: Final = (
    ledger.StrikeAmended,
    ledger.StrikeConfirmed,
    ledger.StrikeRemoved,
    ledger.StrikeExpired,
    ledger.SanctionAmended,
)
"""Outcomes that raise the version of the strike or sanction that they name by one. Lifting one doesn't."""

Status = Literal["pending", "applied", "refused", "failed"]


class Change(BaseModel):
    """Something that happened since a version was seen. `actor` is null unless a person did it."""

    model_config = ConfigDict(frozen=True)

    recorded_at: datetime
    actor: str | None
    sentence: str


class Stale(Exception):
    """What the person saw has changed meanwhile: `changes`, the latest first, up to `current_version`.

    `decision` is its id where it was sent all the same, for the record.
    """

    def __init__(self, message: str, current_version: int | None, changes: Sequence[Change]) -> None:
        super().__init__(message)
        self.current_version = current_version
        self.changes = tuple(changes)
        self.decision: str | None = None


class NotSent(Exception):
    """The log didn't take a record; whether it has it is unknown. Asking again under the same key is safe."""


class KeyReused(Exception):
    """An idempotency key was used for another request before."""


class Target(msgspec.Struct, frozen=True):
    """What a decision is about, as the projection shows it. `case_kind` is None unless it is a case."""

    kind: Literal["account", "strike", "sanction", "case", "appeal"]
    id: str
    account: str
    version: int
    case_kind: str | None = None


class Preview(msgspec.Struct, frozen=True):
    """What a decision would lead to. `refused` says why it would have no effect."""

    sentence: str
    refused: ledger.Refused | None
    outcomes: tuple[Outcome, ...]
    before: ledger.Standing
    after: ledger.Standing


class Asked(msgspec.Struct, frozen=True):
    """What is noted of a request before it is sent. `request` tells it from another one."""

    decision: str
    entity: str
    verb: str
    request: bytes
    batch: str | None


class Noted(msgspec.Struct, frozen=True):
    """What was noted under a key before: since when the outcome is looked for, and the first answer."""

    since: int
    answer: tuple[int, Any] | None


class Record(msgspec.Struct, frozen=True):
    """A record for the log."""

    topic: str
    key: bytes
    value: bytes
    now: datetime


class Made(msgspec.Struct, frozen=True):
    """A decision that was sent. `row` is the ledger entry that it led to; None before the projection has it.

    It comes after `since`, the last sequence of the entity from before.

    `answer` is the status and body of what was answered under the same key before.
    """

    decision: str
    entity: str
    verb: str
    since: int
    row: AuditEntry | None
    answer: tuple[int, Any] | None = None

    @property
    def entry(self) -> Entry | None:
        """The entry itself."""
        return None if self.row is None else decode_entry(self.row.data)

    @property
    def refused(self) -> ledger.Refused | None:
        """Why it had no effect; None where it had, or isn't there yet."""
        entry = self.entry
        return None if entry is None else deciding.refusal(entry)

    @property
    def status(self) -> Status:
        """Whether it counts."""
        entry = self.entry
        if entry is None:
            return "pending"
        if any(isinstance(outcome, ledger.Failed) for outcome in entry.outcomes):
            return "failed"
        return "applied" if deciding.refusal(entry) is None else "refused"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What came of it, line by line."""
        entry = self.entry
        return () if entry is None else tuple(map(sentence, entry.outcomes))


def needs(verb: str) -> str:
    """The capability that a decision needs. Enforcement asks again, where it isn't the right to decide."""
    return NEEDED.get(verb, DECIDE)


async def target_of(db: Database, who: Operator, kind: str, identity: str) -> Target:
    """What a decision is about, where `who` may see it.

    An account that nothing is known of is one at version 0. Raises `NotFound` or `NotAllowed`.
    """
    record = await db.fetchrow(SQL["target"], kind, identity)
    if record is None:
        if kind != "account":
            raise NotFound(
                f"there is no {kind} `{identity}`; what was just decided takes a moment to be seen"
            )
        return Target("account", identity, identity, 0)
    needed = NEEDED_IN.get(record["case_kind"] or "")
    if needed is not None and not who.may(needed):
        raise NotAllowed(needed)
    found: Any = kind
    return Target(found, identity, record["account"], record["version"], record["case_kind"])


async def preview(parts: Parts, who: Operator, choice: Choice) -> Preview:
    """What a decision would lead to, were it made now. Nothing is sent."""
    # An id of its own: the same decision may have been sent at this very moment, and would count once.
    identity = derived_id(who.actor, _request(choice).hex(), "preview")
    event, now = await _event(parts, who, choice, "/goodstanding/preview", identity)
    version = parts.in_force()
    if version is None:
        raise CannotForesee(
            "no policy is in force, so nothing can be foreseen; the operator activates one "
            "(`goodstanding policy activate FILE`)"
        )
    found = await deciding.foresee(parts.database, event, parts.policies(), version, now)
    refused = next((one for one in found.outcomes if isinstance(one, ledger.Refused)), None)
    if refused is not None and refused.code == "stale":
        raise await _stale(parts.database, who, choice, refused.message, refused.current_version)
    return Preview(foretold(found), refused, found.outcomes, found.before, found.after)


async def decide(
    parts: Parts,
    who: Operator,
    choice: Choice,
    *,
    source: str,
    key: str | None = None,
    batch: str | None = None,
    wait_s: float = 0.0,
) -> Made:
    """Make a decision: send it, and wait up to `wait_s` seconds until the projection shows its outcome."""
    event, now = await _event(parts, who, choice, source, _identity(who, key))
    asked = Asked(event.id, subject_entity(choice.account), choice.verb, _request(choice), batch)
    record = Record(deciding.DECISIONS, decision_key(event), deciding.encode(event), now)

    async def check() -> None:
        try:
            await _check_version(parts.database, who, choice)
        except Stale as stale:
            await _send(parts, record)  # enforcement refuses it as well: so it is on record
            stale.decision = event.id
            raise

    return await _submit(parts, who, asked, record, key, check, wait_s)


async def file_appeal(
    parts: Parts,
    who: Operator,
    account: str,
    data: Mapping[str, Any],
    *,
    source: str,
    key: str | None = None,
    wait_s: float = 0.0,
) -> Made:
    """File an appeal on an account's behalf; otherwise as `decide`. `data` is the contract's.

    Without an id of its own the appeal is known by the event's.
    Raises `BadDecision`, `NotAllowed` or `NotSent`.
    """
    if not who.may(SEND):
        raise NotAllowed(SEND)
    now = await parts.now()
    entity = subject_entity(account)
    choice = Choice("appeal", account, None, data)
    event_id = _identity(who, key) or derived_id(entity, f"{who.actor}\x1f{now.isoformat()}", "appeal.filed")
    document = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": "goodstanding.appeal.filed.v1",
        "subject": account,
        "time": now,
        "data": {"appeal": event_id, **{name: value for name, value in data.items() if value is not None}},
    }
    value = msgspec.json.encode(document)
    try:
        parse_account_event(value)
    except (ValidationError, Rejected) as error:
        raise BadDecision(str(explain(error, ACCOUNTS))) from error
    asked = Asked(event_id, entity, choice.verb, _request(choice), None)
    record = Record(ACCOUNTS, account.encode(), value, now)
    return await _submit(parts, who, asked, record, key, None, wait_s)


async def awaited(db: Database, before: Made, wait_s: float) -> Made:
    """A decision that was sent, once the projection shows it or `wait_s` is over."""
    if before.row is not None or before.answer is not None:
        return before
    row = await deciding.shown(db, before.entity, before.decision, before.since, wait_s)
    return msgspec.structs.replace(before, row=row)


async def changes_since(db: Database, who: Operator, entry: Entry) -> tuple[Change, ...]:
    """What a refused decision, whose entry this is, hadn't seen."""
    body, refused = entry.cause.body, deciding.refusal(entry)
    if not isinstance(body, Decided) or refused is None:
        return ()
    kind, identity = (
        ("account", body.account)
        if body.target_kind in {"account", "post"}
        else (body.target_kind, body.target)
    )
    return await _told_since(
        db, who, entry.entity, kind, identity, body.version or 0, refused.current_version or 0
    )


async def made(db: Database, decision: str) -> Made:
    """A decision that was sent, and what came of it so far. Raises `NotFound`."""
    record = await db.fetchrow(SQL["decision_get"], decision)
    if record is None:
        raise NotFound(f"no decision `{decision}` was sent through this API; check the id")
    row = await reading.entry_of_event(db, record["entity"], decision, record["since"])
    return Made(decision, record["entity"], record["verb"], record["since"], row)


async def keep_answer(db: Database, decision: str, status: int, body: Any) -> None:
    """Keep the first answer to a decision, to be repeated under the same key."""
    await db.fetchval(SQL["decision_answer"], decision, status, json.dumps(body))


async def _event(
    parts: Parts, who: Operator, choice: Choice, source: str, identity: str | None
) -> tuple[DecisionUnion, datetime]:
    """The event of a choice, and the moment at which it is made."""
    needed = needs(choice.verb)
    if not who.may(needed):
        raise NotAllowed(needed)
    now = await parts.now()
    return deciding.build(choice, who, now, source, identity), now


def _identity(who: Operator, key: str | None) -> str | None:
    """The id of an event that was asked for under a key: the log itself then takes it once."""
    return None if key is None else derived_id(who.actor, key, "idempotency-key")


def _request(choice: Choice) -> bytes:
    """What tells one request from another: all that was chosen, and nothing of how it is answered."""
    return sha256(msgspec.json.encode(choice, order="sorted")).digest()


async def _submit(
    parts: Parts,
    who: Operator,
    asked: Asked,
    record: Record,
    key: str | None,
    check: Callable[[], Awaitable[None]] | None,
    wait_s: float,
) -> Made:
    """Note what is asked, send it, and wait. What was asked under the same key before isn't checked again.

    It is noted before it is checked, since what is stale is sent as well: then its key is taken, too.
    """
    db = parts.database
    noted = await _noted(db, who, asked, key)
    since = await reading.last_sequence(db, asked.entity)
    if noted is None:
        fields = (asked.decision, who.actor, key, asked.request, asked.entity, asked.verb, since, asked.batch)
        if await db.fetchval(SQL["decision_note"], *fields) is None and key is not None:
            noted = await _noted(db, who, asked, key)  # somebody asked the same at the same moment
    if noted is None and check is not None:
        await check()
    since = since if noted is None else noted.since
    answer = None if noted is None else noted.answer
    if answer is None:
        await _send(parts, record)
    row = await deciding.shown(db, asked.entity, asked.decision, since, wait_s)
    return Made(asked.decision, asked.entity, asked.verb, since, row, answer)


async def _noted(db: Database, who: Operator, asked: Asked, key: str | None) -> Noted | None:
    """What was asked under this key before; None where nothing was. Raises `KeyReused`."""
    if key is None:
        return None
    found = await db.fetchrow(SQL["decision_find"], who.actor, key)
    if found is None:
        return None
    if found["request"] != asked.request:
        raise KeyReused(key)
    answered = found["status"] is not None
    return Noted(found["since"], (found["status"], json.loads(found["answer"])) if answered else None)


async def _send(parts: Parts, record: Record) -> None:
    try:
        await parts.outbox.send(record.topic, record.key, record.value, record.now)
    except (KafkaError, OSError, TimeoutError) as error:
        raise NotSent(f"the log didn't take it ({type(error).__name__})") from error


async def _check_version(db: Database, who: Operator, choice: Choice) -> None:
    """Refuse what is stale for certain, without waiting for enforcement, which has the last word."""
    if choice.version is None or choice.verb in UNVERSIONED:
        return
    kind, identity = _about(choice)
    record = await db.fetchrow(SQL["target"], kind, identity)
    current = 0 if record is None else record["version"]
    if current > choice.version:
        message = f"the decision saw version {choice.version} of the {kind}, now at {current}"
        raise await _stale(db, who, choice, message, current)


def _about(choice: Choice) -> tuple[str, str]:
    """What a choice is about, whose version it names."""
    if choice.verb == "decide_appeal":
        return "appeal", choice.data["appeal"]
    target = choice.data.get("target")
    if target is None or target["kind"] == "post":
        return "account", choice.account
    return target["kind"], target["id"]


async def _stale(db: Database, who: Operator, choice: Choice, message: str, current: int | None) -> Stale:
    kind, identity = _about(choice)
    entity = subject_entity(choice.account)
    found = await _told_since(db, who, entity, kind, identity, choice.version or 0, current or 0)
    return Stale(message, current, found)


async def _told_since(
    db: Database, who: Operator, entity: str, kind: str, identity: str, seen: int, current: int
) -> tuple[Change, ...]:
    """What changed about a target from version `seen` to `current`, the latest first, as `who` may see it."""
    rows = (await reading.audit(db, entity, limit=LOOKED_BACK_MAX)).rows
    close = await answers.hidden(db, who, entity)
    withheld = {row.sequence for row in rows if answers.shown(who, row, close).withheld is not None}
    found = _changes(rows, kind, identity, seen, current)
    return tuple(islice((change for row, change in found if row.sequence not in withheld), CHANGES_MAX))


def _changes(
    rows: Iterable[AuditEntry], kind: str, identity: str, seen: int, current: int
) -> Iterator[tuple[AuditEntry, Change]]:
    """What happened to a target since a version; `rows` are its entity's, both the latest first."""
    left = current - seen
    for row in rows:
        entry = decode_entry(row.data)
        if left <= 0 or (kind == "account" and entry.standing.version <= seen):
            return
        for outcome in reversed(entry.outcomes):
            if kind != "account":
                if identity not in _ids(outcome):
                    continue
                if isinstance(outcome, ledger.CaseUpdated | ledger.CaseClosed) and outcome.version <= seen:
                    return
                left -= isinstance(outcome, VERSION_RAISED)
            actor = row.actor_id if row.actor_kind == "person" else None
            yield row, Change(recorded_at=row.recorded_at, actor=actor, sentence=sentence(outcome))


def _ids(outcome: Outcome) -> set[Any]:
    """Every id that an outcome names."""
    values = (getattr(outcome, name) for name in outcome.__struct_fields__)
    return {value for value in values if isinstance(value, str)}
