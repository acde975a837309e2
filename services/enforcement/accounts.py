"""What becomes known of an account beside its posts: its profile, merits, notices, sanctions carried out."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from events.ids import account_entity
from events.ledger import AccountNoted, MeritGivenNoted, MeritNoted, NoticeNoted, Refused, SanctionCarried
from events.signals import AccountChanged, MeritEarned, MeritGiven, NoticeDelivered, SanctionReported
from services.enforcement.appeals import find_adverse, window_end
from services.enforcement.barring import forget, new_keys, reserve_names, share
from services.enforcement.draft import Draft
from services.enforcement.evolve.accounts import merged
from services.enforcement.ladder import survivors
from services.enforcement.links import meet_name
from services.enforcement.profiles import profile_known
from services.enforcement.sanctioning import refold, restore_post
from services.enforcement.state import AccountState
from services.enforcement.striking import find_strike, remove

OWN_MAX: Final = 20
"""Domains, addresses or numbers that are known as an account's own, of each."""


def account_changed(draft: Draft, change: AccountChanged) -> None:
    """Take up what became known; an account that turns out to be staff is looked at by a person."""
    change = _whole(draft.state, change)
    was, held = draft.state.account_kind, draft.state.keys
    keys = new_keys(draft.state, change, draft.now, draft.policy)
    if not keys and not _says_something_new(draft.state, change):
        return
    at = draft.signal.occurred_at if change.change == "registered" else draft.now
    draft.note(
        AccountNoted(
            change.change,
            at,
            change.account_kind,
            change.own_domains,
            change.own_emails,
            change.own_phones,
            change.complete,
            change.email_class,
            change.profile,
            keys,
        )
    )
    profile_known(draft)
    if change.change == "erased":
        forget(draft, held)
    elif keys:
        share(draft, held, keys)
    if change.name_reserved:
        meet_name(draft, "", "the name reads like one of the community's own", staff=True)
    if change.account_kind == "staff" and was != "staff":
        reserve_names(draft, held)
        _withdraw_automation(draft)


def _whole(state: AccountState, change: AccountChanged) -> AccountChanged:
    """What a change comes to: what was verified joins what is the account's own, an erasure leaves none."""
    if change.change == "erased":
        return replace(change, own_domains=(), own_emails=(), own_phones=())
    if change.change != "verified":
        return change
    return replace(
        change,
        own_domains=_joined(state.own_domains, change.own_domains),
        own_emails=_joined(state.own_emails, change.own_emails),
        own_phones=_joined(state.own_phones, change.own_phones),
    )


def _joined(own: tuple[str, ...], verified: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if verified is None:
        return None
    return tuple(dict.fromkeys((*own, *verified)))[-OWN_MAX:]


def _says_something_new(state: AccountState, change: AccountChanged) -> bool:
    if change.change in ("registered", "erased"):
        return True
    if change.change == "closed":
        return not state.closed
    return (
        change.account_kind not in (None, state.account_kind)
        or change.own_domains not in (None, state.own_domains)
        or change.own_emails not in (None, state.own_emails)
        or change.own_phones not in (None, state.own_phones)
        or (change.profile is not None and merged(state.profile, change.profile) != state.profile)
        or (change.name_reserved is True and "" not in state.names_met)
    )


def _withdraw_automation(draft: Draft) -> None:
    """Staff findings are cases, never exemptions and never strikes by a rule.

    What a rule decided before goes to a person.
    """
    actor = draft.signal.actor
    withdrawn = [act for act in survivors(draft.state.acts) if not act.by_person and act.confirmed_at is None]
    for act in withdrawn:
        remove(draft, act, "withdrawn", actor, None)
        if act.post is not None:
            restore_post(draft, act.post, "withdrawn", actor, None)
    if withdrawn:
        refold(draft, actor, None)


def merit_earned(draft: Draft, merit: MeritEarned) -> None:
    """A merit from somebody else; merits show in the standing and buy nothing off.

    Who gave it is told the first time, so that praise given in return can be told from other praise.
    """
    state = draft.state
    if merit.by == state.account:
        return
    first = all(giver.account != merit.by for giver in state.givers)
    draft.note(MeritNoted(merit.merit, merit.post, merit.by, draft.now))
    if first:
        draft.send(account_entity(merit.by), "merit_given", MeritGiven(merit.by, state.account))


def merit_given(draft: Draft, given: MeritGiven) -> None:
    """This account praised another; what it has from there was given in return."""
    if given.to not in draft.state.given:
        draft.note(MeritGivenNoted(given.to, draft.now))


def notice_delivered(draft: Draft, notice: NoticeDelivered) -> None:
    """The account was told: the episode that the strike or sanction belongs to takes up no later act."""
    state = draft.state
    strikes = _strikes_of(state, notice.about)
    if strikes is None:
        _unknown(draft, "notice", notice.about)
        return
    episodes = {act.episode for act in state.acts if act.strike in strikes}
    told_at = min(draft.signal.occurred_at, draft.signal.received_at)
    until = _appeal_until(draft, notice.about)
    noted = False
    for episode in state.episodes:
        if episode.id in episodes and (episode.noticed_at is None or told_at < episode.noticed_at):
            draft.note(NoticeNoted(notice.about, episode.id, max(told_at, episode.opened_at), until))
            noted = True
    if not noted:
        draft.note(NoticeNoted(notice.about, None, told_at, until))


def _appeal_until(draft: Draft, about: str) -> datetime | None:
    """Until when it can be appealed, from when the platform said that it told it first; None: it did before.

    The time counts from when that was received, so that a producer's clock takes nothing from it.
    """
    adverse = find_adverse(draft.state, about)
    if adverse is None or adverse.appeal_until is not None:
        return None
    return window_end(draft.signal.received_at, adverse.appeal_days)


def _strikes_of(state: AccountState, about: str) -> tuple[str, ...] | None:
    """The strikes that a notice about a strike or sanction tells of; None where the id is unknown."""
    if find_strike(state, about) is not None:
        return (about,)
    for sanction in state.sanctions:
        if sanction.id == about:
            return sanction.strikes
    return next((ended.strikes for ended in state.ended if ended.id == about), None)


def sanction_reported(draft: Draft, report: SanctionReported) -> None:
    """The platform carried a sanction out, or couldn't."""
    if _strikes_of(draft.state, report.sanction) is None:
        _unknown(draft, "sanction", report.sanction)
        return
    draft.note(SanctionCarried(report.sanction, report.result, report.code, draft.now))


def _unknown(draft: Draft, kind: str, about: str) -> None:
    draft.note(
        Refused(
            f"{kind}_reported",
            "unknown_target",
            f"`{about}` is no strike of this account, and no sanction that is in force or was lately",
            "name the id that the strike or sanction event carried, and the account as subject",
            draft.now,
        )
    )
