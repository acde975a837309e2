"""The campaign: the entity that sees what several accounts post as one.

Accounts send it sightings of fingerprints. Where enough of them posted what bears one, it says so to each,
and opens one case about it. It answers accounts and is never answered: nothing that an account does on its
word leads back here.

One entity watches all fingerprints whose digests begin alike, so there are never more than so many. What is
older than a policy's `campaign_hours` is forgotten whenever something is seen; a fingerprint that is seen
more often than is remembered is saturated, and nothing more is said of it until it is forgotten too. A
sighting that changes nothing leaves no entry, and so neither does a second copy of one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from events import ledger
from events.ids import account_entity, derived_id, post_act
from events.ledger import (
    CampaignEstablished,
    CampaignSaturated,
    CaseClosed,
    CaseFinding,
    CaseOpened,
    CaseResult,
    CaseUpdated,
    Evidence,
    Outcome,
    Refused,
    SightingNoted,
    Standing,
)
from events.memory_rules import REPEATED, SURE, Limits, limits_of, rules_digest
from events.policy import Policy
from events.signals import CampaignFound, Decided, FingerprintSighted, FingerprintSort, Signal
from services.enforcement.decider import Context, Decision, caused
from services.enforcement.kept import Kept
from services.enforcement.standing import NO_STANDING
from services.enforcement.state import (
    CASE_FAILED_SIGNALS_MAX,
    CASES_CLOSED_MAX,
    Case,
    ClosedCase,
    check_schema,
)

CAMPAIGN_SCHEMA: Final = 1
SIGHTINGS_MAX: Final = 100
"""Sightings of one fingerprint that are remembered, and answered, within a policy's `campaign_hours`."""
WATCHED_MAX: Final = 500
"""Fingerprints that one entity watches; beyond that the one not seen for longest is forgotten."""
CASE_POSTS_MAX: Final = 20
"""Posts that a campaign's case names."""
CASES_MAX: Final = 50
"""Open cases of one entity; a further campaign is answered without one."""
NOTHING: Final = Decision(())
SETTLES: Final[dict[str, CaseResult]] = {"confirm": "confirmed", "dismiss": "dismissed"}


class Sighting(Kept, frozen=True):
    """A post that bears a fingerprint."""

    account: str
    post: str
    received_at: datetime
    thread: str | None = None


class Watched(Kept, frozen=True):
    """A fingerprint, and where it was seen lately. Of one that is `saturated` nothing more is remembered."""

    fingerprint: str
    sort: FingerprintSort
    last_at: datetime
    sightings: tuple[Sighting, ...] = ()
    established: bool = False
    saturated: bool = False


class CampaignState(Kept, frozen=True):
    """Everything that one campaign entity watches. `newest`: when the latest sighting of all was received."""

    entity: str
    schema: int = CAMPAIGN_SCHEMA
    sequence: int = 0
    newest: datetime | None = None
    watched: tuple[Watched, ...] = ()
    cases: tuple[Case, ...] = ()
    closed_cases: tuple[ClosedCase, ...] = ()


class CampaignDecider:
    """The decider of campaigns."""

    prefix = "campaign"
    version = "campaign/2"

    def initial(self, entity: str) -> CampaignState:
        """A campaign entity that has seen nothing."""
        return CampaignState(entity)

    def decode(self, data: bytes) -> CampaignState:
        """A state from the changelog. Raises `ValueError` for a schema that this build doesn't know."""
        state = _decoder.decode(data)
        check_schema(state.schema, CAMPAIGN_SCHEMA)
        return state

    def decide(self, state: CampaignState, signal: Signal, context: Context) -> Decision:
        """What follows from a sighting, or from a person's answer to a case."""
        body = signal.body
        if isinstance(body, FingerprintSighted):
            return _sighted(state, signal, body, context)
        if isinstance(body, Decided):
            return _decided(state, signal, body, context)
        return NOTHING

    def evolve(self, state: CampaignState, outcome: Outcome) -> CampaignState:
        """The state after an outcome."""
        fold = _FOLDS.get(type(outcome))
        return state if fold is None else fold(state, outcome)

    def applied(self, state: CampaignState, signal: Signal, sequence: int) -> CampaignState:
        """The state after the entry itself. Sightings are known again by their post, so no id is kept."""
        del signal
        return replace(state, sequence=sequence)

    def deadlines(self, state: CampaignState) -> tuple[datetime, ...]:
        """None: what is old is forgotten when something new is seen."""
        del state
        return ()

    def reschedules(self, before: CampaignState, after: CampaignState) -> bool:
        """Never: there are no deadlines."""
        del before, after
        return False

    def standing(self, state: CampaignState, now: datetime, policy: Policy) -> Standing:
        """A campaign has no standing but its open cases."""
        del now, policy
        return replace(NO_STANDING, open_cases=len(state.cases))


