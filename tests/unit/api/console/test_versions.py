"""Two versions of the policy beside each other."""

from __future__ import annotations

from events.policy import Rung
from services.api.console import versions
from tests.support.policies import small_policy
from tests.support.signals import day

OLD = small_policy()
NEW = small_policy(ladder=(*OLD.ladder[:3], Rung(points=15)))
POLICIES = {OLD.version: OLD, NEW.version: NEW}


def test_the_version_in_force_is_the_one_activated_last() -> None:
    """Activating an older one again puts it in force; a text that isn't there isn't listed."""
    asked = ((3, OLD.version), (5, NEW.version), (9, OLD.version), (11, "gone"))
    known = versions.known(asked, POLICIES, {3: day(1), 5: day(2), 9: day(4), 11: day(5)})
    assert [(one.version, one.since, one.until, one.in_force, one.activations) for one in known] == [
        (OLD.version, day(4), None, True, 2),
        (NEW.version, day(2), day(4), False, 1),
    ]


def test_versions_are_compared_line_by_line() -> None:
    """Only what differs is shown, with what is near it."""
    known = versions.known(((1, OLD.version), (2, NEW.version)), POLICIES, {})
    compared = versions.compare(POLICIES, known, "", "")
    assert compared is not None
    assert (compared.left, compared.right) == (OLD.version, NEW.version)
    changed = [line for line in compared.lines if line.sort not in {"same", "gap"}]
    assert [(line.left, line.right) for line in changed] == [("- points: 12", "- points: 15")]
    assert len(compared.lines) < 10


def test_a_version_is_named_by_its_beginning() -> None:
    """What names none, or none alone, is the default."""
    known = versions.known(((1, OLD.version), (2, NEW.version)), POLICIES, {})
    compared = versions.compare(POLICIES, known, NEW.version[:10], OLD.version[:10])
    assert compared is not None
    assert compared.left == NEW.version
    assert versions.compare({OLD.version: OLD}, known[:1], "", "") is None
