"""What can go wrong, sorted by what the engine does about it.

- `FENCED`: somebody else owns the partition; rebuild only on a new assignment.
- `INFRASTRUCTURE`: the outcome is unknown or the broker is away; drop the runtime and build it again from
  what is committed.
- `Refused`: what is committed contradicts itself, or the topics aren't as the stage needs them; stop, a
  person must look.
- anything else is a bug: the process logs the traceback and exits non-zero.
"""

from __future__ import annotations

from typing import Final

from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced


class MovedOn(Exception):
    """While a runtime was being built, another owner committed: this one is fenced, and was not told yet."""


FENCED: Final = (ProducerFenced, InvalidProducerEpoch, MovedOn)
INFRASTRUCTURE: Final = (KafkaError, TimeoutError, OSError)


class Refused(Exception):
    """The engine won't go on: the message says what, where, what was expected, and the remedy."""


class Oversize(Refused):
    """A stage made a record that no topic takes; the stage must bound its outputs."""


def worst(errors: list[BaseException]) -> BaseException:
    """The error that decides: fencing before all others, then the first. `errors` isn't empty."""
    return next((error for error in errors if isinstance(error, FENCED)), errors[0])


class Broken(Exception):
    """A stage's `step` raised or broke the engine's contract: a bug, so the process ends."""
