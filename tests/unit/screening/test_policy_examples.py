"""The default policy's own examples, held against the default rules."""

from __future__ import annotations

import pytest

from services.screening.guidelines import RULES
from tests.support.policies import community
from tests.support.screening import cases_on

NO_TEXTS = {
    "They left him bleeding in the street and I enjoyed every second of it",
    "A long description of somebody being cut to pieces, for the fun of it",
    "Any post that describes a child in a sexual way",
    "An offer to trade such pictures",
    "Any slur against people of one ethnicity, aimed at somebody in the thread",
    "A slur against people of one orientation, used as an insult",
    "The same question in four threads within the hour",
    "The same announcement under every new post of the day",
    "Posts in nine threads within a minute",
    "Thirty near-identical posts within ten minutes",
    "An account of this morning sends one link to eight people who never wrote to it",
    "An account of yesterday leaves one shortened link in five threads",
    "It says invalid token when I send my API secret, which is as follows",
    "Our private key begins with BEGIN RSA PRIVATE KEY, what is wrong with it?",
}
"""Examples that describe a post instead of being one, or that no list of words can find."""
EXAMPLES = [
    (guideline.id, case.id, example)
    for guideline in community().guidelines
    for case in guideline.cases
    if any(rule.contract.guideline == guideline.id and case.id in rule.contract.cases for rule in RULES)
    if case.mode in {"enforce", "review", "shadow"}
    for example in case.examples
    if example not in NO_TEXTS
]


@pytest.mark.parametrize(("guideline", "case", "text"), EXAMPLES)
def test_what_the_policy_gives_for_an_example_is_found(guideline: str, case: str, text: str) -> None:
    """Moderators read the examples, so the rules must agree with them."""
    assert case in cases_on(text, guideline)
