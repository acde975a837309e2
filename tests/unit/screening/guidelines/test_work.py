"""No crafted text takes more than linear work: counted, not timed."""

from __future__ import annotations

from collections import Counter

import pytest

from services.screening.guidelines import privacy
from services.screening.post import MATCHES_MAX
from services.screening.text import identifiers
from tests.support.screening import verdict_on

CANDIDATES = {
    "phone": "call 415 867 53{n:02d}, ",
    "card": "card 4539 1488 0343 {n:04d} ",
    "iban": "de89 3704 0044 0532 0130 {n:02d} ",
    "email": "a{n}@b.co ",
    "secret": "api_key=a1b2c3d4e5f6a7b8c9{n} ",
    "street": "{n} oak hill road, ",
}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each validator is asked."""
    counts: Counter[str] = Counter()

    def counted(module: object, name: str) -> None:
        real = getattr(module, name)

        def call(*args: object, **more: object) -> object:
            counts[name] += 1
            return real(*args, **more)

        monkeypatch.setattr(module, name, call)

    counted(identifiers, "phone_number")
    counted(identifiers, "is_foreign_number")
    counted(privacy, "is_secret")
    counted(privacy, "email_form")
    counted(privacy, "_whose")
    return counts


@pytest.mark.parametrize("kind", CANDIDATES)
def test_candidates_are_validated_only_so_many_times(kind: str, work: Counter[str]) -> None:
    """Twice as many candidates never take more than twice the work, and beyond a limit no more at all."""
    asked = []
    for count in (50, 100, 400, 800):
        work.clear()
        verdict_on("".join(CANDIDATES[kind].format(n=n) for n in range(count)))
        asked.append(work.total())
    assert asked[1] <= 2 * asked[0] + MATCHES_MAX // 10
    assert asked[3] == asked[2]


def test_stretches_are_taken_once() -> None:
    """What overlaps something surer is left out, whatever the order."""
    taken: list[tuple[int, int]] = []
    stretches = [(5, 9), (0, 5), (8, 12), (20, 30), (9, 20), (22, 23), (4, 6)]
    assert [privacy._take(taken, *one) for one in stretches] == [True, True, False, True, True, False, False]
    assert taken == sorted(taken)
