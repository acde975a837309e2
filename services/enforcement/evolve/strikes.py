"""The fold of strikes and of the episodes that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from events.ledger import (
    EpisodeLapsed,
    NoticeNoted,
    StrikeAmended,
    StrikeConfirmed,
    StrikeExpired,
    StrikeIssued,
    StrikeRemoved,
)
from events.signals import CarriedPast
from services.enforcement.evolve.appeals import corrected, judged, told, told_anew
from services.enforcement.state import (
    ACTS_MAX,
    EPISODES_MAX,
    REPORTS_ANSWERED_MAX,
    AccountState,
    Act,
    AnsweredReport,
    Episode,
    Priced,
)

WAIVED: Final = "waived"
"""What is waived was right, and stays among the strikes ever given."""


def strike_issued(state: AccountState, o: StrikeIssued) -> AccountState:
    """A further act, in its episode."""
    confirmed_at = o.effective_at if o.confirmed else None
    policy = o.policy_version
    act = Act(
        strike=o.strike,
        act=o.act,
        guideline=o.guideline,
        case=o.case,
        prices=(
            Priced(
                o.effective_at,
                o.severity,
                o.price,
                o.raised,
                policy,
                state.sequence + 1,
                confirmed_at,
                policy if o.confirmed else None,
                state.sequence + 1 if o.confirmed else 0,
            ),
        ),
        counts_as=o.counts_as,
        warning_first=o.warning_first,
        episode=o.episode,
        occurred_at=o.occurred_at,
        issued_at=o.effective_at,
        acts_to_raise=o.acts_to_raise,
        post=o.post,
        revision=o.revision or 0,
        confirmed_by=o.actor.id if o.confirmed else None,
        by_person=o.actor.kind == "person",
        imported=o.imported,
        judges=judged((), o.actor),
        appeal_days=o.notice.appeal_days,
        targets=o.targets,
    )
    if o.past is not None:
        state, act = _with_past(state, act, o.past)
    else:
        # Struck once more, it is no less delicate than it was.
        earlier = next((item.case_kinds for item in reversed(state.acts) if item.act == o.act), ())
        act = replace(act, case_kinds=earlier) if earlier else act
    state = _make_room(state, o.effective_at) if len(state.acts) >= ACTS_MAX else state
    return replace(
        state,
        acts=(*state.acts, act),
        episodes=_with_episode(state, o),
        total_strikes=state.total_strikes + (o.counts_as == "strike"),
        version=state.version + 1,
    )


def _with_past(state: AccountState, act: Act, past: CarriedPast) -> tuple[AccountState, Act]:
    """What was carried over is as far appealed, judged and reported as it was at the former account."""
    act = replace(
        act,
        judges=past.judges,
        case_kinds=past.case_kinds,
        appeal_days=past.appeal_days,
        appeal_until=past.appeal_until,
        worse_since=past.worse_since,
        appeal=past.appeal,
    )
    reports = tuple(
        AnsweredReport(act.act, one.report, one.reporter, one.outcome, one.linked) for one in past.reports
    )
    return replace(state, answered=(*state.answered, *reports)[-REPORTS_ANSWERED_MAX:]), act


def _with_episode(state: AccountState, o: StrikeIssued) -> tuple[Episode, ...]:
    if not o.episode_opened:
        return tuple(
            replace(episode, acts=episode.acts + 1) if episode.id == o.episode else episode
            for episode in state.episodes
        )
    kept = state.episodes
    if len(kept) >= EPISODES_MAX:
        held = {act.episode for act in state.acts}
        kept = tuple(episode for episode in kept if episode.id in held)
    opened = Episode(o.episode, o.effective_at, o.told_by, acts=1, acts_to_raise=o.acts_to_raise)
    return (*kept, opened)


def _make_room(state: AccountState, at: datetime) -> AccountState:
    """Drop the oldest act that no longer counts at all; of one that stood, remember that it was."""
    for index, act in enumerate(state.acts):
        if act.survives and not is_over(act, at):
            continue
        past_s1 = state.past_s1
        past_act_at = state.past_act_at
        if act.survives:
            past_act_at = act.issued_at if past_act_at is None else max(past_act_at, act.issued_at)
            if act.severity == 1 and act.guideline not in past_s1:
                past_s1 = (*past_s1, act.guideline)
        acts = (*state.acts[:index], *state.acts[index + 1 :])
        return replace(state, acts=acts, past_s1=past_s1, past_act_at=past_act_at)
    return state


def is_over(act: Act, at: datetime) -> bool:
    """Whether neither its own points nor those of a raised episode can count any more."""
    days = act.prices[-1].raised.days
    return act.expired and days is not None and act.issued_at + timedelta(days=days) <= at


def room_for_act(state: AccountState, at: datetime) -> bool:
    """Whether the record has room for a further act, or would make some."""
    return len(state.acts) < ACTS_MAX or any(not act.survives or is_over(act, at) for act in state.acts)


def _with_act(state: AccountState, strike: str, change: Callable[[Act], Act]) -> AccountState:
    acts = tuple(change(act) if act.strike == strike else act for act in state.acts)
    return replace(state, acts=acts, version=state.version + 1)


def strike_amended(state: AccountState, o: StrikeAmended) -> AccountState:
    """What the act costs now, and what it counts as."""

    def amended(act: Act) -> Act:
        return replace(
            told_anew(state, act, o.notice, o.effective_at),
            guideline=o.guideline,
            case=o.case,
            prices=_prices(act, o, state.sequence + 1),
            counts_as=o.counts_as,
            revision=act.revision if o.revision is None else max(act.revision, o.revision),
            expired=act.expired and o.because == "warning_moved",
            version=act.version + 1,
            judges=act.judges if o.because == "warning_moved" else judged(act.judges, o.actor),
        )

    before = next((act.counts_as for act in state.acts if act.strike == o.strike), o.counts_as)
    total = state.total_strikes + (o.counts_as == "strike") - (before == "strike")
    return replace(_with_act(state, o.strike, amended), total_strikes=total)


def _prices(act: Act, o: StrikeAmended, entry: int) -> tuple[Priced, ...]:
    """Worse counts from now on, unconfirmed; a correction that isn't worse counts from the beginning."""
    if o.because == "warning_moved":
        return act.prices
    priced = Priced(o.effective_at, o.severity, o.price, o.raised, o.policy_version, entry)
    if o.because == "revision" or o.severity > act.severity:
        return (*act.prices, priced)
    first = next((p for p in act.prices if p.confirmed_at is not None), act.prices[0])
    return (
        replace(
            priced,
            at=act.issued_at,
            policy=act.prices[0].policy,
            entry=act.prices[0].entry,
            confirmed_at=first.confirmed_at,
            confirmed_policy=first.confirmed_policy,
            confirmed_entry=first.confirmed_entry,
        ),
    )


