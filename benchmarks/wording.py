"""Texts for posts, drawn from a seed: what a community of software people writes, in wording of its own.

Most break nothing. Some come close: links, capitals, signs, words that mean harm elsewhere.
"""

from __future__ import annotations

from random import Random
from typing import Final

WHO: Final = (
    "our data team",
    "the support desk",
    "my manager",
    "a new customer",
    "the mobile squad",
    "finance",
    "everyone here",
)
DID: Final = (
    "rebuilt",
    "exported",
    "compared",
    "renamed",
    "filtered",
    "shared",
    "scheduled",
    "archived",
    "split",
    "merged",
)
WHAT: Final = (
    "the weekly retention report",
    "a funnel with nine steps",
    "two cohorts by country",
    "the sign-up dashboard",
    "every event that we send",
    "an old segment of trial users",
    "the revenue chart",
    "properties of the checkout page",
)
WHEN: Final = (
    "this morning",
    "before the release",
    "over the weekend",
    "during the migration",
    "twice last month",
    "again today",
)
BUT: Final = (
    "and the totals no longer agree with the invoices",
    "but the chart stays empty until I reload the page",
    "and now the median is lower than the tenth percentile",
    "so the numbers from March look twice as high",
    "but only the first thousand rows arrive in the spreadsheet",
    "and nobody remembers which time zone it used",
)
ASKS: Final = (
    "Has anybody seen that before?",
    "Where would you look first?",
    "Is there a setting that I have missed?",
    "How do you keep such a list in order?",
    "Which of the two would you trust?",
    "Thanks for any hint!",
)
CLOSE: Final = (
    "I had to kill the query after an hour.",
    "The class analysis runs on master since Monday.",
    "See https://docs.example.org/guides/exports for the steps.",
    "The répertoire of filters – that’s the “new” one – is naïve.",
    "IT ONLY HAPPENS IN PRODUCTION!!!",
    "We pay for 40 seats, and version 10.4.2 shows 38.",
    "It is in report_final_v2.csv on the drive.",
)
CLOSE_SHARE: Final = 0.12

BAD: Final = (
    "What the fuck is wrong with this dashboard, it lost my filters again",
    "This shit never loads on Mondays, and I am done with waiting",
    "Shut the fuck up, nobody asked you about our funnel",
    "We just launched our new tool, get 20% off, book a demo at https://shop-growth-now.com/?ref=me",
    "I offer growth consulting at $50 an hour, message me for a quote, limited time offer",
    "Holy shit, who deleted the whole event list without asking anybody",
    "This fucking export has been stuck since Tuesday and I give up",
    "Free trial for everybody, sign up at https://better-metrics-store.com/?ref=jo&utm_campaign=chat today",
    "Our agency builds dashboards from $300, DM me for a quote and a discount",
    "Write to our customer at dana.winter@mailhost-example.com and ask why she left",
    "Call their founder at home on +1 415 867 5309, he loves that",
)
"""In each of them a guideline finds something: strong words, offers, other people's data."""


def sentence(random: Random) -> str:
    """One harmless sentence."""
    choice = random.choice
    return f"{choice(WHO)} {choice(DID)} {choice(WHAT)} {choice(WHEN)}, {choice(BUT)}".capitalize() + "."


def harmless(random: Random) -> str:
    """A post that breaks nothing, of 100 to 230 characters."""
    asks = random.choice(CLOSE if random.random() < CLOSE_SHARE else ASKS)
    return f"{sentence(random)} {asks}"


def harmful(random: Random) -> str:
    """A post that breaks a guideline, beside words that vary: one text from many accounts is a campaign."""
    return f"{random.choice(BAD)}. {sentence(random)}"
