"""A small community for the console's tests: what its members wrote, what was found in it, who reported it.

Every line is this project's own. Accounts have opaque names, as on a platform.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HOSTILE = (
    "Great tip, thanks! <script>document.title='owned'</script>"
    "<img src=x onerror=\"document.title='owned'\">\n"
    "</blockquote><form action=//evil.example><button>Free report</button></form>\n"
    "Read it backwards: \u202egnp.exe\u202c and \u2066hidden\u2069 \u200bzero\u200bwidth "
    "{{ 7 * 7 }} ' onload='x"
)
"""A post that tries everything: markup, a script, a form, turned and hidden text, a template."""


@dataclass(frozen=True)
class Hit:
    """Something that a rule found: what, how sure it is, and the words that it found."""

    guideline: str
    case: str
    words: str
    confidence: int = 97


@dataclass(frozen=True)
class Post:
    """Somebody writes something, so many days after the beginning."""

    day: float
    account: str
    post: str
    text: str
    hits: tuple[Hit, ...] = ()
    revision: int = 1
    title: str | None = None


@dataclass(frozen=True)
class Report:
    """Somebody reports a post, and says why."""

    day: float
    reporter: str
    report: str
    post: str
    account: str
    reason: str
    words: str


@dataclass(frozen=True)
class Decide:
    """A person decides something about a post's strike or case, or about the account."""

    day: float
    by: str
    verb: str
    account: str
    about: str
    reason: str
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Appeal:
    """The platform told somebody of a post's strike, and they complain about it."""

    day: float
    account: str
    appeal: str
    post: str
    words: str


END = 61.0
"""Today."""

ACCOUNTS = (
    "u-1042", "u-1187", "u-1203", "u-1330", "u-1419", "u-1520", "u-1666", "u-1701", "u-1888", "u-1999",
    "u-2024",
)  # fmt: skip
STAFF = "u-1000"

SAYS: tuple[Post | Report | Decide | Appeal, ...] = (
    Post(
        3,
        "u-1042",
        "p-300",
        "What the f*ck is wrong with this dashboard today.",
        (Hit("keep-it-clean", "strong-cursing", "f*ck"),),
    ),
    Post(
        20,
        "u-1042",
        "p-301",
        "F*ck you and your funnel, nobody asked for it.",
        (Hit("keep-it-clean", "cursing-at-somebody", "F*ck you"),),
    ),
    Appeal(55.5, "u-1042", "a-7", "p-301", "It was a joke between two people who know each other well."),
    Decide(
        20.3, "mod-ada", "confirm", "u-1042", "strike:p-301", "read the thread; it is meant for the author"
    ),
    Post(
        41,
        "u-1042",
        "p-302",
        "Sh1t, the import lost my segments again. Who ships this sh1t?",
        (Hit("keep-it-clean", "strong-cursing", "Sh1t"),),
    ),
    Post(
        60.2,
        "u-1042",
        "p-303",
        "You people are a joke. Every release you break what worked, and then you ask for patience.\n\n"
        "Whoever signed this off is an idiot, and so is whoever defends it here.",
        (Hit("no-bullying", "insult", "is an idiot", 74),),
        title="Another broken release",
    ),
    Report(
        60.25,
        "u-1203",
        "r-90",
        "p-303",
        "u-1042",
        "no-bullying",
        "He goes after the release manager by role, again.",
    ),
    Report(
        60.27,
        "u-1330",
        "r-91",
        "p-303",
        "u-1042",
        "no-bullying",
        "Second thread this week that he spoils like this.",
    ),
    Report(60.3, "u-1419", "r-92", "p-303", "u-1042", "no-bullying", "Please look at his tone."),
    Post(
        58.0,
        "u-1187",
        "p-310",
        "Charge my manager's card for the tickets: 4916 3385 0608 2832, he said it is fine.",
        (Hit("privacy", "card", "4916 3385 0608 2832"),),
    ),
    Post(
        59.1,
        "u-1520",
        "p-320",
        "They left him bleeding in the street and I enjoyed every second of it.",
        (Hit("keep-it-clean", "graphic-violence", "left him bleeding in the street", 71),),
    ),
    Post(
        60.6,
        "u-1666",
        "p-330",
        "Our agency can double your reply rate in a month. Book a call: https://reply-boost.example",
        (Hit("no-selling", "prospecting", "Book a call", 66),),
    ),
    Report(
        60.7, "u-1888", "r-93", "p-330", "u-1666", "no-selling", "Posts the same offer under every question."
    ),
    Post(60.35, "u-2024", "p-371", "Here is the whole list of attendees, with their private addresses."),
    Report(
        60.4, "u-1888", "r-96", "p-371", "u-2024", "illegal-content", "It sells a list of private addresses."
    ),
    Post(60.8, "u-1701", "p-340", HOSTILE, title="A <b>tip</b> for \u202eeverybody"),
    Report(
        60.85, "u-1999", "r-94", "p-340", "u-1701", "no-spam", "This isn't a tip. <script>alert(1)</script>"
    ),
    Post(
        57.4,
        "u-1888",
        "p-350",
        "The migration guide from the vendor is marked internal, but here is the whole of it.",
        (Hit("ownership", "confidential-content", "marked internal", 80),),
    ),
    Post(
        60.9,
        "u-1999",
        "p-360",
        "I don't want to be here any more, and I don't mean this forum.",
        (Hit("keep-it-clean", "self-harm-risk", "don't want to be here any more", 88),),
    ),
    Post(
        56.0, "u-2024", "p-370", "My notes on attribution windows, with the spreadsheet. Corrections welcome!"
    ),
    Report(56.5, "u-1701", "r-95", "p-370", "u-2024", "no-selling", "Surely an advertisement."),
    Post(
        50.0,
        "u-1330",
        "p-380",
        "As the old song goes: eat sh1t and carry on! Happy Friday, everyone.",
        (Hit("keep-it-clean", "cursing-at-somebody", "eat sh1t"),),
    ),
    Post(
        52.0,
        "u-1330",
        "p-381",
        "Shut the f*ck up, flaky dashboard, I finally fixed you!",
        (Hit("keep-it-clean", "cursing-at-somebody", "Shut the f*ck up"),),
    ),
)
