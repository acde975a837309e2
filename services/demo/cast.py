"""The story that is told beside the crowd's everyday life: who does what, and what moderators decide.

Each scene happens at one moment of simulated time: first what members do, then what the desk does. The lines
are this project's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from services.demo.crowd import START, Sent, event, post_data
from services.demo.desk import ADA, BEA, Desk

REX: Final = "rex"
"""Offends again and again, and climbs the whole ladder."""
NORA: Final = "nora"
"""Is struck by a rule that was wrong, twice."""
IDA: Final = "ida"
"""Slips, and lets time pass."""
GUS: Final = "gus"
"""Reports somebody again and again without any ground."""
UMA: Final = "uma"
"""Whom gus reports."""
VIC: Final = "vic"
"""Trolls, which no rule can see."""
LENA: Final = "lena"
"""Reports vic, rightly."""
DAN: Final = "dan"
"""Curses in a direct message."""
PIA: Final = "pia"
"""Who got that message."""
SOL: Final = "sol"
"""Staff."""
MIA: Final = "mia"
"""Links to her own company."""
TOM: Final = "tom"
"""Links to hers too, and isn't hers."""
ELI: Final = "eli"
"""Makes a post worse, and takes it back."""
KIM: Final = "kim"
"""Posts her own number."""
ANN: Final = "ann"
"""Isn't well."""
LOU: Final = "lou"
"""Whose platform sends an event three times."""
BO: Final = "bo"
"""Between whose posts broken records lie."""
ZOE: Final = "zoe"
"""Answers well."""
CAST: Final = (
    REX, NORA, IDA, GUS, UMA, VIC, LENA, DAN, PIA, SOL, MIA, TOM, ELI, KIM, ANN, LOU, BO, ZOE,
)  # fmt: skip

CURSE: Final = "This fucking export is broken again, third time this week."
CURSE_AT: Final = "Fuck you and your funnel, nobody asked for it."
CARD: Final = "Just charge my boss's card for the tickets, it is 4539 1488 0343 6467."
NATIONAL_ID: Final = "His SSN is 219-09-9999 if anybody wants to check him."
SONG: Final = "As the old song goes: eat shit and carry on! Happy Friday, everyone."
JOKE: Final = "Kiss my ass, flaky dashboard, I finally fixed you!"
LINK: Final = "This does just what you describe: https://brightfunnel.example"
MERITS: Final = 5

BAD_CODES: Final = (
    "json_invalid",
    "type_unknown",
    "version_unknown",
    "field_missing",
    "field_invalid",
    "key_mismatch",
    "value_missing",
    "too_old",
    "fields_contradict",
)
"""What is wrong with the broken records, in their order."""

Work = Callable[[Desk], Awaitable[None]]


class Scene(msgspec.Struct, frozen=True):
    """One moment: what it shows, what members do, and what the desk does then."""

    at: datetime
    title: str
    events: tuple[Sent, ...] = ()
    work: Work | None = None


def day(number: int, hour: int = 14, minute: int = 0) -> datetime:
    """A moment of a day, counted from 0."""
    return START + timedelta(days=number, hours=hour, minutes=minute)


def scenes() -> list[Scene]:
    """The whole story in the order of time."""
    told = [
        _arrivals(),
        *_rex(),
        *_nora(),
        *_ida(),
        *_gus(),
        *_reported(),
        *_small(),
        _broken(),
        *_twice(),
    ]
    return sorted(told, key=lambda scene: scene.at)


# --- what people do ------------------------------------------------------------------------------


def _says(at: datetime, account: str, name: str, body: str, **more: Any) -> Sent:
    """Somebody writes a public post; `name` becomes the post's id."""
    return event(at, "post.created", account, post_data(name, body, thread=name, **more), f"cast-{name}")


def _reports(at: datetime, report: str, reporter: str, about: dict[str, Any], **more: Any) -> Sent:
    data = {"report": report, "reporter": {"account": reporter}, "about": about, **more}
    return event(at, "report.filed", reporter, data, f"cast-{report}")


