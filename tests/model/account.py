"""The reference model of an account: fed with the same signals as enforcement, it says what must be so.

It knows strikes, warnings, episodes, points, rungs, suspensions, proposed terminations, hidden posts
and which signals leave an entry. Ids and versions are names that the system under test gave out; the
model looks them up in a `Sight` and makes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from events.policy import Policy
from events.signals import (
    AccountChanged,
    AppealFiled,
    CampaignFound,
    ContactBarred,
    Decided,
    Finding,
    NoticeDelivered,
    PostScreened,
    RecordCarried,
    RecordReturned,
    Signal,
    Tick,
)
from tests.model import arithmetic
from tests.model.arithmetic import Act, Change, Sure

LADDER = ("ladder", "owed")
"""Suspensions that the ladder gave: at a rise, or in place of a proposal that came to nothing."""


MERCIES = ("overturn", "waive", "reduce", "decide_appeal")
"""Decisions from which no suspension and no proposal ever follows."""


class Sight(Protocol):
    """What an operator sees before a signal is applied."""

    def acts(self, about: str) -> tuple[str, ...]:
        """The acts that a strike or sanction is about."""

    def version(self, kind: str, target: str, account: str) -> int:
        """The target's version. Raises `KeyError` for a target that doesn't exist."""

    def sanction_cause(self, sanction: str) -> str:
        """The id of the signal that led to a sanction."""

    def case_subject(self, case: str) -> tuple[str, str, bool]:
        """Subject, kind and openness of a case."""

    def appealed(self, appeal: str) -> tuple[str, str]:
        """Kind (`strike`, or that of the sanction) and id of what an appeal is about."""


@dataclass
class EpisodeFacts:
    """When an episode began, and when the account was told of it."""

    first_issued: datetime
    hours: int
    notices: list[datetime] = field(default_factory=list)

    def told_at(self) -> datetime:
        """When the account was, or counts as, told."""
        return min([*self.notices, self.first_issued + timedelta(hours=self.hours)])


@dataclass
class Suspension:
    """A suspension that was started; `end` None: none is set."""

    cause: str
    start: datetime
    end: datetime | None
    kind: str
    over: bool = False

    def outlasts(self, end: datetime) -> bool:
        """Whether it is in force at least until `end`."""
        return not self.over and (self.end is None or self.end >= end)


@dataclass(frozen=True)
class Turn:
    """One decision on its way through the model."""

    signal: Signal
    body: Decided
    now: datetime
    sight: Sight


@dataclass
class Review:
    """A finding that a person must look at."""

    guideline: str
    case: str
    severity: int
    occurred: datetime
    pricing: str


@dataclass(frozen=True)
class Picture:
    """What the model says of an account at some moment.

    `strikes` by act: status, counts_as, severity, confirmed, and the episode's number.
    """

    strikes: dict[str, tuple[str, str, int, bool, int]]
    points: int
    confirmed_points: int
    rung: int
    suspended: bool
    suspended_until: datetime | None
    spans: tuple[tuple[datetime, str], ...]
    terminated: bool
    proposed: bool
    proposals: int
    hidden: frozenset[str]
    warnings: int
    active_strikes: int
    total_strikes: int


class AccountModel:
    """One account. `policy` is the one in force, set by whoever feeds the model."""

    def __init__(self, policy: Policy, policies: Mapping[str, Policy] | None = None) -> None:
        self.policy = policy
        self.policies = dict(policies or {}) | {policy.version: policy}
        self.changes: list[Change] = []
        self.order = 0
        self.cause = ""
        self.seen: set[str] = set()
        self.gone: dict[str, str] = {}
        self.episodes: list[EpisodeFacts] = []
        self.suspensions: list[Suspension] = []
        self.hidden: set[str] = set()
        self.reviews: dict[str, Review] = {}
        self.persons: dict[str, str] = {}
        """Who made each decision, by the id of its signal."""
        self.judges: dict[str, set[str]] = {}
        """Who struck, confirmed or reduced each act."""
        self.kind: str | None = None
        self.bearers: dict[str, str] = {}
        """The post that first had a fingerprint or target."""
        self.asked_for_profile = False
        self.proposer: str | None = None
        self.proposed = False
        self.proposed_at: datetime | None = None
        self.by_person = False
        self.terminated = False
        self.proposals = 0
        self.last_tick: datetime | None = None
        self.ran_out: set[tuple[str, datetime]] = set()

    # --- what happens -----------------------------------------------------------------------------

    def take(self, signal: Signal, now: datetime, sight: Sight) -> bool | None:
        """Apply a signal at `now`. Whether it leaves an entry; None: the model doesn't say."""
        if signal.id in self.seen:
            return False
        self.order += 1
        self.cause = signal.id
        body = signal.body
        before = self._grounds_and_rung(now)
        entry = self._apply(signal, body, now, sight)
        if entry is False:
            return False
        self.seen.add(signal.id)
        mercy = isinstance(body, Decided) and body.decision in MERCIES
        if not isinstance(body, Tick) and not mercy:
            self._climb(signal, now, before)
        return entry

    def _apply(self, signal: Signal, body: Any, now: datetime, sight: Sight) -> bool | None:
        if isinstance(body, PostScreened):
            return self._post(signal, body, now)
        if isinstance(body, NoticeDelivered):
            return self._notice(signal, body, sight)
        if isinstance(body, Decided):
            return self._decide(signal, body, now, sight)
        if isinstance(body, Tick):
            return self._tick(body.at)
        if isinstance(body, AppealFiled):
            return True  # it is heard or refused, and either is on record
        if isinstance(body, AccountChanged):
            self.kind = body.account_kind or self.kind
            self.asked_for_profile = self.asked_for_profile or body.profile is not None
            return True if body.change == "registered" else None
        if isinstance(body, CampaignFound | ContactBarred | RecordCarried | RecordReturned):
            raise NotImplementedError("the model adds nothing up, and takes no records over")
        return None

    def _post(self, signal: Signal, body: PostScreened, now: datetime) -> bool | None:
        name = f"post:{body.post}"
        known = self._known(name)
        self._told_apart(body)
        if body.change == "deleted":
            self.hidden.discard(name)
            return True if known or name in self.reviews else None
        enforced = [f for f in body.findings if f.mode == "enforce" and f.severity > 0]
        for doubtful in (f for f in body.findings if f.mode == "review" and f.severity > 0):
            self._review(signal, name, doubtful)
        if enforced and name not in self.gone:
            worst = enforced[0]
            for found in enforced[1:]:
                if found.severity > worst.severity:
                    worst = found
            self._strike(signal, name, worst, now)
            return True
        told = any(found.mode != "allowed" for found in body.findings)
        return True if told or known else None

    def _told_apart(self, body: PostScreened) -> None:
        """The model remembers what it has seen, and has no words for what adds up to more than one post."""
        if any(
            found.condition is not None and found.condition.fact == "new_account" for found in body.findings
        ):
            raise NotImplementedError("the model doesn't know how long somebody has been there")
        prints = body.fingerprints
        marks = () if prints is None else (*prints.domains, prints.text or body.post)
        new = {*body.targets, *marks}
        if any(self.bearers.setdefault(mark, body.post) != body.post for mark in new):
            raise NotImplementedError("the model adds nothing up")

    def _known(self, name: str) -> bool:
        return any(change.act == name for change in self.changes)

    def _review(self, signal: Signal, name: str, found: Finding) -> None:
        held = self.reviews.get(name)
        if held is None or found.severity > held.severity:
            occurred = min(signal.occurred_at, signal.received_at)
            self.reviews[name] = Review(
                found.guideline, found.case, found.severity, occurred, signal.policy_version
            )

    def _strike(self, signal: Signal, name: str, found: Finding, now: datetime) -> None:
        prices = self.policies[signal.policy_version]
        case = prices.case(found.guideline, found.case)
        assert case is not None
        current = {act.name: act for act in self._acts()}.get(name)
        if current is None:
            occurred = min(signal.occurred_at, signal.received_at)
            self._issue(
                signal,
                name,
                found.guideline,
                found.severity,
                prices,
                occurred,
                now,
                confirmed=False,
                warning_first=case.warning_first,
            )
        elif found.severity <= current.severity:
            return
        else:
            self._change(
                signal,
                name,
                now,
                guideline=found.guideline,
                severity=found.severity,
                own=arithmetic.cost(prices, found.severity),
                next=arithmetic.next_cost(prices, found.severity),
                warning_first=case.warning_first,
            )
        if case.content != "none" and not signal.imported:
            self.hidden.add(name)

    def _issue(
        self,
        signal: Signal,
        name: str,
        guideline: str,
        severity: int,
        prices: Policy,
        occurred: datetime,
        now: datetime,
        *,
        confirmed: bool,
        warning_first: bool,
    ) -> None:
        issued = occurred if signal.imported else now
        own, dearer = arithmetic.cost(prices, severity), arithmetic.next_cost(prices, severity)
        act = Act(
            name=name,
            order=self.order,
            issued=issued,
            guideline=guideline,
            severity=severity,
            own=own,
            next=dearer,
            warning_first=warning_first,
            sure=Sure(severity, own, dearer) if confirmed else None,
            episode=self._join(occurred, issued),
        )
        self.changes.append(
            Change(self.order, now, "issued", name, self.policy, made=act, silent=signal.imported)
        )

    def _join(self, occurred: datetime, issued: datetime) -> int:
        for number, episode in enumerate(self.episodes):
            if episode.told_at() >= occurred:
                return number
        self.episodes.append(EpisodeFacts(issued, self.policy.episode.told_after_hours))
        return len(self.episodes) - 1

    def _change(self, signal: Signal, name: str, now: datetime, **fields: object) -> None:
        self.changes.append(
            Change(
                self.order,
                now,
                "changed",
                name,
                self.policy,
                fields=tuple(fields.items()),
                silent=signal.imported,
            )
        )

    def _notice(self, signal: Signal, body: NoticeDelivered, sight: Sight) -> bool | None:
        told = sight.acts(body.about)
        episodes = {c.made.episode for c in self.changes if c.made is not None and c.act in told}
        for number in episodes:
            self.episodes[number].notices.append(min(signal.occurred_at, signal.received_at))
        return True if told else None

    # --- decisions --------------------------------------------------------------------------------

    def _decide(self, signal: Signal, body: Decided, now: datetime, sight: Sight) -> bool | None:
        try:
            current = sight.version(body.target_kind, body.target, body.account)
        except KeyError:
            return True  # refused: there is no such target
        if body.actor_account == body.account:
            return True  # refused: nobody decides about themselves
        if body.actor_account is not None:
            raise NotImplementedError("the model doesn't know who has part in what")
        if body.decision == "confirm_termination" and "terminations.confirm" not in body.capabilities:
            return True  # refused: not everybody may
        if body.version is None or body.version != current:
            return True  # refused: stale, or it doesn't say what the person saw
        handlers = {
            "confirm": self._confirm,
            "strike": self._manual_strike,
            "overturn": self._remove,
            "waive": self._remove,
            "sanction": self._manual_sanction,
            "lift": self._lift,
            "reduce": self._reduce,
            "dismiss": self._dismiss,
            "confirm_termination": self._confirm_termination,
            "decide_appeal": self._answer,
        }
        handler = handlers.get(body.decision)
        if handler is None:
            raise NotImplementedError(f"the model knows no decision `{body.decision}`")
        self.persons[signal.id] = signal.actor.id
        handler(Turn(signal, body, now, sight))
        return True

    def _confirm(self, turn: Turn) -> None:
        if turn.body.target_kind == "case":
            subject, _, is_open = turn.sight.case_subject(turn.body.target)
            if subject.startswith(("barred:", "name:")):
                raise NotImplementedError("the model knows nobody's name or keys")
            names: tuple[str, ...] = (subject,) if is_open else ()
        else:
            names = turn.sight.acts(turn.body.target)
        acts = {act.name: act for act in self._acts()}
        for name in names:
            self._judged(turn, name)
            if name in acts:
                act = acts[name]
                self._change(turn.signal, name, turn.now, sure=Sure(act.severity, act.own, act.next))
            elif name in self.reviews and name not in self.gone:
                review = self.reviews.pop(name)
                prices = self.policies[review.pricing]
                case = prices.case(review.guideline, review.case)
                assert case is not None
                self._issue(
                    turn.signal,
                    name,
                    review.guideline,
                    review.severity,
                    prices,
                    review.occurred,
                    turn.now,
                    confirmed=True,
                    warning_first=case.warning_first,
                )
                if case.content != "none":
                    self.hidden.add(name)

    def _manual_strike(self, turn: Turn) -> None:
        assert turn.body.guideline is not None
        assert turn.body.case is not None
        case = self.policy.case(turn.body.guideline, turn.body.case)
        assert case is not None
        name = f"post:{turn.body.post}" if turn.body.post else f"manual:{turn.signal.id}"
        self._judged(turn, name)
        occurred = min(turn.body.act_at or turn.signal.occurred_at, turn.signal.received_at)
        self._issue(
            turn.signal,
            name,
            turn.body.guideline,
            turn.body.severity or case.severity,
            self.policy,
            occurred,
            turn.now,
            confirmed=True,
            warning_first=case.warning_first,
        )
        if turn.body.post and case.content != "none":
            self.hidden.add(name)

    def _remove(self, turn: Turn) -> None:
        if turn.body.target_kind == "sanction":
            if self.terminated:
                raise NotImplementedError("the model doesn't know what follows a reversed termination")
            self._end(turn.sight.sanction_cause(turn.body.target))
            return
        status = {"overturn": "overturned", "waive": "waived"}[turn.body.decision]
        names = turn.sight.acts(turn.body.target)
        self._fall(turn, [name for name in names if name not in self.gone], status)

    def _fall(self, turn: Turn, names: list[str], status: str) -> None:
        for name in names:
            self.gone[name] = status
            if status == "overturned":  # what is waived was right: its content stays hidden
                self.hidden.discard(name)
            self.changes.append(Change(self.order, turn.now, "removed", name, self.policy))
        self._refold(turn.now)

    def _judged(self, turn: Turn, name: str) -> None:
        self.judges.setdefault(name, set()).add(turn.signal.actor.id)

    # --- appeals ----------------------------------------------------------------------------------

    def _answer(self, turn: Turn) -> None:
        """Somebody answers an appeal: nothing follows where they had a part in it, or where it is denied."""
        _, kind, is_open = turn.sight.case_subject(turn.body.target)
        if kind != "appeal" or not is_open:
            return
        of, about = turn.sight.appealed(turn.body.target)
        if of == "termination" or (of != "strike" and self._of(turn, about, "holding")):
            raise NotImplementedError("the model doesn't know what follows a reversed termination")
        names = turn.sight.acts(turn.body.target)
        judges = set().union(*(self.judges.get(name, set()) for name in names))
        if of != "strike":
            judges.add(self.persons.get(turn.sight.sanction_cause(about), ""))
        if turn.signal.actor.id in judges:
            return
        if turn.body.outcome == "granted":
            self._fall(turn, [name for name in names if self.gone.get(name) != "overturned"], "overturned")
            if of != "strike":
                self._end(turn.sight.sanction_cause(about))
        elif turn.body.outcome == "partly_granted":
            self._answer_partly(turn, of, names)

    def _answer_partly(self, turn: Turn, of: str, names: tuple[str, ...]) -> None:
        if turn.body.until is not None:
            raise NotImplementedError("the model doesn't know of sanctions that end earlier")
        if turn.body.severity is not None:
            standing = {act.name: act for act in self._acts()}
            if of == "strike" and names[0] in standing and turn.body.severity < standing[names[0]].severity:
                self._lessen(turn, names)
            return
        left = [name for name in names if self.gone.get(name) != "overturned"]
        fallen = [name for strike in turn.body.strikes for name in turn.sight.acts(strike)]
        if set(fallen) <= set(left) and len(fallen) < len(left):
            self._fall(turn, fallen, "overturned")

    def _of(self, turn: Turn, sanction: str, kind: str) -> bool:
        """Whether a sanction is a suspension of this kind."""
        cause = turn.sight.sanction_cause(sanction)
        return any(s.cause == cause and s.kind == kind for s in self.suspensions)

    def _reduce(self, turn: Turn) -> None:
        self._lessen(turn, turn.sight.acts(turn.body.target))

    def _lessen(self, turn: Turn, names: tuple[str, ...]) -> None:
        """A correction counts from the beginning: the act never was more than this."""
        assert turn.body.severity is not None
        for name in names:
            self._judged(turn, name)
            fixed = dict[str, object](
                severity=turn.body.severity,
                own=arithmetic.cost(self.policy, turn.body.severity),
                next=arithmetic.next_cost(self.policy, turn.body.severity),
            )
            self.changes = [self._corrected(change, name, fixed) for change in self.changes]
        self._refold(turn.now)

    def _corrected(self, change: Change, name: str, fixed: dict[str, object]) -> Change:
        if change.act != name:
            return change
        if change.made is not None:
            made = replace(change.made, **fixed)  # type: ignore[arg-type]  # severity and costs
            return replace(
                change, made=replace(made, sure=made.sure and Sure(made.severity, made.own, made.next))
            )
        fields = {key: fixed.get(key, value) for key, value in change.fields}
        if fields.get("sure") is not None:
            fields["sure"] = Sure(**fixed)  # type: ignore[arg-type]  # as above
        return replace(change, fields=tuple(fields.items()))

    def _refold(self, now: datetime) -> None:
        """What would the survivors have led to? Nothing ends later than it did."""
        spans = arithmetic.ladder_spans(self.changes, self.gone)
        latest = max((span.end for span in spans), default=now)
        for suspension in self.suspensions:
            if suspension.over or suspension.kind not in LADDER:
                continue
            if latest <= now:
                suspension.over = True
            elif suspension.end is not None and suspension.end > latest:
                suspension.end = latest
        grounded = self.by_person or arithmetic.termination_arises(self.changes, self.gone)
        if (self.proposed or self.terminated) and not grounded:
            self._falls(now)

    def _falls(self, now: datetime) -> None:
        """A proposal comes to nothing: what the ladder would have given from then on takes its place."""
        self.proposed = self.terminated = False
        since = self.proposed_at
        for suspension in self.suspensions:
            suspension.over = suspension.over or suspension.kind == "holding"
        spans = arithmetic.ladder_spans(self.changes, self.gone, mild=True)
        owed = max((span.end for span in spans if since is not None and span.start >= since), default=now)
        if owed > now and not any(s.kind in LADDER and s.outlasts(owed) for s in self.suspensions):
            self.suspensions.append(Suspension(self.cause, now, owed, "owed"))

    def _manual_sanction(self, turn: Turn) -> None:
        if turn.body.sanction_kind == "suspension":
            self.suspensions.append(Suspension(turn.signal.id, turn.now, turn.body.until, "manual"))

    def _lift(self, turn: Turn) -> None:
        self._end(turn.sight.sanction_cause(turn.body.target))

    def _end(self, cause: str) -> None:
        for suspension in self.suspensions:
            if suspension.cause == cause:
                suspension.over = True

    def _dismiss(self, turn: Turn) -> None:
        subject, kind, is_open = turn.sight.case_subject(turn.body.target)
        if kind == "termination" and is_open and self.proposed:
            self._falls(turn.now)
        if self._known(subject) and subject not in self.gone:
            raise NotImplementedError("the model doesn't know which strikes fall with a case")
        self.reviews.pop(subject, None)

    def _confirm_termination(self, turn: Turn) -> None:
        if self.proposed and turn.signal.actor.id != self.proposer:
            self.proposed, self.terminated = False, True
            for suspension in self.suspensions:  # it held the account until now, and isn't needed any more
                suspension.over = suspension.over or suspension.kind == "holding"

    # --- the ladder -------------------------------------------------------------------------------

    def _grounds_and_rung(self, now: datetime) -> tuple[set[str], int]:
        acts = self._acts()
        return (
            arithmetic.termination_grounds(self.policy, acts, now),
            arithmetic.effective_rung(self.policy, acts, now),
        )

    def _climb(self, signal: Signal, now: datetime, before: tuple[set[str], int]) -> None:
        grounds, rung = self._grounds_and_rung(now)
        if signal.imported:
            return
        if grounds - before[0] and not self.proposed and not self.terminated:
            self.proposed, self.proposed_at = True, now
            self.proposals += 1
            self.proposer = signal.actor.id
            self.suspensions.append(Suspension(signal.id, now, None, "holding"))
            return
        if rung <= before[1]:
            return
        hours = self.policy.ladder[rung - 1].suspension_hours
        if hours is None:
            return
        end = now + timedelta(hours=hours)
        if not any(s.kind in LADDER and s.outlasts(end) for s in self.suspensions):
            self.suspensions.append(Suspension(signal.id, now, end, "ladder"))

    # --- time -------------------------------------------------------------------------------------

    def _tick(self, at: datetime) -> bool | None:
        """Ends what has ended. An entry is due where an act or a suspension ran out, or points changed."""
        before, self.last_tick = self.last_tick, at
        ended = [s for s in self.suspensions if not s.over and s.end is not None and s.end <= at]
        for suspension in ended:
            suspension.over = True
        acts = self._acts()
        over = {(act.name, end) for act in acts if (end := _end(act, act.own)) is not None and end <= at}
        news = over - self.ran_out
        self.ran_out |= over
        if ended or news:
            return True
        if self.asked_for_profile:
            return None  # it may be reminded
        if not over and not any((end := _end(act, act.next)) is not None and end <= at for act in acts):
            return False
        changed = before is None or self._points(before) != self._points(at)
        return True if changed else None

    def next_end(self, now: datetime) -> datetime | None:
        """When a suspension or the price of an act ends next: no tick before that can be due."""
        acts = self._acts()
        ends = [s.end for s in self.suspensions if not s.over]
        ends += [_end(act, severity) for act in acts for severity in (act.own, act.next)]
        return min((end for end in ends if end is not None and end > now), default=None)

    def _points(self, t: datetime) -> tuple[int, int]:
        acts = self._acts()
        return (
            arithmetic.points(self.policy, acts, t, confirmed=False),
            arithmetic.points(self.policy, acts, t, confirmed=True),
        )

    # --- what is so -------------------------------------------------------------------------------

    def _acts(self) -> list[Act]:
        return arithmetic.acts_as_of(self.changes, self.order, self.gone)

    def _everything(self) -> list[Act]:
        kept = [change for change in self.changes if change.kind != "removed"]
        return arithmetic.acts_as_of(kept, self.order)

    def picture(self, now: datetime) -> Picture:
        """Everything that the model says, at `now`."""
        acts = self._acts()
        warned = arithmetic.warnings(acts, arithmetic.s1_days(self.policy))
        strikes = {
            act.name: (
                self.gone.get(act.name, "active"),
                "warning" if act.name in warned else "strike",
                act.severity,
                act.sure is not None,
                act.episode,
            )
            for act in self._everything()
        }
        in_force = [s for s in self.suspensions if not s.over and (s.end is None or s.end > now)]
        ends = [s.end for s in in_force]
        every, confirmed = self._points(now)
        return Picture(
            strikes=strikes,
            points=every,
            confirmed_points=confirmed,
            rung=arithmetic.effective_rung(self.policy, acts, now),
            suspended=bool(in_force),
            suspended_until=None if None in ends else max((end for end in ends if end), default=None),
            spans=tuple((s.start, s.kind) for s in self.suspensions),
            terminated=self.terminated,
            proposed=self.proposed,
            proposals=self.proposals,
            hidden=frozenset(self.hidden),
            warnings=sum(1 for act in acts if act.name in warned and self._runs(act, now)),
            active_strikes=sum(1 for act in acts if act.name not in warned and self._runs(act, now)),
            total_strikes=sum(1 for act in self._everything()),
        )

    def _runs(self, act: Act, now: datetime) -> bool:
        return act.own.days is None or now < act.issued + timedelta(days=act.own.days)


def _end(act: Act, price: arithmetic.Cost) -> datetime | None:
    """When an act's points at this price run out; None: never."""
    return None if price.days is None else act.issued + timedelta(days=price.days)
