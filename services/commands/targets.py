"""What a decision is about: found by an id or its first digits, with its account and version."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from services.commands import connect
from services.commands.failures import CommandFailed
from services.exit_codes import ExitCode
from services.runtime import reading

Kind = Literal["strike", "sanction", "case", "appeal"]
PREFIX_CHARS_MIN: Final = 4
SHOWN_MAX: Final = 5

_LOOK_UP: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "strike": "SELECT strike AS id, account, version FROM strikes WHERE starts_with(strike, $1) LIMIT 6",
        "sanction": "SELECT sanction AS id, account, version FROM sanctions WHERE starts_with(sanction, $1) "
        "LIMIT 6",
        "appeal": "SELECT appeal AS id, account, version FROM appeals WHERE starts_with(appeal, $1) LIMIT 6",
        "case": "SELECT case_id AS id, account, version FROM cases WHERE starts_with(case_id, $1) LIMIT 6",
    }
)


class Target(msgspec.Struct, frozen=True):
    """A strike, sanction, case or appeal, as the projection shows it."""

    kind: Kind
    id: str
    account: str
    version: int


def find(text: str, *kinds: Kind) -> Target:
    """The one thing of these kinds whose id begins so. Raises `CommandFailed` unless there is just one."""
    what = " or ".join(kinds)
    if len(text) < PREFIX_CHARS_MIN:
        raise CommandFailed(
            ExitCode.USAGE,
            f"`{text}` is too short for an id",
            f"give at least {PREFIX_CHARS_MIN} digits of the {what}",
        )
    found = connect.run(_find(text, kinds))
    exact = [target for target in found if target.id == text]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        meant = ", ".join(f"{target.kind} `{target.id}`" for target in found[:SHOWN_MAX])
        raise CommandFailed(ExitCode.USAGE, f"`{text}` may be {meant}", "give more digits")
    raise CommandFailed(
        ExitCode.NOT_FOUND,
        f"no {what} begins with `{text}`",
        "`goodstanding strikes ls`, `sanctions ls`, `cases ls` and `appeals ls` show ids; what was just "
        "decided takes a moment",
    )


def seen_revision(case: Target) -> int | None:
    """The latest revision that a case's findings and reports name: the one that a person looked at.

    None for a case that isn't about a post.
    """
    return connect.run(_seen_revision(case.id)) if case.kind == "case" else None


async def _seen_revision(case_id: str) -> int | None:
    async with connect.database() as pool:
        file = await reading.case(pool, case_id)
    named = [finding["revision"] for finding in file.case.findings]
    named += [report.revision for report in file.reports]
    return max((revision for revision in named if revision is not None), default=None)


async def _find(text: str, kinds: tuple[Kind, ...]) -> list[Target]:
    async with connect.database() as pool:
        return [
            Target(kind, row["id"], row["account"], row["version"])
            for kind in kinds
            for row in await pool.fetch(_LOOK_UP[kind], text)
        ]
