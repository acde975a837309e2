"""What the exit code of a `goodstanding` command says, so that scripts can tell what to do next."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """One class of outcomes each. The message on standard error says what happened and what to do."""

    OK = 0
    """Done."""
    BUG = 1
    """A fault of this program; the traceback is on standard error."""
    USAGE = 2
    """The command line or a setting is at fault."""
    NOT_FOUND = 3
    """What was named doesn't exist."""
    REFUSED = 4
    """A decision was refused, or conflicts with what happened meanwhile."""
    BAD_INPUT = 5
    """A file or record keeps to no contract."""
    NOT_REACHABLE = 6
    """Kafka, PostgreSQL or a worker didn't answer."""
    VERIFICATION_FAILED = 7
    """What was verified contradicts itself."""
    NOT_ALLOWED = 8
    """No key, or one without the capability."""
    NOT_YET = 9
    """Sent, and the outcome wasn't seen in time; asking again does no harm."""
    INTERRUPTED = 130
    """Ctrl-C."""
