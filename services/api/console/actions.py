"""What a person may do on a page: each action with its key, its fields, and why it can't be done if it can't.

What is said here is only what can be seen beforehand. The last word is enforcement's, whose answer the form
shows before anything is sent, and which decides again when it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from events.capabilities import CONFIRM_REFERRALS, DECIDE_PROTECTED, RESTRICTING
from events.policy import Policy
from services.answers import ShownExplanation
from services.api import decisions
from services.api.console.accounts import AccountPage
from services.api.console.casefile import CasePage
from services.keys import Operator
from services.runtime.reading import Appeal, Referral, Standing

SANCTION_KINDS: Final = (
    "posting_restriction",
    "link_restriction",
    "message_restriction",
    "report_restriction",
    "suspension",
    "content_removal",
    "warning",
)
SPANS: Final[Mapping[str, str]] = MappingProxyType(
    {"24h": "24 hours", "72h": "3 days", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
)
"""Ends that a form offers, from now on."""
ONCE_BYTES: Final = 18
OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dismissed_in_good_faith": "in good faith: nothing counts against the reporters",
        "ignored": "ignored: the reporters hear nothing of it",
        "manifestly_unfounded": "manifestly unfounded: counts against the reporters",
    }
)
APPEAL_OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "granted": "granted: the outcome falls",
        "partly_granted": "partly granted: some of it falls",
        "denied": "denied: it stands",
    }
)


class Action(msgspec.Struct, frozen=True):
    """Something that can be done. `verb` is the decision's; `steps` are those of one that takes several.

    `fields` are asked for beside the reason. `about` is `target` or `account`: whose version is named.
    `barred`: why it can't be done; empty where it can. `plain`: it takes nothing from anybody.
    """

    name: str
    label: str
    verb: str
    help: str
    key: str = ""
    fields: tuple[str, ...] = ()
    about: str = "target"
    steps: tuple[str, ...] = ()
    barred: str = ""
    plain: bool = False


class Form(msgspec.Struct, frozen=True):
    """The form of a page: what a decision is about, what was seen of it, and what can be done.

    `once` makes a form that is sent twice count once. `cases` are (guideline/case, title, severity,
    guideline).
    """

    kind: str
    target: str
    account: str
    version: int
    standing_version: int
    actions: tuple[Action, ...]
    chosen: str
    cases: tuple[tuple[str, str, int, str], ...]
    suggested: str
    post: str
    revision: int | None
    strikes: tuple[Any, ...]
    severity: int
    once: str
    timed: bool
    outcomes: Mapping[str, str] = OUTCOMES
    appeal_outcomes: Mapping[str, str] = APPEAL_OUTCOMES
    sanction_kinds: tuple[str, ...] = SANCTION_KINDS
    spans: Mapping[str, str] = SPANS

    @property
    def possible(self) -> bool:
        """Whether anything can be done at all."""
        return any(not action.barred for action in self.actions)

    def action(self, name: str) -> Action | None:
        """The action of that name, possible or not."""
        return next((one for one in self.actions if one.name == name), None)


# --- the catalogue ---------------------------------------------------------------------------------

DISMISS: Final = Action(
    "dismiss", "No violation", "dismiss",
    "Close the case; what no person confirmed falls, and the post is shown.",
    key="a", fields=("outcome",), plain=True,
)  # fmt: skip
CONFIRM: Final = Action(
    "confirm", "Remove and strike", "confirm",
    "Stand behind what the case claims: the strike counts, and the "
    "content stays away as the policy says.", key="t", fields=("guideline_case", "severity"),
)  # fmt: skip
WARN: Final = Action(
    "warn", "Warn instead", "sanction", "Send a warning, and close the case without a strike.", key="w",
    fields=("guideline",), about="account", steps=("sanction", "dismiss"),
)  # fmt: skip
ESCALATE: Final = Action(
    "escalate", "Escalate", "escalate", "Ask somebody with more say to look at it.", key="e", plain=True
)
NOTE: Final = Action("note", "Leave a note", "note", "Nothing else changes.", plain=True)
RESTORE: Final = Action(
    "restore", "Restore the post", "restore", "Show it again, and clear this revision of it.",
    about="account",
    plain=True,
)  # fmt: skip
SANCTION: Final = Action(
    "sanction", "Sanction by hand", "sanction",
    "Stands on its own: overturned strikes don't take it with them.",
    fields=("sanction_kind", "guideline", "until", "removed"), about="account",
)  # fmt: skip
PROPOSE: Final = Action(
    "propose_termination", "Propose termination", "propose_termination",
    "The account is suspended until a second person has decided.", fields=("guideline",), about="account",
)  # fmt: skip
CONFIRM_END: Final = Action(
    "confirm_termination", "Confirm termination", "confirm_termination",
    "As a second person: the membership ends, and the identity is barred.", key="t", about="account",
)  # fmt: skip
LINK: Final = Action(
    "link", "One person's accounts", "link", "This account and the other belong to one person.",
    fields=("other",), about="account",
)  # fmt: skip
UNLINK: Final = Action(
    "unlink", "Not one person's", "unlink", "This account and the other don't belong together.",
    fields=("other",), about="account", plain=True,
)  # fmt: skip
REDECIDE: Final = Action(
    "redecide", "Decide it again", "redecide", "After the fault was mended: what failed is decided anew.",
    plain=True,
)  # fmt: skip
PROPOSE_REFERRAL: Final = Action(
    "propose_referral", "Propose a referral", "propose_referral",
    "Ask for law enforcement to be told; a second person confirms. What it rests on is held.",
    fields=("emergency",),
)  # fmt: skip
CONFIRM_REFERRAL: Final = Action(
    "confirm_referral", "Confirm the referral", "confirm_referral",
    "As a second person: law enforcement is told.", key="t",
)  # fmt: skip
OVERTURN: Final = Action(
    "overturn", "Overturn", "overturn", "It was wrong: as if it had never been, apart from the record of it.",
    plain=True,
)  # fmt: skip
WAIVE: Final = Action("waive", "Waive", "waive", "It was right, and is let go.", plain=True)
REDUCE_STRIKE: Final = Action(
    "reduce", "Reduce", "reduce", "Less severe than it was taken for.", fields=("lower_severity",), plain=True
)
RECLASSIFY: Final = Action(
    "reclassify", "Reclassify", "reclassify", "It stands, under another guideline or case.",
    fields=("guideline_case", "severity"),
)  # fmt: skip
CONFIRM_STRIKE: Final = Action(
    "confirm", "Confirm", "confirm", "Stand behind it: confirmed strikes count for every rung.", key="t"
)
LIFT: Final = Action("lift", "Lift now", "lift", "It ends now.", plain=True)
SHORTEN: Final = Action(
    "reduce", "End earlier", "reduce", "Its end moves to earlier.", fields=("until",), plain=True
)
EXTEND: Final = Action("extend", "Extend", "extend", "Its end moves to later.", fields=("until",))
STRIKE: Final = Action(
    "strike", "Strike by hand", "strike", "Put an act on the record that no rule found.",
    fields=("guideline_case", "severity", "post"), about="account",
)  # fmt: skip
MUTE: Final = Action(
    "mute_reporter", "Mute as a reporter", "mute_reporter", "This account's reports are ignored.",
    fields=("until",), about="account",
)  # fmt: skip
UNMUTE: Final = Action(
    "unmute_reporter", "Hear reports again", "unmute_reporter", "This account's reports count again.",
    about="account", plain=True,
)  # fmt: skip
NOTE_ACCOUNT: Final = Action(
    "note", "Leave a note", "note", "Nothing else changes.", about="account", plain=True
)
DECIDE_APPEAL: Final = Action(
    "decide_appeal", "Answer the appeal", "decide_appeal", "The account reads the reason.", key="t",
    fields=("appeal_outcome", "fallen", "less_severe", "ends"),
)  # fmt: skip


ASKED_OTHERWISE: Final = frozenset({"termination", "failed"})
"""Kinds of cases that are answered by a decision of their own, or dismissed."""

# --- what each page has ----------------------------------------------------------------------------


def for_case(who: Operator, file: CasePage, policies: Mapping[str, Policy], chosen: str, part: str) -> Form:
    """What can be done about a case; `part`: what part somebody has in it themselves, empty for none."""
    case, standing = file.case, file.standing
    kind = None if standing is None else standing.account_kind
    bar = _first("" if case.status == "open" else "the case is closed", _own(who, case.account), part)
    actions = [_allowed(who, one, kind, bar) for one in _of_case(who, file)]
    found = next(((f.guideline, f.case) for f in file.findings if f.severity), None)
    return _form(
        "case",
        case.case_id,
        case.account,
        case.version,
        standing,
        actions,
        chosen,
        policies,
        suggested="/".join(found) if found else "",
        post=file.post or "",
        revision=file.revision if file.post else None,
    )


def _of_case(who: Operator, file: CasePage) -> Iterable[Action]:
    """The actions that fit the kind of case; what fits and can't be done says why."""
    case = file.case
    mine, emergency = _made_by(who, file)
    about_link = case.subject.partition(":")[0] in {"link", "barred", "name"}
    if case.case_kind == "termination":
        yield CONFIRM_END
    elif case.case_kind == "referral":
        yield _with(CONFIRM_REFERRAL, mine)
    elif case.case_kind == "failed":
        yield REDECIDE
    elif case.subject.startswith("link:"):
        other = case.subject.partition(":")[2]
        yield msgspec.structs.replace(LINK, help=f"{LINK.help} The other: {other}.")
    else:
        yield DISMISS
        yield CONFIRM
        if not about_link:
            yield WARN
    if case.case_kind == "referral":
        unable = "" if who.may(CONFIRM_REFERRALS) else _lacks(CONFIRM_REFERRALS)
        yield _with(DISMISS, _first(unable, mine if emergency else ""))
    elif case.case_kind in ASKED_OTHERWISE or case.subject.startswith("link:"):
        yield DISMISS
    yield ESCALATE if not case.escalated else _with(ESCALATE, "it is escalated already")
    if file.post and file.standing is not None:
        yield _with(RESTORE, "" if file.standing.hidden_posts else "nothing of this account's is hidden")
    yield SANCTION
    if case.case_kind == "restricted" or any(one.severity >= 4 for one in file.findings):
        waits = any(one.about == case.case_id and one.status == "proposed" for one in _referrals(file))
        yield _with(PROPOSE_REFERRAL, "a referral of it awaits a second person already" if waits else "")
    yield NOTE