def _arrivals() -> Scene:
    at = day(0, 9)
    joins = []
    for account in CAST:
        domain = "brightfunnel.example" if account == MIA else f"{account}-works.example"
        profile = {
            "handle": account,
            "company": f"{account.title()} Works",
            "title": "Analyst",
            "photo": True,
            "business_address": f"{account}@{domain}",
        }
        kind = "staff" if account == SOL else "person"
        joins.append(
            event(at, "account.registered", account, {"kind": kind, "profile": profile}, f"cast-{account}")
        )
    return Scene(at, "eighteen people join whom we will follow", tuple(joins))


# --- the serial offender -------------------------------------------------------------------------


def _confirming(by: str, account: str, post: str, reason: str) -> Work:
    async def work(desk: Desk) -> None:
        await desk.about_strike(by, "confirm", await desk.strike_of(account, post), reason)

    return work


def _rex() -> list[Scene]:
    def act(number: int, name: str, body: str, title: str) -> Scene:
        return Scene(day(number), title, (_says(day(number), REX, name, body),))

    def confirmed(number: int, name: str, title: str) -> Scene:
        work = _confirming(ADA, REX, name, "read it, and it is what the rule says")
        return Scene(day(number, 17), title, work=work)

    return [
        act(12, "rex-1", CURSE, "rex curses: his first, so a warning"),
        act(25, "rex-2", CURSE_AT, "rex curses at somebody: 2 points"),
        confirmed(25, "rex-2", "mod-ada confirms rex's strike"),
        act(33, "rex-3", CURSE, "rex curses again: 3 points, 24 hours by the ladder"),
        confirmed(34, "rex-3", "mod-ada confirms that one too"),
        act(48, "rex-4", CURSE_AT, "rex curses at somebody again: automation alone can't go higher"),
        confirmed(48, "rex-4", "mod-ada confirms: 5 confirmed points, 7 days"),
        act(50, "rex-kept-out", "Let me in.", "rex tries to post meanwhile: the platform doesn't let him"),
        act(75, "rex-5", CARD, "rex posts his boss's card number: removed at once"),
        confirmed(75, "rex-5", "mod-ada confirms: 9 points, 30 days"),
        act(130, "rex-6", NATIONAL_ID, "rex posts somebody's national identity number"),
        confirmed(130, "rex-6", "mod-ada confirms: 12 points, termination is proposed"),
        Scene(day(131, 10), "mod-ada may not confirm her own proposal; mod-bea does", work=_terminate),
        act(150, "rex-gone", "Hello?", "rex is gone"),
    ]


async def _terminate(desk: Desk) -> None:
    await desk.about_account(ADA, "confirm_termination", REX, "enough is enough")
    await desk.about_account(BEA, "confirm_termination", REX, "read all six acts; I agree")


# --- the mistake ---------------------------------------------------------------------------------


def _nora() -> list[Scene]:
    return [
        Scene(day(40), "nora quotes a song, and a rule takes it for an insult",
              (_says(day(40), NORA, "nora-1", SONG),)),
        Scene(day(44), "nora jokes with her dashboard: 4 points, 24 hours",
              (_says(day(44), NORA, "nora-2", JOKE),)),
        Scene(day(44, 18), "mod-ada and mod-bea decide at once: the first one wins", work=_overturn),
    ]  # fmt: skip


async def _overturn(desk: Desk) -> None:
    song, joke = await desk.strike_of(NORA, "nora-1"), await desk.strike_of(NORA, "nora-2")
    await desk.about_strike(BEA, "overturn", joke, "she talks to a dashboard, not to a person")
    await desk.about_strike(ADA, "confirm", joke, "an insult, it seems to me")  # saw the version before
    await desk.about_strike(BEA, "overturn", song, "a line from a song, aimed at nobody")


