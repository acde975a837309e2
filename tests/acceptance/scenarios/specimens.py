"""What people write in the stories, and what it is found to be by the policy."""

from __future__ import annotations

from typing import Final

from tests.support.story import Specimen

CURSE: Final = Specimen("this fucking build is broken again", "keep-it-clean", "strong-cursing", 1)
CURSE_AT: Final = Specimen("fuck you, you stupid asshole", "keep-it-clean", "cursing-at-somebody", 2)
SELL: Final = Specimen(
    "Who here decides on budgets? I have a deal for you, limited time only", "no-selling", "prospecting", 1
)
INSULT: Final = Specimen("you are an idiot", "no-bullying", "insult", 1)
CARD: Final = Specimen("just charge my boss’s card, it is 4539 1488 0343 6467", "privacy", "card", 3)
