"""What people write in the stories, and what it is found to be by the policy."""

from __future__ import annotations

from typing import Final

from tests.support.story import Specimen

CURSE: Final = Specimen("this fucking build is broken again", "keep-it-clean", "strong-cursing", 1)
CURSE_AT: Final = Specimen("fuck you, you stupid asshole", "keep-it-clean", "cursing-at-somebody", 2)
SELL: Final = Specimen("buy now at our shop", "no-selling", "prospecting", 1)
CARD: Final = Specimen("his card is 4111 1111 1111 1111, cvv 123", "privacy", "card", 3)
