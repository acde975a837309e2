"""Every setting of a deployment, in one catalogue. Nothing else reads the environment.

Each field is the environment variable `GOODSTANDING_<NAME>`; the command line passes its options in as
arguments, which win. No secret has a default, and no `.env` file is read unless it is named.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_PREFIX = "GOODSTANDING_"
PROJECT = Path(__file__).parents[2]
PARTITIONS_MAX = 1_024
REPLICATION_FACTOR_MAX = 7
KEPT_DAYS_MAX = 36_500
IDEMPOTENCY_DAYS_MIN = 31
"""A day more than an event counts once: until then the same key is the same decision anyway."""
IDENTITY_KEY_BYTES_MIN = 16
IDENTITY_KEY_BYTES_MAX = 64

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that are this machine: what goes there needs no TLS."""

NAME = r"^[A-Za-z0-9._-]*$"
"""What Kafka allows in the names of topics and groups."""

Port = Annotated[int, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(gt=0)]


class SettingsError(Exception):
    """The settings are at fault. The message has a line for each fault: which, what was given, what to do."""


class Settings(BaseSettings):
    """What a process of Goodstanding is told about the world. Frozen, and valid as a whole."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="forbid", env_ignore_empty=True, validate_default=True
    )

    # Kafka
    bootstrap_servers: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1:9092"
    """`host:port` of one or more brokers, with commas between."""
    topic_prefix: Annotated[str, StringConstraints(pattern=NAME, max_length=100)] = ""
    """Goes before every topic, group and transactional id, so that deployments can share a cluster."""
    partitions: Annotated[int, Field(ge=1, le=PARTITIONS_MAX)] = 16
    """The number of partitions of every keyed topic. It can't be changed later: keys would move."""
    replication_factor: Annotated[int, Field(ge=1, le=REPLICATION_FACTOR_MAX)] = 1
    """Copies of every partition; 3 in production."""
    min_insync_replicas: Annotated[int, Field(ge=1, le=REPLICATION_FACTOR_MAX)] = 1
    """Copies that must have a record before it counts as written; 2 in production."""
    instance_id: Annotated[str, StringConstraints(pattern=NAME, max_length=100)] = ""
    """Names this process for good, so that a restart gets its partitions back at once; empty: no name."""
    time_mode: Literal["log", "events"] = "log"
    """`log`: the broker's clock, for real use. `events`: the events' own times, for the demo and tests."""

    # PostgreSQL
    postgres_dsn: Annotated[str, Field(repr=False)] = ""
    """`postgresql://user:password@host:port/database`; for projecting, the API and commands that look."""
    postgres_connections: Annotated[int, Field(ge=1, le=1_000)] = 10
    """The most connections that one process opens."""

    # Screening
    identity_key: Annotated[str, Field(repr=False)] = ""
    """The secret that addresses and numbers are digested with, 16 to 64 bytes; needed by screening, the same
    for all its workers and for good: under another key nobody is recognised again."""
    identity_key_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,16}$")] = "k1"
    """Names the key in digests, so that two keys are never mistaken for two addresses."""

    # Files
    policy_path: Path = PROJECT / "policies" / "community.yaml"
    """The policy's text that commands take when none is named."""
    state_folder: Path = PROJECT / ".goodstanding"
    """Where the embedded stack and commands keep what outlives them, and screening its compiled patterns."""

    # HTTP
    metrics_host: str = "127.0.0.1"
    """The address at which a worker serves metrics, liveness and readiness."""
    metrics_port: Port = 0
    """The port for these; 0: any free one, which the log names."""
    api_host: str = "127.0.0.1"
    """The address at which the API is served."""
    api_port: Port = 8080
    """The port of the API; 0: any free one, which the log names."""
    api_keys_file: Path | None = None
    """The file with the API's keys, actors and capabilities. Without it nobody is let in."""

    oidc_issuer: str = ""
    """The issuer of OpenID Connect tokens that the API takes beside keys: `https://id.example.org`; empty:
    none."""
    oidc_audience: str = ""
    """The audience that such tokens must be for; needed with an issuer."""
    oidc_capabilities_claim: Annotated[str, StringConstraints(min_length=1)] = "goodstanding_capabilities"
    """The claim that lists what the holder may do, as capabilities of keys are spelt."""
    oidc_actor_claim: Annotated[str, StringConstraints(min_length=1)] = "sub"
    """The claim that says who the holder is; it is kept for ever, so it must be an opaque id."""
    oidc_account_claim: str = ""
    """The claim with the holder's own account in the community, about which they can't decide."""

    access_log_days: Annotated[int, Field(ge=1, le=KEPT_DAYS_MAX)] = 400
    """How many days the API keeps who saw personal data and who was refused."""
    idempotency_days: Annotated[int, Field(ge=IDEMPOTENCY_DAYS_MIN, le=KEPT_DAYS_MAX)] = 60
    """How many days the API repeats the first answer to an `Idempotency-Key`, and tells what became of a
    decision; longer than an event sent twice counts once."""

    # Bounds
    stop_timeout_s: Seconds = 10.0
    """How long a worker may take to finish its batch when it is told to stop."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged, on standard error."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _check_bootstrap_servers(cls, value: str) -> str:
        for server in value.split(","):
            host, _, port = server.strip().rpartition(":")
            if not host or not port.isdecimal():
                raise ValueError(f"expected `host:port` with commas between, and `{server}` isn't")
        return value

    @field_validator("postgres_dsn")
    @classmethod
    def _check_postgres_dsn(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            # Without the value, which may hold a password.
            raise ValueError("expected `postgresql://user:password@host:port/database`")
        return value

    @field_validator("identity_key")
    @classmethod
    def _check_identity_key(cls, value: str) -> str:
        if value and not IDENTITY_KEY_BYTES_MIN <= len(value.encode()) <= IDENTITY_KEY_BYTES_MAX:
            raise ValueError(
                f"expected {IDENTITY_KEY_BYTES_MIN} to {IDENTITY_KEY_BYTES_MAX} bytes, and it has "
                f"{len(value.encode())}; make one with `openssl rand -hex 32`"
            )
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _check_oidc_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
            raise ValueError("expected an address that begins with `https://`: keys are fetched from there")
        return value

    @model_validator(mode="after")
    def _check_oidc(self) -> Self:
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError(
                "oidc_issuer is set without oidc_audience: tokens for any other service would be taken; set "
                "GOODSTANDING_OIDC_AUDIENCE to what the issuer calls this API"
            )
        return self

    @model_validator(mode="after")
    def _check_replicas(self) -> Self:
        if self.min_insync_replicas > self.replication_factor:
            raise ValueError(
                f"min_insync_replicas ({self.min_insync_replicas}) is more than replication_factor "
                f"({self.replication_factor}): nothing could be written; lower the first or raise the second"
            )
        return self

    def topic(self, name: str) -> str:
        """The name that a topic of the catalogue has in this deployment."""
        return self.topic_prefix + name


SECRET_FIELDS = frozenset({"postgres_dsn", "identity_key"})


def load_settings(*, env_file: Path | None = None, **overrides: Any) -> Settings:
    """The settings from the environment, from a file of `NAME=value` lines if named, and from `overrides`.

    Overrides win; those that are None are left out, so that options nobody gave can be passed on as they are.
    Raises `SettingsError`.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    if env_file is not None and not env_file.is_file():
        raise SettingsError(f"can't read settings from `{env_file}`: there is no such file")
    unknown = _unknown_variables()
    if unknown:
        raise SettingsError("\n".join(unknown))
    try:
        return Settings(_env_file=env_file, **given)
    except ValidationError as error:
        raise SettingsError(describe_error(error)) from None


