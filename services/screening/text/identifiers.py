"""What numbers, addresses and secrets look like, and the checks that tell them from what only looks so.

Expressions say where a candidate may be, in folded text; the functions answer with its one form, or None.
"""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType
from pydantic_core import PydanticCustomError
from pydantic_extra_types.payment import PaymentCardNumber

from services.screening.text.matching import Pattern

EMAIL: Final = Pattern(
    "email",
    r"[a-z0-9_%+-](?:@|%40)[a-z0-9]|\b(?:at|[(\[]at[)\]])\b.{1,40}\b(?:dot|[(\[]dot[)\]])",
    exact=re.compile(
        r"(?<![a-z0-9._%+@/-])(?P<local>[a-z0-9][a-z0-9._%+-]{0,63})(?:@|%40| ?[(\[{] ?(?:at|@) ?[)\]}] ?| at )"
        r"(?P<domain>(?:[a-z0-9-]{1,63}(?:\.| ?[(\[{] ?(?:dot|\.) ?[)\]}] ?| dot )){1,5}[a-z]{2,24})(?![a-z0-9@])"
    ),
)
CARD: Final = Pattern(
    "card",
    r"[0-9](?:[ -]?[0-9]){12}",
    exact=re.compile(r"(?<![a-z0-9_#./=-])[0-9](?:[ -]?[0-9]){12,18}(?![a-z0-9_]|[.-][0-9])"),
)
SSN: Final = Pattern(
    "ssn",
    r"[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}",
    exact=re.compile(r"(?<![a-z0-9_#./=-])([0-9]{3})([- ])([0-9]{2})\2([0-9]{4})(?![a-z0-9_]|[.-][0-9])"),
)
IBAN: Final = Pattern(
    "iban",
    r"\b[a-z]{2}[0-9]{2}[ -]?[a-z0-9]{4}",
    exact=re.compile(
        r"(?<![a-z0-9])[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?(?![a-z0-9])"
    ),
)
PHONE: Final = Pattern(
    "phone",
    r"[0-9][0-9 ().-]{5}[0-9 ().-]*[0-9]",
    exact=re.compile(
        r"(?<![a-z0-9_#=/.@-])(?:\+ ?|00)?[(]?[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?: ?(?:x|ext\.?) ?[0-9]{1,5})?(?![a-z0-9_@%]|[./:-][0-9a-z])"
    ),
)
STREET: Final = Pattern(
    "street",
    r"\b[0-9]{1,5}[ ][a-z]{2,20}[ ](?:[a-z]{2,20}[ ]){0,2}(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|terrace|place|pl|highway|hwy)\b",
)
SECRETS: Final = (
    Pattern(
        "secret",
        r"\b(?:akia|asia)[0-9a-z]{4}",
        "an access key of a cloud",
        re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ),
    Pattern(
        "secret",
        r"\bgh[pousr]_[0-9a-z]{4}|\bgithub_pat_",
        "a token of a code host",
        re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,90})\b"),
    ),
    Pattern(
        "secret", r"\bglpat-[0-9a-z]{4}", "a token of a code host", re.compile(r"\bglpat-[0-9A-Za-z_-]{20}\b")
    ),
    Pattern(
        "secret",
        r"\bxox[abeprs]-[0-9a-z]",
        "a token of a chat service",
        re.compile(r"\bxox[abeprs]-(?:[0-9A-Za-z]+-){1,5}[0-9A-Za-z]{10,}\b"),
    ),
    Pattern(
        "secret",
        r"hooks\.slack\.com/services/",
        "a webhook's address",
        re.compile(r"hooks\.slack\.com/services/T[0-9A-Z]{6,12}/B[0-9A-Z]{6,12}/[0-9A-Za-z]{20,28}"),
    ),
    Pattern("secret", r"\baiza[0-9a-z_-]{4}", "an API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    Pattern(
        "secret",
        r"\b[sr]k_live_[0-9a-z]",
        "a key of a payment service",
        re.compile(r"\b[sr]k_live_[0-9A-Za-z]{16,99}\b"),
    ),
    Pattern(
        "secret",
        r"\bsk-(?:proj-|ant-)?[0-9a-z_-]{4}",
        "an API key",
        re.compile(r"\bsk-(?:proj-|ant-[a-z0-9]+-)?[0-9A-Za-z_-]{32,200}"),
    ),
    Pattern(
        "secret",
        r"\bsg\.[0-9a-z_-]{4}",
        "a key of a mail service",
        re.compile(r"\bSG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}"),
    ),
    Pattern(
        "secret",
        r"\bnpm_[0-9a-z]{4}|\bpypi-[0-9a-z]{4}",
        "a token of a package registry",
        re.compile(r"\bnpm_[0-9A-Za-z]{36}\b|\bpypi-[0-9A-Za-z_-]{50,300}"),
    ),
    Pattern(
        "secret",
        r"-----begin [a-z0-9 ]{0,40}private key",
        "a private key",
        re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]{40,8000}?(?:-----END|\Z)"),
    ),
    Pattern(
        "secret",
        r"\beyj[0-9a-z_-]{4}",
        "a signed token",
        re.compile(r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}"),
    ),
    Pattern(
        "secret",
        r"://[^/\s:@]{1,40}:[^/\s:@]",
        "a password within an address",
        re.compile(r"://[^/\s:@]{1,64}:([^/\s:@<>{}$*]{4,128})@[a-zA-Z0-9.-]+"),
    ),
    Pattern(
        "secret",
        r"(?:api|access|secret|auth|private|client)[_ -]?(?:key|token|secret)[\"']?[ ]{0,2}(?:=|:|is)",
        "a key or token",
        re.compile(
            r"(?i)(?:api|access|secret|auth|private|client)[_ -]?(?:key|token|secret)[\"']?[ ]{0,2}(?:=>|:=|=|:|is)[ ]{0,2}[\"']?([0-9A-Za-z_/+=.-]{20,200})"
        ),
    ),
)
"""Secrets are looked for in folded text and found in the original, since capitals matter.

`term` says what it is.
"""

