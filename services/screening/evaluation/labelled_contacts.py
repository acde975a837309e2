"""Public sets that measure what isn't about words: selling, personal numbers and addresses, secrets.

Where a source is a list or a set of rules and not of texts, texts are made of it here, in this project's
wording and always the same: what is measured then is how well such things are found, not how people write
about them.
"""

from __future__ import annotations

import csv
import json
import re
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from services.screening.evaluation.labelled import LabelledSet, LabelledText, Measure
from services.screening.evaluation.samples import sample, satisfies

_KINDS: Final[Mapping[str, str]] = {
    "EMAIL_ADDRESS": "email",
    "CREDIT_CARD": "card",
    "US_SSN": "ssn",
    "IBAN_CODE": "iban",
    "PHONE_NUMBER": "phone",
    "STREET_ADDRESS": "street",
}
DOMAINS_EVERY: Final = 20
"""One domain of so many is made into a text."""
SAMPLES_PER_RULE: Final = 3
ATTEMPTS_MAX: Final = 1_000
"""Texts that are made for one rule before it is given up."""


def _youtube(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Comments under music videos, as they were exported."""
    for path, file in files.items():
        for row in csv.DictReader(file.splitlines(keepends=True)):
            yield LabelledText(
                row["COMMENT_ID"],
                row["CONTENT"],
                {"spam": row["CLASS"] == "1"},
                thread=path.rpartition("/")[2],
            )


def _presidio(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """Sentences filled with made-up persons, addresses and numbers. Counted by sentence."""
    for number, row in enumerate(_rows(files)):
        kinds = {span["entity_type"] for span in row["spans"]}
        truth = {name: kind in kinds for kind, name in _KINDS.items()}
        yield LabelledText(f"presidio-{number}", row["full_text"], truth)


def _evasions(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """The sentences of the same set that have an e-mail address, each written so as to hide it."""
    for number, row in enumerate(_rows(files)):
        text = row["full_text"]
        for span in row["spans"]:
            if span["entity_type"] != "EMAIL_ADDRESS":
                continue
            before, after = text[: span["start_position"]], text[span["end_position"] :]
            for name, hidden in _hidden(span["entity_value"]):
                yield LabelledText(
                    f"evasion-{number}-{name}", f"{before}{hidden}{after}", {f"email {name}": True}
                )


def _hidden(address: str) -> Iterator[tuple[str, str]]:
    local, _, domain = address.partition("@")
    yield "look-alike letters", address.replace("a", "\u0430").replace("e", "\u0435").replace("o", "\u043e")
    yield "zero width", "\u200b".join(address)
    yield "URL-encoded", address.replace("@", "%40")
    yield "in words", f"{local} (at) {domain.replace('.', ' (dot) ')}"
    yield (
        "full width",
        "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in address),
    )


def _phones(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """The example of each country's mobile and fixed numbers, written with and without spaces."""
    for file in files.values():
        for territory in re.finditer(
            r"<territory id=\"(\w+)\"[^>]*countryCode=\"(\d+)\".*?</territory>", file, re.DOTALL
        ):
            region, code = territory.group(1), territory.group(2)
            for kind in ("fixedLine", "mobile", "tollFree"):
                example = re.search(
                    rf"<{kind}>.*?<exampleNumber>(\d+)</exampleNumber>.*?</{kind}>",
                    territory.group(),
                    re.DOTALL,
                )
                if example is None or (kind == "tollFree" and region == "001"):
                    continue
                number = example.group(1)
                for form, written in (("plain", number), ("spaced", " ".join(re.findall(r".{1,3}", number)))):
                    yield LabelledText(
                        f"phone-{region}-{code}-{kind}-{form}",
                        f"You reach her in the evening on +{code} {written}, she picks up.",
                        {"phone": True} if kind != "tollFree" else {"hotline": True},
                    )


def _domains(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """An address at some of the domains of a list of providers of throw-away addresses."""
    for file in files.values():
        for number, domain in enumerate(file.split()):
            if number % DOMAINS_EVERY == 0:
                yield LabelledText(
                    f"domain-{domain}", f"His private mail is dana.reed@{domain} I think", {"email": True}
                )


def _secrets(files: Mapping[str, str]) -> Iterable[LabelledText]:
    """For each rule of a scanner, texts that are made to satisfy its expression."""
    for file in files.values():
        for rule in tomllib.loads(file)["rules"]:
            if "regex" not in rule:
                continue
            for number in range(SAMPLES_PER_RULE):
                made = _example(rule, number)
                if _DIGEST.fullmatch(made.strip()):
                    continue  # one rule takes any digest for a token, and the community's must not
                yield LabelledText(
                    f"secret-{rule['id']}-{number}", f"It fails with this: {made} ", {"secret": True}
                )


def _example(rule: Mapping[str, Any], number: int) -> str:
    """A text that satisfies a rule, and isn't what the rule itself lets pass: a template, an empty value."""
    expression = _named(rule["regex"], number)
    passes = [
        re.compile(allowed.replace(r"\z", r"\Z"))  # as Go writes it
        for allowlist in rule.get("allowlists", ())
        if "paths" not in allowlist
        for allowed in allowlist.get("regexes", ())
    ]
    for attempt in range(ATTEMPTS_MAX):
        made = sample(expression, f"{rule['id']}-{number}" + f"-{attempt}" * bool(attempt))
        if satisfies(expression, f"{made} ") and not any(allowed.search(made) for allowed in passes):
            return made
    raise ValueError(f"rule `{rule['id']}`: none of {ATTEMPTS_MAX} texts made for it satisfies it")


_DIGEST: Final = re.compile(r"[0-9a-fA-F]{40}(?:\\n|\\r|[`'\";])?")
_OPEN_NAME: Final = r"[\w.-]{0,50}?"
_OPEN_GAP: Final = r"(?:[ \t\w.-]{0,20})"
_GAPS: Final = ("_token", "Token", "_API_KEY")


def _named(expression: str, number: int) -> str:
    """A rule's expression with what it leaves open written as the name of a setting, as its examples are."""
    if "passw(?:or)" not in expression and re.search(r"(?i)password|contribsys", expression):
        return expression.replace(_OPEN_NAME, "").replace(_OPEN_GAP, "")
    return expression.replace(_OPEN_NAME, "").replace(_OPEN_GAP, _GAPS[number % len(_GAPS)])


def _no_secrets(_files: Mapping[str, str]) -> Iterable[LabelledText]:
    """What is as long and as random as a secret and is none. Made here; needs no file."""
    for number in range(60):
        for name, text in _harmless(str(number)):
            yield LabelledText(f"harmless-{name}-{number}", text, {"secret": False, "number": False})


def _harmless(seed: str) -> Iterator[tuple[str, str]]:
    hexa, digits = _drawn("0123456789abcdef", 64, seed), _drawn(string.digits, 40, seed)
    uuid = f"{hexa[:8]}-{hexa[8:12]}-4{hexa[13:16]}-a{hexa[17:20]}-{hexa[20:32]}"
    letters = _drawn(string.ascii_letters + string.digits, 40, seed)
    yield "uuid", f"The request id was {uuid}, does anybody see it in the logs?"
    yield "insert id", f"insert_id: {uuid} came twice"
    yield "md5", f"checksum {hexa[:32]} doesn't match"
    yield "sha1", f"It broke with commit {hexa[:40]} on main"
    yield "sha256", f"image digest sha256:{hexa} was pulled"
    yield "isbn", f"The book is ISBN 978-{digits[0]}-{digits[1:5]}-{digits[5:9]}-{digits[9]}"
    yield "version", f"We run version {digits[0]}.{digits[1:3]}.{digits[3]}-rc{digits[4]} of the SDK"
    yield "order", f"Order number 10{digits[:10]} has not arrived"
    yield "tracking", f"tracking 1Z{letters[:16].upper()} says delivered"
    yield "timestamp", f"distinct_id {digits[:10]} at 17{digits[:11]} in milliseconds"
    yield "file", f"see figure_{letters[:20]}.png attached"
    yield "page", f"https://docs.example.org/guides/{letters[:24].lower()}?page={digits[0]}"
    yield "integrity", f'integrity="sha384-{_drawn(string.ascii_letters + string.digits + "+/", 64, seed)}"'


def _drawn(alphabet: str, count: int, seed: str) -> str:
    data = b"".join(sha256(f"{seed}:{block}".encode()).digest() for block in range(count // 32 + 1))
    return "".join(alphabet[byte % len(alphabet)] for byte in data[:count])


def _rows(files: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for file in files.values():
        yield from json.loads(file)


def _identifier(name: str, precision: float, recall: float, note: str = "") -> Measure:
    return Measure(
        name, ("privacy",), classes=frozenset({name}), either_precision=precision, recall=recall, note=note
    )


SETS: Final = (
    LabelledSet(
        "youtube_spam",
        "Comments under music videos",
        "UCI YouTube Spam Collection",
        "believed CC BY 4.0, used for measuring only",
        ("youtube_spam/*.csv",),
        _youtube,
        (Measure("spam", ("no-selling", "no-spam"), f1=93),),
    ),
    LabelledSet(
        "presidio_research",
        "Sentences with made-up personal data",
        "microsoft/presidio-research",
        "MIT",
        ("presidio_research/synth_dataset_v2.json",),
        _presidio,
        (
            _identifier("email", 98, 95),
            _identifier("card", 98, 95),
            _identifier("ssn", 98, 95),
            _identifier("iban", 98, 95),
            _identifier("phone", 0, 85),
            _identifier("street", 95, 50),
        ),
    ),
    LabelledSet(
        "presidio_evasions",
        "The same e-mail addresses, hidden",
        "microsoft/presidio-research",
        "MIT",
        ("presidio_research/synth_dataset_v2.json",),
        _evasions,
        tuple(
            Measure(f"email {name}", ("privacy",), classes=frozenset({"email"}), recall=95)
            for name in ("look-alike letters", "zero width", "URL-encoded", "in words", "full width")
        ),
    ),
    LabelledSet(
        "libphonenumber",
        "Example numbers of every country",
        "google/libphonenumber",
        "Apache-2.0",
        ("libphonenumber/PhoneNumberMetadata.xml",),
        _phones,
        (
            _identifier("phone", 0, 85),
            Measure(
                "hotline", ("privacy",), classes=frozenset({"phone"}), note="toll-free: to be left alone"
            ),
        ),
    ),
    LabelledSet(
        "domains",
        "Addresses at throw-away providers",
        "disposable-email-domains",
        "CC0",
        ("domains/disposable_email_blocklist.conf",),
        _domains,
        (_identifier("email", 0, 95),),
    ),
    LabelledSet(
        "secrets",
        "Texts made of a secret scanner's rules",
        "gitleaks/gitleaks",
        "MIT",
        ("secrets/gitleaks.toml",),
        _secrets,
        (Measure("secret", ("privacy",), classes=frozenset({"secret", "password"}), recall=100),),
    ),
    LabelledSet(
        "no_secrets",
        "Identifiers, digests, versions and order numbers",
        "made here",
        "Apache-2.0",
        (),
        _no_secrets,
        (
            Measure(
                "secret", ("privacy",), classes=frozenset({"secret", "password"}), note="nothing to find"
            ),
            Measure("number", ("privacy",), note="nothing to find"),
        ),
    ),
)
"""In the order of the report."""
