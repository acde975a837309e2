"""What a command fails with: a sentence, a remedy and an exit code; and which of those an exception means."""

from __future__ import annotations

import asyncpg
from aiokafka.errors import KafkaError

from services.exit_codes import ExitCode
from services.keys import KeysError
from services.runtime.embedded import EmbeddedError
from services.runtime.faults import Refused
from services.runtime.postgres import MISSING, UNAVAILABLE
from services.runtime.settings import SettingsError


class CommandFailed(Exception):
    """A command can't go on. `remedy` says what to do about it; empty where `message` does."""

    def __init__(self, code: ExitCode, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.remedy = remedy


def understood(error: BaseException) -> CommandFailed | None:
    """The failure that an exception means; None where it is a fault of this program."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, SettingsError | KeysError):
        return CommandFailed(ExitCode.USAGE, str(error))
    if isinstance(error, Refused):
        return CommandFailed(ExitCode.REFUSED, str(error))
    if isinstance(error, EmbeddedError):
        return CommandFailed(ExitCode.NOT_REACHABLE, str(error))
    if isinstance(error, KafkaError):
        return CommandFailed(
            ExitCode.NOT_REACHABLE,
            f"Kafka didn't answer: {error}",
            "check that it runs and that GOODSTANDING_BOOTSTRAP_SERVERS names it",
        )
    if isinstance(error, MISSING):
        return CommandFailed(
            ExitCode.NOT_REACHABLE,
            f"the database isn't as this build needs it: {error}",
            "run `goodstanding db migrate`",
        )
    if isinstance(error, (asyncpg.PostgresError, *UNAVAILABLE)):
        said = str(error) or type(error).__name__
        return CommandFailed(
            ExitCode.NOT_REACHABLE,
            f"Kafka or PostgreSQL didn't answer: {said}",
            "check that both run, and that GOODSTANDING_BOOTSTRAP_SERVERS and GOODSTANDING_POSTGRES_DSN name "
            "them",
        )
    return None