# --- sightings ---------------------------------------------------------------------------------------------


def _sighted(state: CampaignState, signal: Signal, seen: FingerprintSighted, context: Context) -> Decision:
    policy = context.policies[signal.policy_version]
    limits = limits_of(policy, REPEATED)
    if limits is None:
        return NOTHING
    newest = signal.received_at if state.newest is None else max(state.newest, signal.received_at)
    since = newest - timedelta(hours=limits.values["campaign_hours"])
    watched = _kept(state, seen.fingerprint, since)
    if not _is_news(watched, seen, signal.received_at, since):
        return NOTHING
    noted = SightingNoted(
        seen.fingerprint,
        seen.sort,
        seen.account,
        seen.post,
        seen.thread,
        signal.received_at,
        since,
        context.now,
        seen.taken_back,
    )
    made = _Made(state, signal, context, policy)
    if watched is not None and not seen.taken_back and len(watched.sightings) >= SIGHTINGS_MAX:
        authors = len({sighting.account for sighting in watched.sightings})
        made.note(CampaignSaturated(seen.fingerprint, authors, context.now))
        return made.decision()
    made.note(noted)
    if not seen.taken_back:
        _answer(made, seen, limits, established=watched is not None and watched.established)
    return made.decision()


def _kept(state: CampaignState, fingerprint: str, since: datetime) -> Watched | None:
    """What is watched of a fingerprint, without what is too old."""
    found = next((w for w in state.watched if w.fingerprint == fingerprint and w.last_at >= since), None)
    if found is None:
        return None
    return replace(found, sightings=tuple(s for s in found.sightings if s.received_at >= since))


def _is_news(
    watched: Watched | None, seen: FingerprintSighted, received_at: datetime, since: datetime
) -> bool:
    if received_at < since or (watched is not None and watched.saturated):
        return False
    sightings = () if watched is None else watched.sightings
    if seen.taken_back:
        return any(s.account == seen.account for s in sightings)
    return all((s.account, s.post) != (seen.account, seen.post) for s in sightings)


def _answer(made: _Made, seen: FingerprintSighted, limits: Limits, *, established: bool) -> None:
    """Tell whom it concerns: all of them once it is established, and each one that joins later."""
    watched = next(w for w in made.state.watched if w.fingerprint == seen.fingerprint)
    authors = len({s.account for s in watched.sightings})
    if established:
        made.tell(watched, seen.account, authors)
        made.add_to_case(watched, [watched.sightings[-1]])
    elif is_campaign(watched, limits):
        threads = len({s.thread or s.post for s in watched.sightings})
        made.note(CampaignEstablished(watched.fingerprint, watched.sort, authors, threads, made.context.now))
        for account in sorted({s.account for s in watched.sightings}):
            made.tell(watched, account, authors)
        made.open_case(watched, authors)


def is_campaign(watched: Watched, limits: Limits) -> bool:
    """Whether so many accounts posted it within so long, in whatever order it became known."""
    sightings = sorted(watched.sightings, key=lambda s: s.received_at)
    if watched.sort == "domain":
        threads = {s.thread or s.post for s in sightings}
        enough = len({s.account for s in sightings}) >= limits.values["domain_authors"]
        return enough and len(threads) >= limits.values["domain_threads"]
    within = timedelta(minutes=limits.values["campaign_minutes"])
    authors_min = limits.values["campaign_authors"]
    return any(
        len({s.account for s in sightings[at:] if s.received_at - first.received_at < within}) >= authors_min
        for at, first in enumerate(sightings)
    )