def _ida() -> list[Scene]:
    return [
        Scene(day(20), "ida curses once: a warning", (_says(day(20), IDA, "ida-1", CURSE),)),
        Scene(day(50), "and a second time: 1 point, for 90 days", (_says(day(50), IDA, "ida-2", CURSE),)),
    ]


# --- reports -------------------------------------------------------------------------------------


def _gus() -> list[Scene]:
    told = []
    for number, (on, times) in enumerate(((29, "first"), (32, "second")), start=1):
        post = f"uma-{number}"
        about = {"account": UMA, "post": post, "revision": 1}
        body = "Retention looks better since we fixed the empty state. Details in the thread."
        told.append(
            Scene(
                day(on, 11),
                f"gus reports a harmless post of uma's, for the {times} time",
                (
                    _says(day(on, 11), UMA, post, body),
                    _reports(day(on, 11), f"gus-{number}", GUS, about, reason="no-hate", text="Ban her!"),
                ),
                _dismissing(UMA, f"post:{post}"),
            )
        )
    about = {"account": UMA}
    last = _reports(day(43, 11), "gus-3", GUS, about, reason="one-account", text="She is a fake!")
    told.append(Scene(day(43, 11), "gus reports her again, and nobody listens any more", (last,)))
    return told


def _dismissing(account: str, subject: str) -> Work:
    async def work(desk: Desk) -> None:
        case = await desk.case_about(account, subject)
        await desk.about_case(
            BEA, "dismiss", case, "there is nothing in it at all", outcome="manifestly_unfounded"
        )

    return work


def _reported() -> list[Scene]:
    troll = "Nobody serious uses charts. Charts are for children. Prove me wrong."
    message = "You useless asshole, fuck you and your answer."
    to_pia = {"visibility": "direct", "recipients": [PIA]}
    about_vic = {"account": VIC, "post": "vic-1", "revision": 1}
    about_dan = {"account": DAN, "post": "dan-1", "revision": 1, "visibility": "direct"}
    trolled = {"reason": "no-bullying", "report_copy": {"body": troll}}
    copied = {"reason": "no-bullying", "report_copy": {"body": message}}
    return [
        Scene(day(55, 10), "vic trolls, which no rule sees, and lena reports it", (
            _says(day(55, 10), VIC, "vic-1", troll),
            _reports(day(55, 10, 5), "lena-1", LENA, about_vic, **trolled),
        ), _confirming_case(VIC, "post:vic-1", "no-bullying", "trolling")),
        Scene(day(57, 10), "vic appeals: mod-ada, who warned him, may not answer, and mod-bea denies it",
              work=_denied),
        Scene(day(62, 10), "dan curses at pia in a direct message, which nobody reads",
              (_says(day(62, 10), DAN, "dan-1", message, **to_pia),)),
        Scene(day(63, 10), "pia reports it, and now, and only now, a person reads it",
              (_reports(day(63, 10), "pia-1", PIA, about_dan, **copied),),
              _confirming_case(DAN, "post:dan-1", "keep-it-clean", "cursing-at-somebody")),
        Scene(day(65, 9), "dan appeals as well, and awaits an answer", work=_waiting),
    ]  # fmt: skip


async def _denied(desk: Desk) -> None:
    warning = (await desk.strike_of(VIC, "vic-1")).strike
    await desk.appeal(VIC, warning, "It was satire, and everybody got it.")
    await desk.answer(ADA, "denied", VIC, warning, "I didn't get it")
    await desk.answer(
        BEA, "denied", VIC, warning, "the thread went off the rails after it; nobody took it so"
    )


async def _waiting(desk: Desk) -> None:
    strike = (await desk.strike_of(DAN, "dan-1")).strike
    await desk.appeal(DAN, strike, "We are friends, and talk like that to each other.")


def _confirming_case(account: str, subject: str, guideline: str, case: str) -> Work:
    async def work(desk: Desk) -> None:
        found = await desk.case_about(account, subject)
        await desk.about_case(ADA, "confirm", found, "read it in the thread", guideline=guideline, case=case)

    return work