def _referrals(file: CasePage) -> Iterable[Referral]:
    return (one.referral for one in file.referrals)


def _made_by(who: Operator, file: CasePage) -> tuple[str, bool]:
    """Why somebody may not confirm the referral that the case is, and whether it was made in an emergency."""
    for one in _referrals(file):
        if one.case_id == file.case.case_id:
            mine = one.proposed_by == f"person:{who.actor}"
            return "you made the referral: a second person answers it" if mine else "", one.emergency
    return "", False


def for_account(
    who: Operator, file: AccountPage, policies: Mapping[str, Policy], chosen: str, part: str
) -> Form | None:
    """What can be done about an account as a whole; None on a page as of another moment."""
    standing = file.now
    if standing is None:
        return None
    bar = _first(_own(who, file.account), part)
    ended = "the account is terminated" if standing.terminated else ""
    proposed = "it is proposed already" if standing.termination_proposed else ""
    missing = "" if standing.termination_proposed else "nothing is proposed"
    actions = [
        SANCTION,
        STRIKE,
        NOTE_ACCOUNT,
        UNMUTE if standing.reporter_muted else MUTE,
        _with(PROPOSE, _first(ended, proposed)),
        _with(CONFIRM_END, _first(ended, missing)),
        LINK,
        UNLINK,
    ]
    actions = [_allowed(who, one, standing.account_kind, bar) for one in actions]
    return _form("account", "", file.account, standing.version, standing, actions, chosen, policies)