class _Made:
    """A decision in the making: outcomes are folded as they are noted."""

    def __init__(self, state: CampaignState, signal: Signal, context: Context, policy: Policy) -> None:
        self.state = state
        self.signal = signal
        self.context = context
        self.policy = policy
        self.outcomes: list[Outcome] = []
        self.signals: list[Signal] = []

    def note(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.state = CAMPAIGN.evolve(self.state, outcome)

    def decision(self) -> Decision:
        return Decision(tuple(self.outcomes), tuple(self.signals), self.state)

    def tell(self, watched: Watched, account: str, authors: int) -> None:
        """An account that is concerned."""
        entity, ordinal, version = account_entity(account), len(self.signals), self.signal.policy_version
        found = CampaignFound(account, watched.fingerprint, watched.sort, authors)
        self.signals.append(caused(self.signal, entity, "campaign_found", ordinal, found, version))

    def open_case(self, watched: Watched, authors: int) -> None:
        """One question about the whole campaign. It names posts; none of them is a strike by this case."""
        if len(self.state.cases) >= CASES_MAX:
            return
        case = derived_id(self.state.entity, self.signal.id, "case:campaign")
        what = (
            "posted the same text within the hour"
            if watched.sort == "text"
            else "are new and link to one site"
        )
        summary = f"no-spam: {authors} accounts {what}"
        self.note(
            CaseOpened(case, subject_of(watched.fingerprint), "campaign", False, summary, self.context.now)
        )
        self.add_to_case(watched, watched.sightings)

    def add_to_case(self, watched: Watched, sightings: Any) -> None:
        """Posts join the open case as they are seen, which leaves its version as it was."""
        case = next((c for c in self.state.cases if c.subject == subject_of(watched.fingerprint)), None)
        if case is None or len(watched.sightings) > CASE_POSTS_MAX:
            return
        for sighting in sightings:
            self.note(CaseUpdated(case.id, case.version, self.context.now, finding=self._finding(sighting)))

    def _finding(self, sighting: Sighting) -> CaseFinding:
        evidence = Evidence(
            REPEATED.name,
            REPEATED.version,
            rules_digest(self.policy, REPEATED),
            SURE,
            (),
            "campaign",
            f"posted by account `{sighting.account}`",
            None,
            None,
        )
        return CaseFinding(
            post_act(sighting.post),
            sighting.post,
            None,
            REPEATED.guideline,
            "campaign",
            0,
            sighting.received_at,
            evidence,
            self.policy.version,
        )


def subject_of(fingerprint: str) -> str:
    """What the case about a campaign names as its subject."""
    return f"campaign:{fingerprint}"


# --- decisions ---------------------------------------------------------------------------------------------


def _decided(state: CampaignState, signal: Signal, decision: Decided, context: Context) -> Decision:
    """A person answers the case. What is dismissed is no campaign: nobody is told of it any more.

    Strikes that it led to have cases of their own, at their accounts.
    """

    def refused(code: ledger.RefusalCode, message: str, remedy: str, version: int | None = None) -> Decision:
        return Decision((Refused(decision.decision, code, message, remedy, context.now, version),))

    closed = next((c for c in state.closed_cases if c.id == decision.target), None)
    if closed is not None:
        return refused("stale", "the case has been answered already", "look at its outcome", closed.version)
    case = next((c for c in state.cases if c.id == decision.target), None)
    if case is None:
        message = f"this campaign has no open case `{decision.target}`"
        return refused("unknown_target", message, "look the case up")
    if any(s.account == decision.actor_account for w in _of_case(state, case) for s in w.sightings):
        message = "the person who decides is an author in this matter"
        return refused("involved", message, "leave it to somebody who has no part in it", case.version)
    result = SETTLES.get(decision.decision)
    if result is None:
        message = f"`{decision.decision}` can't be decided about a campaign's case"
        return refused("not_allowed", message, "confirm or dismiss it", case.version)
    if decision.version != case.version:
        message = f"the decision saw version {decision.version} of the case, now at {case.version}"
        return refused("stale", message, "look at what changed, and decide again", case.version)
    made = CaseClosed(case.id, case.version + 1, result, signal.actor, decision.reason_ref, context.now)
    return Decision((made,))


def _of_case(state: CampaignState, case: Case) -> list[Watched]:
    return [w for w in state.watched if subject_of(w.fingerprint) == case.subject]


# --- the fold ----------------------------------------------------------------------------------------------


def _sighting_noted(state: CampaignState, o: SightingNoted) -> CampaignState:
    """One more or one fewer; what is too old is forgotten, of every fingerprint."""
    newest = o.received_at if state.newest is None else max(state.newest, o.received_at)
    kept = [w for watched in state.watched if (w := _aged(watched, o.forget_before)) is not None]
    before = next((w for w in kept if w.fingerprint == o.fingerprint), None)
    others = [w for w in kept if w is not before]
    watched = before or Watched(o.fingerprint, o.sort, o.received_at)
    if o.taken_back:
        left = tuple(s for s in watched.sightings if s.account != o.account)
        watched = replace(watched, sightings=left)
    else:
        seen = Sighting(o.account, o.post, o.received_at, o.thread)
        last_at = max(watched.last_at, o.received_at)
        watched = replace(watched, sightings=(*watched.sightings, seen), last_at=last_at)
    return replace(state, newest=newest, watched=(*others, watched)[-WATCHED_MAX:])


def _aged(watched: Watched, since: datetime) -> Watched | None:
    """Without what was seen too long ago; None where nothing is left."""
    if watched.last_at < since:
        return None
    if all(s.received_at >= since for s in watched.sightings):
        return watched
    return replace(watched, sightings=tuple(s for s in watched.sightings if s.received_at >= since))


def _changed(state: CampaignState, fingerprint: str, **fields: Any) -> CampaignState:
    watched = tuple(replace(w, **fields) if w.fingerprint == fingerprint else w for w in state.watched)
    return replace(state, watched=watched)


def _established(state: CampaignState, o: CampaignEstablished) -> CampaignState:
    return _changed(state, o.fingerprint, established=True)


def _saturated(state: CampaignState, o: CampaignSaturated) -> CampaignState:
    return _changed(state, o.fingerprint, saturated=True, sightings=())


def _case_opened(state: CampaignState, o: CaseOpened) -> CampaignState:
    case = Case(o.case, o.subject, o.case_kind, o.effective_at, urgent=o.urgent)
    return replace(state, cases=(*state.cases, case))


def _case_updated(state: CampaignState, o: CaseUpdated) -> CampaignState:
    """Only what failed is kept here; the posts are in the ledger, and shown from there."""

    def updated(case: Case) -> Case:
        failed = case.failed_signals
        if o.failed_signal is not None:
            failed = (*failed, o.failed_signal)[:CASE_FAILED_SIGNALS_MAX]
        return replace(case, version=o.version, failed_signals=failed)

    return replace(state, cases=tuple(updated(case) if case.id == o.case else case for case in state.cases))


def _case_closed(state: CampaignState, o: CaseClosed) -> CampaignState:
    closed = (*state.closed_cases, ClosedCase(o.case, o.version))[-CASES_CLOSED_MAX:]
    case = next((c for c in state.cases if c.id == o.case), None)
    cases = tuple(c for c in state.cases if c.id != o.case)
    state = replace(state, cases=cases, closed_cases=closed)
    if case is None or o.result != "dismissed":
        return state
    return _changed(state, case.subject.removeprefix("campaign:"), saturated=True, sightings=())


_FOLDS: Final[dict[type, Callable[[CampaignState, Any], CampaignState]]] = {
    SightingNoted: _sighting_noted,
    CampaignEstablished: _established,
    CampaignSaturated: _saturated,
    CaseOpened: _case_opened,
    CaseUpdated: _case_updated,
    CaseClosed: _case_closed,
}
_decoder: Final = msgspec.msgpack.Decoder(CampaignState)

CAMPAIGN: Final = CampaignDecider()
