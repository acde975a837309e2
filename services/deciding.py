"""Making a decision: its event, what would follow from it, sending it, and what came of it.

The command line, the API and the console decide with these functions and with nothing else. What would
follow, and what came of it, is read from PostgreSQL, which has every ledger entry as its exact bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from pydantic import ValidationError

from events.contents import content_ref
from events.dead_letters import Rejected
from events.decisions import DecisionUnion, decision_key, parse_decision_event, reason_kind, to_decided
from events.explain import explain
from events.ids import derived_id, subject_entity
from events.ledger import Entry, Refused
from events.policy import Policy
from events.signals import Actor, Origin, Signal
from services.keys import Operator
from services.runtime import reading
from services.runtime.reading import AuditEntry, Database

if TYPE_CHECKING:  # brings enforcement, which only a dry run needs
    from services.replay.dry_run import DryRun

DECISIONS: Final = "decisions"
OUTCOME_WAIT_S: Final = 30.0
POLL_S: Final = 0.02
POLL_S_MAX: Final = 0.25
"""The longer something isn't there, the less often it is looked for, up to this."""
FORESEEN_ENTRIES_MAX: Final = 20_000
"""Of an entity with a longer history than this nothing is foreseen: folding it would take too long."""


class Choice(msgspec.Struct, frozen=True):
    """What a person decides.

    `verb` is the type's, `version` what they saw, `data` what the type has beside.
    """

    verb: str
    account: str
    version: int | None
    data: Mapping[str, Any]


class BadDecision(ValueError):
    """A decision keeps to no contract, so that it can't be sent. The message says what is wrong and where."""


class CannotForesee(Exception):
    """What would follow can't be told. The message says why, and what to do."""


class Producer(Protocol):
    """What sends a record: a started producer of aiokafka."""

    async def send_and_wait(
        self, topic: str, value: bytes, *, key: bytes, timestamp_ms: int | None = None
    ) -> Any:
        """Send, and wait until the broker has it."""


def build(
    choice: Choice, who: Operator, now: datetime, source: str, event_id: str | None = None
) -> DecisionUnion:
    """The event of a decision; `source` says where it was made: `/goodstanding/api`.

    Without `event_id` the id is derived from the choice, the person and the moment. Raises `BadDecision`.
    """
    told = {name: value for name, value in choice.data.items() if value is not None}
    # An extension without an end is said by a null; everywhere else nothing is said by leaving it out.
    if choice.verb == "extend":
        told.setdefault("until", None)
    identity = event_id or derived_id(
        subject_entity(choice.account),
        f"{who.actor}\x1f{now.isoformat()}\x1f{told!r}",
        f"decision.{choice.verb}",
    )
    actor: dict[str, Any] = {"id": who.actor, "capabilities": sorted(who.capabilities)}
    if who.account:
        actor["account"] = who.account
    document = {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": f"goodstanding.decision.{choice.verb}.v1",
        "subject": choice.account,
        "time": now,
        "data": {**told, "version": choice.version, "actor": actor},
    }
    try:
        return parse_decision_event(msgspec.json.encode(document))
    except (ValidationError, Rejected) as error:
        raise BadDecision(str(explain(error, DECISIONS))) from error


def signal_of(event: DecisionUnion, policy_version: str, now: datetime) -> Signal:
    """The decision as screening would send it on, received `now`."""
    entity = subject_entity(event.subject)
    said = event.data.reason is not None
    reason_ref = content_ref(event.subject, event.id, reason_kind(event)) if said else None
    return Signal(
        id=derived_id(entity, event.id, "decided"),
        entity=entity,
        occurred_at=now,
        received_at=now,
        actor=Actor("person", event.data.actor.id),
        causation_id=event.causationid or event.id,
        correlation_id=event.correlationid or event.id,
        policy_version=policy_version,
        body=to_decided(event, reason_ref),
        origin=Origin(DECISIONS, 0, 0, event.id, event.type),
    )


async def foresee(
    db: Database, event: DecisionUnion, policies: Mapping[str, Policy], policy_version: str, now: datetime
) -> DryRun:
    """What a decision would lead to at `now` under a policy; nothing is written anywhere.

    Over the entity's entries as the projection has them. Raises `CannotForesee`.
    """
    from services.replay.dry_run import dry_run_of

    signal = signal_of(event, policy_version, now)
    data = await reading.entries(db, signal.entity, FORESEEN_ENTRIES_MAX + 1)
    if len(data) > FORESEEN_ENTRIES_MAX:
        raise CannotForesee(
            f"`{event.subject}` has more than {FORESEEN_ENTRIES_MAX} entries, too many to foresee what would "
            "follow; decide without a dry run"
        )
    try:
        # Folding a long history takes a while; others are answered meanwhile.
        return await asyncio.to_thread(dry_run_of, data, signal, policies, policy_version, now)
    except KeyError as error:
        raise CannotForesee(
            f"the text of policy `{error.args[0]}` isn't there, by which something in the history was "
            "decided; is the topic `policies` whole?"
        ) from error


def encode(event: DecisionUnion) -> bytes:
    """The event as the log has it."""
    return event.model_dump_json(exclude_none=event.type != "goodstanding.decision.extend.v1").encode()


async def send(producer: Producer, topic: str, event: DecisionUnion, stamp: datetime | None = None) -> None:
    """Send a decision, and wait until the log has it. Sent twice under the same id, it counts once.

    `stamp` is the record's own time, in simulated time; None: the broker says when it received it.
    """
    await producer.send_and_wait(
        topic,
        encode(event),
        key=decision_key(event),
        timestamp_ms=None if stamp is None else int(stamp.timestamp() * 1000),
    )


async def shown(
    db: Database, entity: str, event_id: str, since: int, wait_s: float = OUTCOME_WAIT_S
) -> AuditEntry | None:
    """The entry that an event led to at an entity, once the projection has it; a refusal has one too.

    `since` is the entity's last sequence from before it was sent (`reading.last_sequence`). None when it
    isn't there within `wait_s`; with 0 it is looked for once.
    """
    deadline = asyncio.get_running_loop().time() + wait_s
    pause = POLL_S
    while True:
        found = await reading.entry_of_event(db, entity, event_id, since)
        left = deadline - asyncio.get_running_loop().time()
        if found is not None or left <= 0:
            return found
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.2, POLL_S_MAX)


def refusal(entry: Entry) -> Refused | None:
    """Why the decision had no effect; None where it had."""
    return next((outcome for outcome in entry.outcomes if isinstance(outcome, Refused)), None)