def for_explained(
    who: Operator,
    told: ShownExplanation,
    account_kind: str | None,
    policies: Mapping[str, Policy],
    chosen: str,
    part: str,
) -> Form:
    """What can be done about a strike or a sanction of an account of that kind."""
    row = told.strike or told.sanction
    assert row is not None
    bar = _first(_own(who, told.account), part)
    if told.strike is not None:
        over = "" if told.strike.status in {"active", "expired"} else f"it is {told.strike.status} already"
        confirmed = "a person confirmed it already" if told.strike.confirmed_at else ""
        lowest = "there is nothing below s1" if told.strike.severity <= 1 else ""
        actions = [
            OVERTURN,
            _with(CONFIRM_STRIKE, confirmed),
            _with(REDUCE_STRIKE, lowest),
            WAIVE,
            RECLASSIFY,
        ]
        suggested = f"{told.strike.guideline}/{told.strike.policy_case}"
    else:
        assert told.sanction is not None
        over = "" if told.sanction.status == "in_force" else f"it is {told.sanction.status} already"
        endless = "it has no end" if told.sanction.ends_at is None else ""
        actions = [OVERTURN, LIFT, SHORTEN, _with(EXTEND, endless), WAIVE]
        suggested = ""
    actions = [_allowed(who, one, account_kind, _first(bar, over)) for one in actions]
    return _form(
        told.kind,
        told.id,
        told.account,
        row.version,
        None,
        actions,
        chosen,
        policies,
        suggested,
        severity=told.strike.severity if told.strike is not None else 0,
    )


