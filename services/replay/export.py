"""The exported ledger: lines that say all that is needed to verify it, the same bytes for the same ledger.

{"export":"goodstanding-ledger","schema":1,"prefix":"","partitions":2}
{"policy":"<version>","text":{…}}         its canonical form, which hashes to the version; by version
{"partition":0}
{"entity":…}                              each entry's exact bytes, in order
{"partition":1}
{"heads":{"0":{"count":…,"hash":"…"},…}}  the last line: without it, the file was cut off
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from events.ids import digest
from events.policy import Policy, load_canonical
from services.replay.chain import Fault, Head, Position, shown
from services.replay.verify import Deciders, Report, Verifier

EXPORT_NAME: Final = "goodstanding-ledger"
EXPORT_SCHEMA: Final = 1
ENTRY_START: Final = b'{"entity":'


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line. `prefix` is that of the topics, which the first entries' `previous` is made from."""

    export: str
    schema: int
    prefix: str
    partitions: int


class PolicyLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One policy's text."""

    policy: str
    text: msgspec.Raw


class PartitionLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entries of this partition follow."""

    partition: int


class HeadsLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line, and the only one of a file of heads."""

    heads: dict[int, Head]


Line = Header | PolicyLine | PartitionLine | HeadsLine | bytes

_encoder: Final = msgspec.json.Encoder()
_header: Final = msgspec.json.Decoder(Header)
_policy: Final = msgspec.json.Decoder(PolicyLine)
_partition: Final = msgspec.json.Decoder(PartitionLine)
_heads: Final = msgspec.json.Decoder(HeadsLine)


class ExportError(Exception):
    """A line of an exported file can't be read; the message says which."""


def write_header(prefix: str, partitions: int) -> bytes:
    """The first line."""
    return _encoder.encode(Header(EXPORT_NAME, EXPORT_SCHEMA, prefix, partitions)) + b"\n"


def write_policies(policies: Mapping[str, Policy]) -> Iterator[bytes]:
    """A line for each policy, in the order of versions."""
    for version in sorted(policies):
        yield _encoder.encode(PolicyLine(version, msgspec.Raw(policies[version].canonical))) + b"\n"


def write_partition(partition: int) -> bytes:
    """The line before a partition's entries."""
    return _encoder.encode(PartitionLine(partition)) + b"\n"


def write_heads(heads: Mapping[int, Head]) -> bytes:
    """The last line."""
    return _encoder.encode(HeadsLine(dict(sorted(heads.items())))) + b"\n"


def read_line(number: int, line: bytes) -> Line:
    """One line of an export: an entry comes back as its bytes. Raises `ExportError`."""
    line = line.removesuffix(b"\n")
    if line.startswith(ENTRY_START):
        return line
    decoders: dict[bytes, msgspec.json.Decoder[Any]] = {
        b'{"export"': _header,
        b'{"policy"': _policy,
        b'{"partit': _partition,
        b'{"heads"': _heads,
    }
    decoder = next((known for start, known in decoders.items() if line.startswith(start)), None)
    if decoder is None:
        raise ExportError(
            f"line {number}: this is no line of an exported ledger; was the file changed or cut off?"
        )
    try:
        found: Line = decoder.decode(line)
    except msgspec.DecodeError as error:
        raise ExportError(f"line {number}: {error}; was the file changed or cut off?") from error
    return found


def read_heads(text: bytes) -> dict[int, Head]:
    """The heads that were kept in a file of their own. Raises `ExportError`."""
    found = read_line(1, text.strip())
    if not isinstance(found, HeadsLine):
        raise ExportError(
            'this holds no heads; expected one line `{"heads":{…}}`, '
            "as `goodstanding ledger heads --json` prints it"
        )
    return dict(found.heads)


def verify_lines(
    lines: Iterable[bytes], deciders: Deciders, recorded: Iterable[Mapping[int, Head]] = ()
) -> Report:
    """Verify an exported file, given as its lines. Raises `ExportError` for what is no export at all."""
    numbered = enumerate(lines, start=1)
    number, first = next(numbered, (1, b""))
    header = read_line(number, first)
    if not isinstance(header, Header):
        raise ExportError(
            "line 1: this is no exported ledger; expected what `goodstanding ledger export` writes"
        )
    if header.export != EXPORT_NAME or header.schema != EXPORT_SCHEMA:
        raise ExportError(
            f"line 1: an export `{header.export}` of schema {header.schema}; this build reads "
            f"`{EXPORT_NAME}` of schema "
            f"{EXPORT_SCHEMA}"
        )
    return _Reader(header, deciders, recorded).read(numbered)


