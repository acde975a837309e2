"""Outcomes as sentences, for people who decide and people who check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from events import ledger
from events.ledger import Outcome, Standing
from services.commands.output import moment

ID_CHARS: Final = 8
"""How much of a derived id tells it from others."""


def sentence(outcome: Outcome) -> str:
    """What became true, in one line."""
    return _SENTENCES[type(outcome)](outcome)


def changes(before: Standing, after: Standing) -> list[str]:
    """What is different about a standing, one line each; empty when nothing is."""
    lines: list[str] = []
    for name in Standing.__struct_fields__:
        if name != "version" and getattr(before, name) != getattr(after, name):
            was, now = _value(getattr(before, name)), _value(getattr(after, name))
            lines.append(f"{name.replace('_', ' ')}: {was} → {now}")
    return lines


def short(identity: str | None) -> str:
    """The beginning of an id."""
    return (identity or "–")[:ID_CHARS]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _until(at: datetime | None) -> str:
    return f"until {moment(at)}" if at else "until lifted"


def _words(value: str) -> str:
    return value.replace("_", " ")


def _account_noted(o: ledger.AccountNoted) -> str:
    return f"account {o.change}" + (f", kind {o.account_kind}" if o.account_kind else "")


def _finding(o: ledger.FindingNoted) -> str:
    return f"finding of {o.guideline} ({o.case}) in post {o.post}, revision {o.revision}: {o.effect}"


def _issued(o: ledger.StrikeIssued) -> str:
    what = "warning" if o.counts_as == "warning" else f"strike, s{o.severity}, {o.price.points} points"
    act = f" for post {o.post}" if o.post else ""
    end = f", expires {moment(o.expires_at)}" if o.expires_at else ""
    doubt = "" if o.confirmed else ", unconfirmed"
    return f"{what} {short(o.strike)} under {o.guideline} ({o.case}){act}{end}{doubt}"


def _amended(o: ledger.StrikeAmended) -> str:
    end = f", expires {moment(o.expires_at)}" if o.expires_at else ""
    points = (o.raised if o.because == "episode_raised" else o.price).points
    return (
        f"strike {short(o.strike)} amended ({_words(o.because)}): {o.counts_as}, {o.guideline} ({o.case}), "
        f"{points} points{end}"
    )


def _imposed(o: ledger.SanctionImposed) -> str:
    kind = _words(o.sanction_kind)
    if o.post:
        return f"{kind} {short(o.sanction)} of post {o.post}: {o.content_action}, by {_words(o.origin)}"
    end = "" if o.sanction_kind == "warning" else f" {_until(o.ends_at)}"
    return f"{kind} {short(o.sanction)}{end}, by {_words(o.origin)}"


def _lifted(o: ledger.SanctionLifted) -> str:
    post = f" of post {o.post}" if o.post else ""
    return f"{_words(o.sanction_kind)} {short(o.sanction)}{post} lifted: {_words(o.because)}" + (
        ", post restored" if o.restored else ""
    )


def _filed(o: ledger.ReportNoted) -> str:
    return f"report {o.report} about {o.subject_account}: {_words(o.result)}"


def _folded(o: ledger.ReportFolded) -> str:
    back = ", taken back" if o.withdrawn else ""
    return (
        f"report {o.report} ({o.reason}) folded into case {short(o.case)}, weight {o.weight / 1000:g}{back}"
    )


def _case_updated(o: ledger.CaseUpdated) -> str:
    added = [
        f"finding of {o.finding.guideline}" if o.finding else "",
        f"strike {short(o.strike)}" if o.strike else "",
        f"failed rules {', '.join(o.failed_rules)}" if o.failed_rules else "",
        "a failed signal" if o.failed_signal else "",
        "escalated" if o.escalated else "",
        "a note" if o.note_ref else "",
    ]
    return f"case {short(o.case)}, version {o.version}: {', '.join(filter(None, added)) or 'changed'}"


def _closed(o: ledger.CaseClosed) -> str:
    told = f"; reporters are told {_words(o.report_outcome)}" if o.report_outcome else ""
    return f"case {short(o.case)} closed: {o.result}{told}"


def _parts(parts: Sequence[str]) -> str:
    return f"{', '.join(map(_words, parts))} missing" if parts else "nothing is missing"


def _key_held(o: ledger.KeyHeld) -> str:
    if o.saturated_until is not None:
        return f"too many have this {o.key.kind}: it says nothing until {o.saturated_until:%Y-%m-%d}"
    return f"{o.account} has this {o.key.kind}"


def _refused(o: ledger.Refused) -> str:
    version = f"; its version is {o.current_version} now" if o.current_version is not None else ""
    return f"refused ({_words(o.code)}): {o.message}{version}; {o.remedy}"


_SENTENCES: Final[Mapping[type, Callable[[Any], str]]] = MappingProxyType(
    {
        ledger.AccountNoted: _account_noted,
        ledger.MeritNoted: lambda o: f"merit: {_words(o.merit)} for post {o.post}",
        ledger.FindingNoted: _finding,
        ledger.PostChanged: lambda o: f"post {o.post} {o.change}, revision {o.revision}",
        ledger.NoticeNoted: lambda o: f"told of {short(o.about)}",
        ledger.SanctionCarried: lambda o: f"platform: sanction {short(o.sanction)} {_words(o.result)}",
        ledger.StrikeIssued: _issued,
        ledger.StrikeAmended: _amended,
        ledger.StrikeConfirmed: lambda o: f"strike {short(o.strike)} confirmed by {o.actor.id}",
        ledger.StrikeRemoved: lambda o: f"strike {short(o.strike)} {o.status} by {o.actor.id}",
        ledger.StrikeExpired: lambda o: f"strike {short(o.strike)} expired",
        ledger.EpisodeLapsed: lambda o: f"the raised price of episode {short(o.episode)} lapsed",
        ledger.SanctionImposed: _imposed,
        ledger.SanctionAmended: lambda o: f"sanction {short(o.sanction)} {o.because}: {_until(o.ends_at)}",
        ledger.SanctionLifted: _lifted,
        ledger.TerminationProposed: lambda o: f"termination proposed ({o.because}) by {o.proposer.id}",
        ledger.TerminationSettled: lambda o: f"proposed termination {o.result} by {o.actor.id}",
        ledger.ReportNoted: _filed,
        ledger.ReportFolded: _folded,
        ledger.ReportSettled: lambda o: f"told of report {o.report}: {_words(o.outcome)}",
        ledger.ReporterMuted: lambda o: f"reports are {'ignored' if o.muted else 'heard again'}",
        ledger.CaseOpened: lambda o: f"case {short(o.case)} opened ({o.case_kind}): {o.summary}",
        ledger.CaseUpdated: _case_updated,
        ledger.CaseClosed: _closed,
        ledger.PostCleared: lambda o: f"post {o.post}, revision {o.revision} cleared by {o.actor.id}",
        ledger.NoteAdded: lambda o: f"note by {o.actor.id}",
        ledger.ProfileNoted: lambda o: f"profile: {_parts(o.missing)}",
        ledger.ProfileReminded: lambda o: f"reminded of the profile: {_parts(o.missing)}",
        ledger.MeritGivenNoted: lambda o: f"praised {o.to}",
        ledger.KeyHeld: _key_held,
        ledger.KeyDropped: lambda o: f"{o.account} is forgotten here",
        ledger.BarNoted: lambda o: f"{'barred by the termination' if o.barred else 'no longer barred'}",
        ledger.PairNoted: lambda o: (
            f"{'has' if o.shared else 'no longer has'} its {o.key.kind} in common with {o.other}: "
            f"{'no' if o.strength == 'none' else o.strength} link, weight {o.weight}"
        ),
        ledger.BarMetNoted: lambda o: (
            f"{'has' if o.met else 'is cleared of having'} the {o.key.kind} of a terminated account"
            f"{'; its posts are held' if o.held else ''}"
        ),
        ledger.NameNoted: lambda o: f"its name looks like {f'that of {o.other}' if o.other else 'our own'}",
        ledger.LinkNoted: lambda o: (
            f"{'one' if o.linked else 'not one'} person's with {o.other}, says {o.actor.id}"
        ),
        ledger.PostRemembered: lambda o: f"post {o.post}, revision {o.revision} is remembered",
        ledger.PostForgotten: lambda o: f"post {o.post} is forgotten",
        ledger.CampaignLearned: lambda o: (
            f"told of a campaign of {o.authors} accounts, until {moment(o.until)}"
        ),
        ledger.SightingNoted: lambda o: (
            f"post {o.post} of {o.account} {'no longer ' if o.taken_back else ''}bears {o.fingerprint}"
        ),
        ledger.CampaignEstablished: lambda o: (
            f"a campaign of {o.authors} accounts in {o.threads} threads: {o.fingerprint}"
        ),
        ledger.CampaignSaturated: lambda o: f"{o.fingerprint} is seen too often, and watched no more for now",
        ledger.HostilityNoted: lambda o: (
            f"post {o.post} is hostile to {', '.join(o.targets)}"
            if o.targets
            else f"post {o.post} is hostile to nobody any more"
        ),
        ledger.HostilityReceived: lambda o: (
            f"post {o.post} of {o.by} is {'no longer ' if o.taken_back else ''}hostile to this account"
        ),
        ledger.BadgeringRaised: lambda o: (
            f"{len(o.posts)} posts at {o.target} are before a person, case {short(o.case)}"
        ),
        ledger.PileOnRaised: lambda o: (
            f"hostility of {len(o.authors)} accounts is before a person, case {short(o.case)}"
        ),
        ledger.ContactNoted: lambda o: (
            f"{o.by} {'blocked it' if o.how == 'block' else 'asked it to stop'}"
            if o.barred
            else f"{o.by} takes the {o.how} back"
        ),
        ledger.Refused: _refused,
        ledger.Failed: lambda o: f"deciding failed, a fault of ours: {o.error}; case {short(o.case)}",
    }
)