def take_variable(name: str) -> str:
    """A variable that is no setting, taken out of the environment: no later child process sees it.

    Empty where there is none.
    """
    return os.environ.pop(name, "")


def describe_error(error: ValidationError) -> str:
    """One line for each fault: the variable, what was given (never a secret), what was expected."""
    return "\n".join(_describe(dict(fault)) for fault in error.errors(include_url=False))


def _describe(fault: dict[str, Any]) -> str:
    message = str(fault["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if not fault["loc"]:
        return message
    name = str(fault["loc"][0]).lower().removeprefix(ENV_PREFIX.lower())
    where = f"setting {name} ({ENV_PREFIX}{name.upper()})"
    if fault["type"] == "extra_forbidden":
        return f"{where}: there is no such setting{_suggestion(name)}"
    if name in SECRET_FIELDS:
        return f"{where}: {message}"
    return f"{where}: {message}; got `{fault['input']}`"


def _unknown_variables() -> list[str]:
    """A fault for each variable with our prefix that is no setting: it would be ignored in silence."""
    given = sorted(name for name in os.environ if name.upper().startswith(ENV_PREFIX))
    settings = {name: name[len(ENV_PREFIX) :].lower() for name in given}
    return [
        f"variable {variable}: there is no setting `{name}`{_suggestion(name)}"
        for variable, name in settings.items()
        if name not in Settings.model_fields
    ]


def _suggestion(name: str) -> str:
    known = list(Settings.model_fields)
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; settings are {', '.join(sorted(known))}"
