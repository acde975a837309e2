"""Outcomes as sentences, for people who decide and people who check; what a decision leads to, as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

from events import ledger
from events.ledger import Outcome, Standing
from events.signals import ReportAnswered, Signal

NOTHING: Final = "–"
ID_CHARS: Final = 8
"""How much of a derived id tells it from others."""
NAMED_MAX: Final = 5
"""Of more reports than this, only how many there are is told."""


class Foreseen(Protocol):
    """What something would lead to: outcomes, signals to others, and the standing before and after."""

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """What would become true."""

    @property
    def signals(self) -> Sequence[Signal]:
        """What others would be told."""

    @property
    def before(self) -> Standing:
        """The standing without it."""

    @property
    def after(self) -> Standing:
        """The standing with it."""


def foretold(expected: Foreseen) -> str:
    """What a decision would lead to, in one sentence.

    Points before and after, which sanctions start and until when or end, what expires when, and which reports
    close; what else follows is counted.
    """
    refused = next((one for one in expected.outcomes if isinstance(one, ledger.Refused)), None)
    if refused is not None:
        return _refused(refused)
    told = [*_foretold_points(expected), *_foretold_each(expected.outcomes), *_foretold_reports(expected)]
    return "; ".join(told)


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
    return (identity or NOTHING)[:ID_CHARS]


def moment(at: datetime | None) -> str:
    """A time for people, in UTC, to the second."""
    return NOTHING if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _foretold_points(expected: Foreseen) -> Iterator[str]:
    before, after = expected.before, expected.after
    if before.active_points == after.active_points:
        yield f"the account stays at {_points(after.active_points)}"
    else:
        yield f"the account goes from {before.active_points} to {_points(after.active_points)}"
    if before.confirmed_points != after.confirmed_points:
        yield f"confirmed points go from {before.confirmed_points} to {after.confirmed_points}"


def _foretold_each(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """What starts, ends and expires, outcome by outcome; what else follows, as its own sentence."""
    for outcome in outcomes:
        tell = _FORETOLD.get(type(outcome), sentence)
        yield tell(outcome)


def _foretold_reports(expected: Foreseen) -> Iterator[str]:
    """Which reports close, and with which answer."""
    answers = [one.body for one in expected.signals if isinstance(one.body, ReportAnswered)]
    for answer, count in sorted(Counter(one.outcome for one in answers).items()):
        ids = sorted(one.report for one in answers if one.outcome == answer)
        named = f" ({', '.join(map(short, ids))})" if count <= NAMED_MAX else ""
        yield f"{_count(count, 'report closes', 'reports close')} as {_words(answer)}{named}"


def _points(points: int) -> str:
    return _count(points, "point", "points")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _expires(at: datetime | None) -> str:
    return f"which expires {moment(at)}" if at else "which never expires"


def _foretold_strike(o: ledger.StrikeIssued) -> str:
    what = "warning" if o.counts_as == "warning" else f"strike (s{o.severity}, {_points(o.price.points)})"
    return f"a {what} under {o.guideline} goes on record, {_expires(o.expires_at)}"


def _foretold_amendment(o: ledger.StrikeAmended) -> str:
    points = (o.raised if o.because == "episode_raised" else o.price).points
    what = "a warning" if o.counts_as == "warning" else f"a strike of {_points(points)}"
    return f"strike {short(o.strike)} becomes {what} under {o.guideline}, {_expires(o.expires_at)}"


def _foretold_sanction(o: ledger.SanctionImposed) -> str:
    kind = _words(o.sanction_kind)
    if o.sanction_kind == "warning":
        return "a warning is given"
    if o.post:
        return f"post {o.post} is {_words(o.content_action)}"
    return f"a {kind} starts {moment(o.starts_at)} and lasts {_until(o.ends_at)}"


def _foretold_end(o: ledger.SanctionAmended) -> str:
    if o.content_action is not None:
        return f"the content of sanction {short(o.sanction)} is {_words(o.content_action)}"
    return f"sanction {short(o.sanction)} lasts {_until(o.ends_at)}"


def _foretold_lift(o: ledger.SanctionLifted) -> str:
    kind = _words(o.sanction_kind)
    if o.post:
        return f"post {o.post} is {'shown again' if o.restored else f'free of its {kind}'}"
    return f"the {kind} {short(o.sanction)} ends {moment(o.effective_at)}"


_FORETOLD: Final[Mapping[type, Callable[[Any], str]]] = MappingProxyType(
    {
        ledger.StrikeIssued: _foretold_strike,
        ledger.StrikeAmended: _foretold_amendment,
        ledger.StrikeRemoved: lambda o: f"strike {short(o.strike)} falls away ({o.status})",
        ledger.StrikeConfirmed: lambda o: f"strike {short(o.strike)} is confirmed",
        ledger.SanctionImposed: _foretold_sanction,
        ledger.SanctionAmended: _foretold_end,
        ledger.SanctionLifted: _foretold_lift,
        ledger.TerminationProposed: lambda _: "termination is proposed, and awaits a second person",
        ledger.CaseClosed: lambda o: f"case {short(o.case)} closes as {_words(o.result)}",
    }
)
"""Outcomes that are told otherwise before they are true."""


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
        ("escalated" if o.actor else "urgent") if o.escalated else "",
        f"of kind {_words(o.case_kind)} now" if o.case_kind else "",
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


def _merged(o: ledger.MergeNoted) -> str:
    which = f"its record goes on at {o.other}" if o.into else f"the record of {o.other} goes on here"
    back = "" if o.merged else " no longer"
    return f"{which}{back}, with {_count(len(o.strikes), 'strike', 'strikes')}, says {o.actor.id}"


def _referred(o: ledger.ReferralProposed) -> str:
    how = "made in an emergency" if o.emergency else "proposed"
    by = f", to be looked at by {moment(o.review_by)}" if o.review_by else ""
    return f"referral {short(o.referral)} {how} by {o.actor.id} from case {short(o.about)}{by}"


def _refused(o: ledger.Refused) -> str:
    version = f"; its version is {o.current_version} now" if o.current_version is not None else ""
    return f"refused ({_words(o.code)}): {o.message}{version}; {o.remedy}"


def _appeal_decided(o: ledger.AppealDecided) -> str:
    less = [
        f"strike {', '.join(map(short, o.strikes))} fell" if o.strikes else "",
        f"reduced to s{o.severity}" if o.severity is not None else "",
        f"it ends {moment(o.until)}" if o.until is not None else "",
    ]
    answer = f"appeal {short(o.appeal)} {_words(o.outcome)} by {o.actor.id}"
    return "; ".join(filter(None, (answer, *less)))


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
        ledger.MergeNoted: _merged,
        ledger.ReferralProposed: _referred,
        ledger.ReferralOverdue: lambda o: (
            f"nobody has looked at referral {short(o.referral)} in time: case {short(o.case)} is urgent"
        ),
        ledger.ReferralSettled: lambda o: f"referral {short(o.referral)} {o.result} by {o.actor.id}",
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
        ledger.AppealFiled: lambda o: (
            f"appeal {short(o.appeal)} about {_words(o.about_kind)} {short(o.about)} awaits an answer"
        ),
        ledger.AppealDecided: _appeal_decided,
        ledger.Refused: _refused,
        ledger.Failed: lambda o: f"deciding failed, a fault of ours: {o.error}; case {short(o.case)}",
    }
)
