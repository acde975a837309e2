"""What numbers and addresses look like, and the checks that tell them from what only looks so.

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
    r"[a-z0-9_%+-](?:@|%40)[a-z0-9]|\bdot\b|[(\[]at[)\]]",
    exact=re.compile(
        r"(?<![a-z0-9._%+@/-])(?P<local>[a-z0-9][a-z0-9._%+-]{0,63})(?:@|%40| ?[(\[{] ?(?:at|@) ?[)\]}] ?|"
        r" at )"
        r"(?P<domain>(?:[a-z0-9-]{1,63}(?:\.| ?[(\[{] ?(?:dot|\.) ?[)\]}] ?|"
        r" dot )){1,5}[a-z]{2,24})(?![a-z0-9@])"
    ),
)
CARD: Final = Pattern(
    "card",
    r"[0-9](?:[ -]?[0-9]){11}",
    exact=re.compile(r"(?<![a-z0-9_#./=-])[0-9](?:[ -]?[0-9]){11,18}(?![a-z0-9_]|[.-][0-9])"),
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
    r"[0-9][0-9 ().-]{6}",
    exact=re.compile(
        r"(?<![a-z0-9_#=/.@-])(?:\+ ?|00)?[(]?[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?: ?(?:x|"
        r"ext\.?) ?[0-9]{1,5})?(?![a-z0-9_@%]|[./:-][0-9a-z])"
    ),
)
STREET: Final = Pattern(
    "street",
    r"\b[0-9]{1,5}[ ][a-z]{2,20}[ ](?:[a-z]{2,20}[ ]){0,2}(?:street|st|avenue|ave|road|rd|boulevard|blvd|"
    r"lane|ln|drive|"
    r"dr|court|ct|terrace|place|pl|highway|hwy|strasse|platz|weg|utca)\b"
    r"|\b(?:rua|rue|via|calle|avenida|piazza|plaza)[ ](?:[a-z]{2,20}[ ]){1,3}[0-9]{1,5}\b"
    r"|\b[a-z]{3,20}(?:strasse|gasse|weg|straat|katu|vej)[ ][0-9]{1,4}\b"
    r"|\b[0-9]{1,6}[ ](?:[a-z]{2,20}[ ]){1,3}(?:[0-9]{1,5}[ ,\n]{1,3})?(?:apt|suite)[. ]{1,2}[0-9]{1,5}\b",
)
PHONE_WRITTEN: Final = re.compile(r"[(][0-9]{3}[)] ?[0-9]{3}[ .-][0-9]{4}|[0-9]{3}([.-])[0-9]{3}\1[0-9]{4}")
"""How only telephone numbers are written, even without a word that says so."""
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
DIGITS_MIN: Final = 8
DIGITS_MAX: Final = 13
"""Of a national telephone number, trunk prefix included."""
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
        PaymentCardNumber(digits)
    except (PydanticCustomError, ValueError):
        return None
    return digits


def is_branded(card: str) -> bool:
    """Whether a card's digits begin and are as many as those of the large schemes."""
    return str(PaymentCardNumber(card).brand) != "other"


def ssn_number(candidate: str) -> str | None:
    """The nine digits of a US social security number.

    None for areas, groups and serials that were never given out.
    """
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


def is_foreign_number(digits: str, region: str) -> bool:
    """Whether digits that are no number of the region can be another country's."""
    try:
        at_home = phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        at_home = False
    return not at_home and DIGITS_MIN <= len(digits) <= DIGITS_MAX and len(set(digits)) > 2


def is_fictional(number: str) -> bool:
    """Whether an E.164 number is kept for fiction in North America."""
    return number.startswith("+1") and number[5:10] == "55501"