# --- smaller scenes ------------------------------------------------------------------------------


def _small() -> list[Scene]:
    edited = post_data("eli-1", f"The new heat map is slow today. {CURSE_AT}", thread="eli-1")
    gone = {"post": "eli-1", "revision": 2, "thread": "eli-1"}
    merits = tuple(
        event(day(68 + n), "answer.accepted", ZOE, {"post": f"zoe-{n}", "by": UMA}, f"cast-zoe-{n}")
        for n in range(MERITS)
    )
    return [
        Scene(day(58, 10), "sol, who is staff, curses at somebody: no strike, and no exemption",
              (_says(day(58, 10), SOL, "sol-1", CURSE_AT),)),
        Scene(day(66, 10), "mia and tom post the same link: it is mia's own company", (
            _says(day(66, 10), MIA, "mia-1", LINK), _says(day(66, 10), TOM, "tom-1", LINK))),
        Scene(day(73, 10), "zoe's answers were accepted, five of them", merits),
        Scene(day(80, 9), "eli writes about a heat map",
              (_says(day(80, 9), ELI, "eli-1", "The new heat map is slow today."),)),
        Scene(day(80, 10), "then edits it: an insult now",
              (event(day(80, 10), "post.edited", ELI, {**edited, "revision": 2}, "cast-eli-1-2"),)),
        Scene(day(80, 12), "and deletes it: nothing is left to hide, the strike stays",
              (event(day(80, 12), "post.deleted", ELI, gone, "cast-eli-1-3"),)),
        Scene(day(84, 10), "kim posts her own number: hidden and told, no strike",
              (_says(day(84, 10), KIM, "kim-1", "Call me any time, my number is +1 202 555 0143."),)),
        Scene(day(86, 22), "ann isn't well: an urgent welfare case, never a strike",
              (_says(day(86, 22), ANN, "ann-1", "I don't want to live any more. Whom can I tell?"),)),
    ]  # fmt: skip


def _twice() -> list[Scene]:
    one = _says(day(95), LOU, "lou-1", CURSE_AT)
    late = Sent(day(99), one.topic, one.key, one.value)
    return [
        Scene(day(95), "lou's platform sends one post twice", (one, one)),
        Scene(day(99), "and once more, four days later", (late,)),
    ]


def _broken() -> Scene:
    """Nine broken records, one of each kind, with two good ones around them in the same partition."""
    at = day(90, 10)

    def other(name: str, change: Callable[[dict[str, Any]], None]) -> Sent:
        good = _says(at, BO, name, "Which charts do you show on a big screen?")
        document = msgspec.json.decode(good.value or b"")
        change(document)
        return Sent(at, "posts", BO.encode(), msgspec.json.encode(document))

    def cut(sent: Sent) -> Sent:
        return Sent(at, "posts", BO.encode(), (sent.value or b"")[:80])

    def praise(document: dict[str, Any]) -> None:
        document["type"] = "goodstanding.post.endorsed.v1"
        document["data"] = {"post": "bo-1", "by": BO}

    broken = (
        cut(_says(at, BO, "bo-bad-1", "Which charts do you show on a big screen?")),
        other("bo-bad-2", lambda d: d.update(type="goodstanding.post.liked.v1")),
        other("bo-bad-3", lambda d: d.update(type="goodstanding.post.created.v9")),
        other("bo-bad-4", lambda d: d["data"].pop("body")),
        other("bo-bad-5", lambda d: d["data"].update(revision="one")),
        other("bo-bad-6", lambda d: d.update(subject=UMA)),
        Sent(at, "posts", BO.encode(), None),
        other("bo-bad-8", lambda d: d.update(time=at - timedelta(days=45))),
        other("bo-bad-9", praise),
    )
    events = (_says(at, BO, "bo-1", CURSE), *broken, _says(at, BO, "bo-2", CURSE_AT))
    return Scene(at, "nine broken records come in, between two good ones", events)
