"""The project's own cases: texts of its own wording, each with what must come of it.

A line is `{"id", "body", "expect": {"case", "mode"}, "trap"}`; `mode` is `enforce`, `review` or `none`,
which is about the guideline whose file it is in; without `case`, any of the guideline's. `before` holds
earlier texts, in the form that `goodstanding screen --texts` reads, and `account_id`, `thread`, `reply_to`
and `time` are as there.

No number that looks real stands in a case: between double braces stands what is put in its place.
`{{card visa seed}}` is a payment card's number whose check digit is right, in groups of four (`{{plaincard
visa seed}}`: without gaps), `{{iban DE seed}}` a bank account's, `{{licencefive seed}}` a licence's key,
`{{ssn seed}}` a social security number; `{{letters 20 seed}}`, `{{upper 16 seed}}`, `{{alnum 36
seed}}`, `{{digits 9 seed}}` and `{{hex 40 seed}}` are characters worked out from the seed, always the same.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

from services.screening.bare import BareText

CASES_SUFFIX: Final = ".jsonl"


class OwnCase(msgspec.Struct, frozen=True):
    """One case of one guideline's file. `case` empty: any; `trap` says what it is easily taken for."""

    guideline: str
    id: str
    text: BareText
    before: tuple[BareText, ...]
    case: str
    mode: Literal["enforce", "review", "none"]
    trap: str


class _Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mode: Literal["enforce", "review", "none"]
    case: str = ""


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    body: str
    expect: _Expect
    trap: str = ""
    account_id: str = ""
    thread: str = ""
    reply_to: str = ""
    time: Any = None
    title: str | None = None
    before: tuple[dict[str, Any], ...] = ()


def read_cases(guideline: str, text: str) -> Iterator[OwnCase]:
    """The cases of one file. Raises `ValueError` that names the line and what is wrong with it."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _case(guideline, msgspec.json.decode(line, type=_Line))
        except (msgspec.MsgspecError, ValueError) as error:
            raise ValueError(f"cases of `{guideline}`, line {number}: {error}; correct the line") from error


def fill(text: str) -> str:
    """The text with its placeholders replaced. Raises `ValueError` for one that doesn't exist."""
    return _PLACEHOLDER.sub(_filled, text)


def _case(guideline: str, line: _Line) -> OwnCase:
    text = _text(
        {
            "id": line.id,
            "body": line.body,
            "account_id": line.account_id,
            "thread": line.thread,
            "reply_to": line.reply_to,
            "time": line.time,
            "title": line.title,
        }
    )
    before = tuple(_text({"id": f"{line.id}-{n}", **earlier}) for n, earlier in enumerate(line.before, 1))
    return OwnCase(guideline, line.id, text, before, line.expect.case, line.expect.mode, line.trap)


def _text(fields: Mapping[str, Any]) -> BareText:
    return msgspec.convert({**fields, "body": fill(fields["body"])}, BareText)


_PLACEHOLDER: Final = re.compile(r"\{\{([a-z]+)((?: [^\s{}]+)*)\}\}")
_ALPHABETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "letters": string.ascii_lowercase,
        "upper": string.ascii_uppercase + "234567",
        "alnum": string.ascii_letters + string.digits,
        "digits": string.digits,
        "hex": "0123456789abcdef",
        "licence": "ABCDEFGHJKLMNPQRSTUVWXYZ23456789",
    }
)
_CARDS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {"visa": ("4539", 16), "mastercard": ("5425", 16), "amex": ("3473", 15), "discover": ("6011", 16)}
)
_LICENCES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"licencefour": (4, 4), "licencefive": (5, 5)}
)
_IBANS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "DE": ("digits", "18"),
        "FR": ("digits", "23"),
        "NL": ("bank", "10"),
        "GB": ("bank", "14"),
        "ES": ("digits", "20"),
    }
)


def _filled(match: re.Match[str]) -> str:
    kind, arguments = match.group(1), match.group(2).split()
    if kind in _ALPHABETS and len(arguments) == 2 and arguments[0].isdigit():
        return _characters(_ALPHABETS[kind], int(arguments[0]), arguments[1])
    if kind in {"card", "plaincard"} and arguments and arguments[0] in _CARDS:
        number = _card(*_CARDS[arguments[0]], " ".join(arguments))
        return number if kind == "plaincard" else " ".join(re.findall(".{1,4}", number))
    if kind in _LICENCES and arguments:
        count, size = _LICENCES[kind]
        letters = _characters(_ALPHABETS["licence"], count * size, " ".join(arguments))
        return "-".join(re.findall(f".{{{size}}}", letters))
    if kind == "ssn" and arguments:
        digits = _characters("12345678", 8, " ".join(arguments))
        return f"5{digits[:2]}-{digits[2:4]}-{digits[4:]}"
    if kind == "iban" and arguments and arguments[0] in _IBANS:
        return _iban(arguments[0], " ".join(arguments))
    raise ValueError(f"no placeholder `{match.group()}`; see services/screening/evaluation/own_cases.py")


def _characters(alphabet: str, count: int, seed: str) -> str:
    drawn: list[str] = []
    block = 0
    while len(drawn) < count:
        digest = sha256(f"{seed}:{block}".encode()).digest()
        drawn += [alphabet[byte % len(alphabet)] for byte in digest]
        block += 1
    return "".join(drawn[:count])


def _card(prefix: str, length: int, seed: str) -> str:
    digits = prefix + _characters(string.digits, length - len(prefix) - 1, seed)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)


def _iban(country: str, seed: str) -> str:
    kind, count = _IBANS[country]
    bank = "FAKE" if kind == "bank" else ""
    account = bank + _characters(string.digits, int(count), seed)
    number = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


def all_cases(files: Mapping[str, str]) -> Iterable[OwnCase]:
    """The cases of files by guideline."""
    for guideline in sorted(files):
        yield from read_cases(guideline, files[guideline])
