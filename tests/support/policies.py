"""A small policy for tests: the default's prices and ladder, and a case for whatever a test needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from events.policy import GUIDELINE_IDS, Case, Guideline, Policy, Rung, Severity
from events.policy_text import read_policy
from services.screening.guidelines import known_rules


def guideline_cases(guideline: str) -> tuple[Case, ...]:
    """`s1` to `s4`, enforced; `spam`: no warning first; `doubt`: for review; `watched`: in shadow."""
    if guideline in {"identify-yourself", "power-user"}:
        return ()
    return (
        *(
            Case(id=f"s{n}", title=f"{guideline}, severity {n}", severity=n, mode="enforce", content="hidden")
            for n in range(1, 5)
        ),
        Case(id="spam", title="obvious", severity=1, mode="enforce", content="hidden", warning_first=False),
        Case(id="doubt", title="to be looked at", severity=2, mode="review"),
        Case(id="watched", title="watched", severity=1, mode="shadow"),
    )


def small_policy(**changes: Any) -> Policy:
    """The policy; `changes` replace whole fields."""
    fields: dict[str, Any] = {
        "name": "test",
        "guidelines": tuple(
            Guideline(id=name, title=name, text=f"The text of {name}.", cases=guideline_cases(name))
            for name in GUIDELINE_IDS
        ),
        "severities": {
            "s1": Severity(points=1, expiry_days=90),
            "s2": Severity(points=2, expiry_days=180),
            "s3": Severity(points=4, expiry_days=365),
            "s4": Severity(points=0),
        },
        "ladder": (
            Rung(points=3, suspension_hours=24),
            Rung(points=5, suspension_hours=7 * 24),
            Rung(points=8, suspension_hours=30 * 24),
            Rung(points=12),
        ),
    }
    return Policy(**{**fields, **changes})


def community() -> Policy:
    """The policy that the project ships; a copy, since one that was asked for its version takes it along."""
    return _shipped().model_copy()


@cache
def _shipped() -> Policy:
    text = (Path(__file__).parents[2] / "policies" / "community.yaml").read_text()
    return read_policy(text, known_rules())
