"""The guidelines' rules. A new one is a file here, a line in `RULES`, and its settings in the policy."""

from __future__ import annotations

from typing import Final

from events.memory_rules import MEMORY_RULES, MemoryRule
from services.screening.guidelines.keep_it_clean import KeepItClean
from services.screening.guidelines.no_bullying import NoBullying
from services.screening.guidelines.no_bullying_stop import AskedToStop
from services.screening.guidelines.no_hate import NoHate
from services.screening.guidelines.no_selling import NoSelling
from services.screening.guidelines.no_spam import NoSpam
from services.screening.guidelines.no_spam_messages import MassMessages
from services.screening.guidelines.ownership import Ownership
from services.screening.guidelines.privacy import Privacy
from services.screening.rule import Rule, RuleContract

RULES: Final[tuple[type[Rule], ...]] = (
    KeepItClean,
    NoSelling,
    NoSpam,
    MassMessages,
    Ownership,
    Privacy,
    NoBullying,
    NoHate,
    AskedToStop,
)
"""In the order in which their findings are listed."""


def known_rules() -> dict[str, RuleContract | MemoryRule]:
    """What each rule needs of a policy, by the rule's name: policies are checked against it.

    With the rules about what adds up over time, which are applied where the memory is.
    """
    return {**{rule.contract.name: rule.contract for rule in RULES}, **MEMORY_RULES}
