"""Counting: precision, recall, F1, and how sure a share is. Pure arithmetic over counts."""

from __future__ import annotations

from math import sqrt
from typing import Final

import msgspec

Z_95: Final = 1.959963984540054
"""The normal distribution's two-sided 95 %."""


class Counts(msgspec.Struct):
    """How a set came out: found and rightly so, found wrongly, missed, rightly left alone."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0

    def add(self, *, truth: bool, found: bool) -> None:
        """Count one text."""
        if truth:
            self.true_positives += found
            self.false_negatives += not found
        else:
            self.false_positives += found
            self.true_negatives += not found

    @property
    def found(self) -> int:
        """How many were found."""
        return self.true_positives + self.false_positives

    @property
    def broken(self) -> int:
        """How many there were to be found."""
        return self.true_positives + self.false_negatives

    @property
    def precision(self) -> float | None:
        """The share of what was found that was right; None where nothing was found."""
        return self.true_positives / self.found if self.found else None

    @property
    def precision_low(self) -> float | None:
        """The lower bound of the precision's 95 % interval."""
        return wilson_low(self.true_positives, self.found) if self.found else None

    @property
    def recall(self) -> float | None:
        """The share of what was to be found that was; None where there was nothing to find."""
        return self.true_positives / self.broken if self.broken else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of the two; None where there was nothing to find."""
        total = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / total if self.broken else None


class Rate(msgspec.Struct):
    """A share of texts."""

    count: int = 0
    of: int = 0

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None of nothing."""
        return self.count / self.of if self.of else None


def wilson_low(successes: int, trials: int) -> float:
    """The lower bound of Wilson's 95 % interval of a share. `trials` must be above 0."""
    share, z2 = successes / trials, Z_95 * Z_95
    middle = share + z2 / (2 * trials)
    spread = Z_95 * sqrt((share * (1 - share) + z2 / (4 * trials)) / trials)
    return max(0.0, (middle - spread) / (1 + z2 / trials))