def strike_confirmed(state: AccountState, o: StrikeConfirmed) -> AccountState:
    """A person stands behind the act as it is now."""

    def confirmed(act: Act) -> Act:
        sure = replace(
            act.prices[-1],
            confirmed_at=o.effective_at,
            confirmed_policy=o.policy_version,
            confirmed_entry=state.sequence + 1,
        )
        return replace(
            act,
            prices=(*act.prices[:-1], sure),
            confirmed_by=o.actor.id,
            version=act.version + 1,
            judges=judged(act.judges, o.actor),
        )

    return _with_act(state, o.strike, confirmed)


def strike_removed(state: AccountState, o: StrikeRemoved) -> AccountState:
    """The act counts no more; what was wrong isn't among the strikes ever given."""
    act = next((act for act in state.acts if act.strike == o.strike), None)
    total = state.total_strikes - (act is not None and act.counts_as == "strike" and o.status != WAIVED)
    if act is not None and o.status == "overturned":
        state = corrected(state, act.act)
    removed = _with_act(state, o.strike, lambda act: replace(act, status=o.status, version=act.version + 1))
    return replace(removed, total_strikes=total)


def strike_expired(state: AccountState, o: StrikeExpired) -> AccountState:
    """The act's own points ran out."""
    return _with_act(state, o.strike, lambda act: replace(act, expired=True, version=act.version + 1))


def episode_lapsed(state: AccountState, o: EpisodeLapsed) -> AccountState:
    """A raised price of the episode ran out."""
    episodes = tuple(
        replace(episode, lapsed_at=o.effective_at) if episode.id == o.episode else episode
        for episode in state.episodes
    )
    return replace(state, episodes=episodes, version=state.version + 1)


def notice_noted(state: AccountState, o: NoticeNoted) -> AccountState:
    """The earliest notice counts."""
    state = told(state, o)
    if o.episode is None:
        return state
    episodes = tuple(
        replace(episode, noticed_at=o.effective_at)
        if episode.id == o.episode and (episode.noticed_at is None or o.effective_at < episode.noticed_at)
        else episode
        for episode in state.episodes
    )
    return replace(state, episodes=episodes)
