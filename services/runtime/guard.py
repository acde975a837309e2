"""The guard: what one partition's runtime was built up to, written in every transaction.

It is the record `partition:p` of the stage's changelog. The group's offsets are committed in the same
transaction. Where its coordinator knows of more than the guard does, the changelog has lost its end, and the
engine refuses to go on. Where it knows of less, the guard is believed: a coordinator whose broker was killed
was seen to have forgotten what it had acknowledged.

    {"offsets": {topic: next offset}, "stage": the stage's own part, "times": {topic: ms of the last record},
    "schema": 1, "held": how many keys the changelog has a state of}

Topics are catalogue names, without the prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from services.runtime.faults import Broken, Refused

SCHEMA: Final = 1
ANEW: Final = (
    "have the changelog written anew: enforcement's from the ledger with `goodstanding state rebuild`, "
    "that of another stage with `goodstanding state adopt`"
)
"""A remedy, once the changelog is found to be wrong."""
NOTHING: Final = b"null"
"""The stage's part of a guard of which only the offsets are known."""


class Guard(msgspec.Struct, frozen=True, gc=False):
    """`offsets` are exclusive; `times` are those of the last records consumed, in ms, for windows.

    No `held`: the build that wrote the guard didn't count yet.
    """

    offsets: dict[str, int]
    stage: msgspec.Raw
    times: dict[str, int] = {}
    schema: int = SCHEMA
    held: int | UnsetType = UNSET


_DECODER: Final = msgspec.json.Decoder(Guard)
_ENCODER: Final = msgspec.json.Encoder()


def key(partition: int) -> bytes:
    """The guard's key in the changelog."""
    return b"partition:%d" % partition


def encode(
    offsets: dict[str, int], times: dict[str, int], stage: bytes, held: int | UnsetType = UNSET
) -> bytes:
    """The guard as JSON.

    Raises `Broken` when the stage's part is no JSON: it would only show at the next restore.
    """
    data = _ENCODER.encode(Guard(offsets=offsets, stage=msgspec.Raw(stage), times=times, held=held))
    try:
        _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise Broken(f"the stage's part of the guard is no JSON: {error}") from error
    return data


def decode(data: bytes, where: str) -> Guard:
    """Read a guard back. Raises `Refused` for anything that this build didn't write."""
    try:
        guard = _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise Refused(
            f"the guard in {where} can't be read: {error}; expected what this engine writes; "
            f"was the changelog used by another program? {ANEW}, or use another prefix"
        ) from error
    if guard.schema != SCHEMA:
        raise Refused(
            f"the guard in {where} has schema {guard.schema}, expected {SCHEMA}; "
            "run the build that wrote it, or a newer one"
        )
    return guard


def part(guard: Guard | None) -> bytes | None:
    """The stage's own part; None where there is none, or it isn't known."""
    if guard is None or (data := bytes(guard.stage)) == NOTHING:
        return None
    return data


def starts(
    guard: Guard | None,
    committed: Mapping[str, int | None],
    beginnings: Mapping[str, int],
    ends: Mapping[str, int],
    where: str,
) -> dict[str, int]:
    """Where to read on, per topic: all mappings have the stage's inputs as keys.

    Raises `Refused` when more was committed than the guard knows of, or when the log no longer (or not yet)
    has the offset.
    """
    begin: dict[str, int] = {}
    for topic, told in committed.items():
        offset = None if guard is None else guard.offsets.get(topic)
        if told is not None and (offset is None or told > offset):
            raise Refused(
                f"{where}, topic `{topic}`: the committed offset is {told}, the guard says {_say(offset)}; "
                "they are written together, so the changelog has lost its end, or the offset was changed by "
                f"hand; set the group's offset back to the guard's, or {ANEW}"
            )
        if offset is None:
            begin[topic] = beginnings[topic]
            continue
        if not beginnings[topic] <= offset <= ends[topic]:
            raise Refused(
                f"{where}, topic `{topic}`: the committed offset {offset} is outside the log "
                f"({beginnings[topic]} to {ends[topic]}); input was deleted before it was processed, "
                "or the topic was made anew; what is missing can't be recovered here: "
                "restore the topic, or move the group's offset and the guard by hand"
            )
        begin[topic] = offset
    return begin


def check_held(guard: Guard | None, held: int, where: str) -> None:
    """Raise `Refused` when what was restored isn't all that the guard knows of."""
    if guard is not None and guard.held is not UNSET and guard.held != held:
        raise Refused(
            f"{where}: the changelog has a state of {held} keys, the guard says {guard.held}; part of it was "
            "deleted, or written by another program; see that the topic is only ever compacted "
            "(`goodstanding topics check`), and rebuild it from the ledger with `goodstanding state rebuild`"
        )


def _say(offset: int | None) -> str:
    return "absent" if offset is None else str(offset)
