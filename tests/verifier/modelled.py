"""The ledger says what the reference model says, entry by entry, in the order of the committed signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from events.codec import decode_entry, decode_signal
from events.ledger import Entry
from events.policy import Policy
from events.signals import AccountChanged, PolicyActivated, Signal, Tick
from tests.model.account import AccountModel
from tests.model.sight import ViewSight
from tests.support.view import View
from tests.verifier.reading import Record, Unproved

NEVER = datetime.max.replace(tzinfo=UTC)
COMPARED = ("rung", "suspended", "suspended_until", "terminated", "warnings")


@dataclass
class Tally:
    """How much was compared, and how much the model has no words for."""

    entries: int = 0
    silent: int = 0
    skipped: set[str] = field(default_factory=set)


class Partition:
    """One partition of `signals`, walked together with the same partition of `ledger`."""

    def __init__(
        self, number: int, entries: Sequence[Entry], policies: Mapping[str, Policy], tally: Tally
    ) -> None:
        self._number = number
        self._entries = entries
        self._policies = policies
        self._tally = tally
        self._next = 0
        self._now: datetime | None = None
        self._policy: Policy | None = None
        self._activation = -1
        self._view = View()
        self._models: dict[str, AccountModel] = {}
        self._quiet: dict[str, datetime] = {}
        """Until when a tick has nothing to do at an entity, unless something happens to it."""

    def walk(self, signals: Sequence[Signal]) -> None:
        """Take every signal in order. Raises `Unproved` at the first entry that is other or too many."""
        for signal in signals:
            if isinstance(signal.body, PolicyActivated):
                self._activate(signal.body)
            elif isinstance(signal.body, Tick):
                self._now = signal.body.at if self._now is None else max(self._now, signal.body.at)
                self._ticked(signal)
            else:
                self._one(signal)
        if self._next < len(self._entries):
            raise Unproved(f"{self._where()}: an entry that no committed signal led to")

    def _activate(self, body: PolicyActivated) -> None:
        if body.sequence > self._activation:
            self._activation, self._policy = body.sequence, self._policies[body.version]
            self._quiet.clear()

    def _ticked(self, tick: Signal) -> None:
        fired: set[str] = set()
        while self._next < len(self._entries) and self._entries[self._next].cause.id == tick.id:
            entry = self._entries[self._next]
            if entry.recorded_at != self._now:
                raise Unproved(f"{self._where()}: recorded at {entry.recorded_at}, and it is {self._now}")
            fired.add(entry.entity)
            self._take(entry.cause, entry)
        now = self._now or tick.received_at
        for entity in [one for one in self._models if self._quiet.get(one, now) <= now and one not in fired]:
            said = self._model(replace(tick, entity=entity))
            if entity not in self._tally.skipped:
                self._quiet[entity] = self._models[entity].next_end(now) or NEVER
            if said:
                raise Unproved(
                    f"{self._where()}: the tick of {self._now} left nothing for `{entity}`, and must"
                )

    def _one(self, signal: Signal) -> None:
        entry = self._entries[self._next] if self._next < len(self._entries) else None
        left = entry is not None and entry.cause.id == signal.id and entry.entity == signal.entity
        self._take(signal, entry if left else None)

    def _take(self, signal: Signal, entry: Entry | None) -> None:
        where = self._where()
        said = self._model(signal)
        if said is not None and said != (entry is not None):
            raise Unproved(
                f"{where}: signal `{signal.id}` ({type(signal.body).__name__}) of `{signal.entity}` "
                f"{'left no entry, and must' if said else 'left an entry, and must not'}"
            )
        if entry is None:
            self._tally.silent += 1
            return
        self._next += 1
        self._view.take(entry)
        self._compare(entry, where)

    def _model(self, signal: Signal) -> bool | None:
        """What the model says about a signal; None, from then on, for an entity that it has no words for."""
        if self._policy is None or signal.entity in self._tally.skipped:
            return None
        self._quiet.pop(signal.entity, None)
        model = self._models.get(signal.entity)
        if model is None:
            model = self._models[signal.entity] = AccountModel(self._policy, self._policies)
        model.policy = self._policy
        now = self._now or signal.received_at
        other = isinstance(signal.body, AccountChanged) and signal.body.account_kind in {"bot", "staff"}
        try:
            if other or not signal.entity.startswith("account:"):
                raise NotImplementedError
            return model.take(signal, now, ViewSight(self._view))
        except NotImplementedError:
            self._tally.skipped.add(signal.entity)
            return None

    def _compare(self, entry: Entry, where: str) -> None:
        if entry.entity in self._tally.skipped:
            return
        picture = self._models[entry.entity].picture(entry.recorded_at)
        standing = entry.standing
        wrong = {
            name: f"{getattr(standing, name)}, the model says {getattr(picture, name)}"
            for name in COMPARED
            if getattr(standing, name) != getattr(picture, name)
        }
        if standing.active_points != picture.points:
            wrong["active_points"] = f"{standing.active_points}, the model says {picture.points}"
        if standing.confirmed_points != picture.confirmed_points:
            wrong["confirmed_points"] = (
                f"{standing.confirmed_points}, the model says {picture.confirmed_points}"
            )
        if wrong:
            raise Unproved(f"{where}, entity `{entry.entity}`, sequence {entry.sequence}: {wrong}")
        self._tally.entries += 1

    def _where(self) -> str:
        return f"ledger partition {self._number}, entry {self._next}"


def compare(
    signals: Mapping[int, Sequence[Record]],
    ledger: Mapping[int, Sequence[Record]],
    policies: Mapping[str, Policy],
) -> Tally:
    """Walk every partition. Raises `Unproved`."""
    tally = Tally()
    for number, records in signals.items():
        entries = [decode_entry(record.value or b"") for record in ledger.get(number, ())]
        Partition(number, entries, policies, tally).walk([decode_signal(r.value or b"") for r in records])
    return tally