def for_appeal(who: Operator, appeal: Appeal, about: ShownExplanation | None, part: str) -> Form:
    """Answering an appeal, as somebody who had no part in what it is about."""
    row = (about.strike or about.sanction) if about is not None else None
    issued = row is not None and f"person:{who.actor}" in {row.issued_by, getattr(row, "confirmed_by", None)}
    bar = _first(
        "" if appeal.status == "pending" else f"it is {appeal.status.replace('_', ' ')} already",
        "you issued or confirmed what it is about: somebody else answers it" if issued else "",
        _own(who, appeal.account),
        part,
    )
    strikes = about.strikes if about is not None else ()
    return _form(
        "appeal",
        appeal.appeal,
        appeal.account,
        appeal.version,
        None,
        [_allowed(who, DECIDE_APPEAL, None, bar)],
        DECIDE_APPEAL.name,
        {},
        strikes=tuple(strikes),
        severity=about.strike.severity if about is not None and about.strike is not None else 0,
        timed=about is not None and about.sanction is not None and about.sanction.ends_at is not None,
    )


# --- helpers ---------------------------------------------------------------------------------------


def _form(
    kind: str,
    target: str,
    account: str,
    version: int,
    standing: Standing | None,
    actions: Sequence[Action],
    chosen: str,
    policies: Mapping[str, Policy],
    suggested: str = "",
    post: str = "",
    revision: int | None = None,
    strikes: tuple[Any, ...] = (),
    severity: int = 0,
    timed: bool = False,
) -> Form:
    known = {one.name for one in actions if not one.barred}
    return Form(
        kind,
        target,
        account,
        version,
        0 if standing is None else standing.version,
        tuple(actions),
        chosen if chosen in known else "",
        _cases(policies),
        suggested,
        post,
        revision,
        strikes,
        severity,
        secrets.token_urlsafe(ONCE_BYTES),
        timed,
    )


def _cases(policies: Mapping[str, Policy]) -> tuple[tuple[str, str, int, str], ...]:
    """What can be chosen as a violation, as the newest text has it."""
    if not policies:
        return ()
    newest = list(policies.values())[-1]
    return tuple(
        (f"{guideline.id}/{case.id}", case.title, case.severity, guideline.id)
        for guideline in newest.guidelines
        for case in guideline.cases
    )


def _own(who: Operator, account: str) -> str:
    """Why somebody can't decide about this account at all."""
    return "it is your own account" if who.account and who.account == account else ""


def _allowed(who: Operator, action: Action, account_kind: str | None, barred: str) -> Action:
    """An action, barred also where the key lacks what one of its decisions needs about such an account."""
    verbs = action.steps or (action.verb,)
    needed = [decisions.needs(verb) for verb in verbs]
    if account_kind == "staff" and not RESTRICTING.isdisjoint(verbs):
        needed.append(DECIDE_PROTECTED)
    return _with(action, _first(*(_lacks(one) for one in needed if not who.may(one)), barred))


def _lacks(capability: str) -> str:
    return f"your key lacks `{capability}`"


def _first(*reasons: str) -> str:
    return next((reason for reason in reasons if reason), "")


def _with(action: Action, barred: str) -> Action:
    return action if not barred or action.barred else msgspec.structs.replace(action, barred=barred)