class _Reader:
    """Goes through an export once."""

    def __init__(self, header: Header, deciders: Deciders, recorded: Iterable[Mapping[int, Head]]) -> None:
        self._policies: dict[str, Policy] = {}
        self._verifier = Verifier(deciders, self._policies, prefix=header.prefix, recorded=recorded)
        self._partitions = header.partitions
        self._partition = -1
        self._offset = 0
        self._ended = False

    def read(self, lines: Iterable[tuple[int, bytes]]) -> Report:
        for number, line in lines:
            fault = self._take(number, read_line(number, line))
            if fault is not None:
                return self._stopped(fault)
        report = self._verifier.report()
        if report.whole and not self._ended:
            at = Position(max(self._partition, 0), self._offset)
            return self._stopped(
                Fault(at, "the export ends without its heads: it was cut off here; export it again")
            )
        return report

    def _take(self, number: int, line: Line) -> Fault | None:
        if self._ended:
            return Fault(
                Position(self._partition, self._offset),
                f"line {number} stands after the heads, which are the last line",
            )
        if isinstance(line, bytes):
            return self._entry(line)
        if isinstance(line, PartitionLine):
            return self._next_partition(line.partition)
        if isinstance(line, PolicyLine):
            return self._policy(number, line)
        if isinstance(line, HeadsLine):
            self._ended = True
            return self._end(line.heads)
        return Fault(Position(self._partition, self._offset), f"line {number} is a second header")

    def _entry(self, data: bytes) -> Fault | None:
        if self._partition < 0:
            return Fault(Position(0, 0), "an entry stands before the line that says which partition it is in")
        fault = self._verifier.take(self._partition, self._offset, data)
        self._offset += 1
        return fault

    def _next_partition(self, partition: int) -> Fault | None:
        if partition != self._partition + 1 or partition >= self._partitions:
            return Fault(
                Position(partition, 0),
                f"partition {partition} follows {self._partition}; "
                f"expected all from 0 to {self._partitions - 1}, in order",
            )
        self._partition, self._offset = partition, 0
        self._verifier.partition(partition)
        return None

    def _policy(self, number: int, line: PolicyLine) -> Fault | None:
        text, at = bytes(line.text), Position(max(self._partition, 0), self._offset)
        if digest(text) != line.policy:
            return Fault(
                at,
                f"line {number}: the text of policy {shown(line.policy)} was changed: "
                f"it hashes to {shown(digest(text))}",
            )
        try:
            self._policies[line.policy] = load_canonical(text)
        except ValidationError as error:
            return Fault(
                at, f"line {number}: policy {shown(line.policy)} can't be read by this build: {error}"
            )
        return None

    def _end(self, heads: Mapping[int, Head]) -> Fault | None:
        at = Position(max(self._partition, 0), self._offset)
        expected = list(range(self._partitions))
        if self._partition != self._partitions - 1 or sorted(heads) != expected:
            return Fault(
                at,
                f"it has partitions up to {self._partition}, heads of {sorted(heads)}; expected {expected}",
            )
        have = self._verifier.heads
        for partition in expected:
            if have[partition] != heads[partition]:
                return _other_head(partition, have[partition], heads[partition])
        return None

    def _stopped(self, fault: Fault) -> Report:
        return msgspec.structs.replace(self._verifier.report(), fault=fault)


def _other_head(partition: int, have: Head, said: Head) -> Fault:
    last = Position(partition, max(min(have.count, said.count) - 1, 0))
    if have.count != said.count:
        what = (
            f"{have.count} entries stand here and {said.count} were recorded: "
            "some were removed or added at the end"
        )
    else:
        what = f"the last entry was changed: it hashes to {shown(have.hash)}, not {shown(said.hash)}"
    return Fault(last, what)