PASSWORD: Final = Pattern(
    "password",
    r"\b(?:password|passwd|passphrase|pwd|passcode)\b[\"']?[ ]{0,2}(?:=|:|is\b)",
    exact=re.compile(
        r"\b(?:password|passwd|passphrase|pwd|passcode)[\"']?[ ]{0,2}(?:=|:|is:?)[ ]{0,2}[\"'`]?([^\s\"'`,;<>(){}\[\]]{4,64})"
    ),
)
PHONE_WRITTEN: Final = re.compile(r"[(][0-9]{3}[)] ?[0-9]{3}[ .-][0-9]{4}|[0-9]{3}([.-])[0-9]{3}\1[0-9]{4}")
"""How only telephone numbers are written, even without a word that says so."""
_NO_PASSWORD: Final = re.compile(
    r"\A(?:[*x.#_-]+|your.*|my.*|the|not|set|wrong|incorrect|invalid|expired|required|correct|too|reset|changed|stored|hashed|null|none|true|false|changeme|"
    r"password.*|secret|example.*|str|string|os|env.*|process.*|config.*|settings.*|self|\$.*|%.*|being|needed|missing|empty|optional|never|also|still|now|"
    r"same|different|easy|hard|weak|strong|encrypted|sent|asked|in|on|to|a|an|what|very|only|always|working|unknown|there|here|protected|field|visible|shown)\W*\Z"
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)example|xxxx|your[_-]?|<|\.\.\.|placeholder|redacted|dummy|sample|0{8}|1234567890|abcdefgh|test[_-]?key|changeme"
)
_TEST_CARDS: Final = frozenset(
    {
        "4111111111111111",
        "4242424242424242",
        "4012888888881881",
        "4000056655665556",
        "5555555555554444",
        "5105105105105100",
        "5200828282828210",
        "2223003122003222",
        "378282246310005",
        "371449635398431",
        "378734493671000",
        "6011111111111117",
        "6011000990139424",
        "3056930009020004",
        "30569309025904",
        "38520000023237",
        "3530111333300000",
        "3566002020360505",
        "6200000000000005",
        "4000000000000002",
        "4222222222222",
    }
)
"""Numbers that payment services publish for tests."""
_ADVERTISED_SSNS: Final = frozenset(
    {"078051120", "123456789", "111111111", "222222222", "333333333", "444444444", "555555555"}
)
_IBAN_CHARS_MIN: Final = 15
_IBAN_CHARS_MAX: Final = 34
_HOTLINES: Final = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
    }
)


def card_number(candidate: str) -> str | None:
    """The digits of a payment card; None for what can't be one, and for numbers published for tests."""
    digits = re.sub(r"[ -]", "", candidate)
    if digits in _TEST_CARDS or len(set(digits)) < 4:
        return None
    try:
        card = PaymentCardNumber(digits)
    except (PydanticCustomError, ValueError):
        return None
    return digits if str(card.brand) != "other" else None


def ssn_number(candidate: str) -> str | None:
    """The nine digits of a US social security number; None for areas, groups and serials that were never given out."""
    digits = re.sub(r"[ -]", "", candidate)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if (
        area in {"000", "666"}
        or area >= "900"
        or group == "00"
        or serial == "0000"
        or digits in _ADVERTISED_SSNS
    ):
        return None
    return digits


def iban_number(candidate: str) -> str | None:
    """An IBAN without spaces; None where its check digits are wrong."""
    iban = re.sub(r"[ -]", "", candidate).upper()
    if not _IBAN_CHARS_MIN <= len(iban) <= _IBAN_CHARS_MAX:
        return None
    number = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return iban if int(number) % 97 == 1 else None


def phone_number(candidate: str, region: str) -> str | None:
    """A telephone number as E.164; None for numbers that aren't given out, and for hotlines."""
    try:
        # `00` is dialled before the country in most of the world, and people write it for `+` everywhere.
        parsed = phonenumbers.parse(re.sub(r"\A00", "+", candidate), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) in _HOTLINES:
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def is_fictional(number: str) -> bool:
    """Whether an E.164 number is kept for fiction in North America."""
    return number.startswith("+1") and number[5:10] == "55501"


def password_certainty(candidate: str) -> int:
    """How sure it is, in percent, that what stands after "password is" is one rather than the rest of a sentence; 0: it isn't."""
    if _NO_PASSWORD.match(candidate) or _PLACEHOLDER.search(candidate):
        return 0
    kinds = sum(bool(re.search(kind, candidate)) for kind in ("[a-z]", "[0-9]", r"[^a-z0-9.]"))
    return 95 if kinds > 1 and re.search("[0-9]", candidate) else 60 if kinds > 1 else 0


def is_secret(candidate: str) -> bool:
    """Whether it isn't one of the placeholders that documentation shows."""
    return not _PLACEHOLDER.search(candidate)
