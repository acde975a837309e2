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
    r"[a-z0-9_%+-](?:@|%40|&#0?64;|&commat;)[a-z0-9]|\bdot\b|[(\[{<]at[)\]}>]",
    exact=re.compile(
        r"(?<![a-z0-9._%+@/-])(?P<local>[a-z0-9][a-z0-9._%+-]{0,63}?)(?:@|%40|&#0?64;|&commat;| "
        r"?[(\[{<] ?(?:at|@) ?[)\]}>] ?|"
        r" at )"
        r"(?P<domain>(?:[a-z0-9-]{1,63}(?:\.|%2e| ?[(\[{<] ?(?:dot|\.) ?[)\]}>] ?|"
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
    r"[0-9](?:[ ().-]{0,2}[0-9]){6}",
    exact=re.compile(
        r"(?<![a-z0-9_#=/.@-])(?:\+ ?|00)?[(]?[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?: ?(?:x|"
        r"ext\.?) ?[0-9]{1,5})?(?![a-z0-9_@%]|[./:-][0-9a-z])"
    ),
)
_WORD: Final = r"[^\W\d_](?:\w?\w?\.|[\w'-]{1,24})"
_NO_NAME: Final = (
    r"(?:the|a|an|in|on|of|off|to|my|your|our|their|his|her|its|this|that|these|those|and|or|for|from|at|by|with|is|are|"
    r"was|were|be|more|most|other|people|guys|men|women|kids|cars|times|time|minutes|min|mins|hours|hour|days|day|"
    r"weeks|months|years|year|feet|miles|mile|km|meters|blocks|lanes|lane|out|into|down|across|over|per|percent|old|"
    r"different|dollars|bucks|points|seconds|steps|different|dead|way|ways|am|pm|if|when|while|as|up|all|some|any|no|not|so|but|against|do|does|did|felt|bit|shot|wheel|star|page|pages|which|it|he|she|they|we|you|i|"
    r"hit|won|lost|became|becomes|has|have|had|can|will|would|just|only|even|also|then|than|like|one|two|three|new|big|test)"
)
_NAME: Final = rf"(?!{_NO_NAME}\b){_WORD}"
_ROADS: Final = (
    r"(?:(?:street|avenue|ave|road|rd|boulevard|blvd|terrace|highway|hwy|parkway|pkwy|crescent|strasse|platz|utca)\b|"
    r"(?:st|str|lane|ln|drive|dr|court|ct|place|pl|close|square|sq|circle|alley|way|weg)\b"
    r"(?=\.?[ ]{0,2}(?:[,;.\n)]|\Z|apt|suite|unit|#|[0-9]|in\b|at\b|near\b|the first|after\b|last\b))|"
    r"(?:ter|ut|utja|u)\b\.? ?[0-9])"
)
_WAYS: Final = (
    r"(?:rua|rue|via|calle|avenida|avda|avenue|piazza|plaza|ulica|ul|strada|rruga|rr|praca|passeio|boulevard)"
)
_GLUED: Final = (
    r"(?:strasse|gasse|allee|weg|straat|laan|plein|gracht|katu|kuja|tie|polku|gatan|gata|gate|vegen|veien|vagen|vej|"
    r"vaenget|gade|utca|braut|stigur)"
)
STREET: Final = Pattern(
    "street",
    r"[0-9][ ,.]{1,2}[^0-9\n]{2,60}[ ](?:street|st|str|avenue|ave|road|rd|boulevard|blvd|lane|ln|"
    r"drive|dr|court|ct|terrace|"
    r"place|pl|highway|hwy|parkway|pkwy|crescent|close|square|sq|circle|alley|way|strasse|platz|weg|utca|ter|ut|u)\b"
    r"|\b(?:rua|rue|via|calle|avenida|avda|avenue|piazza|plaza|ulica|ul|strada|rruga|rr|praca|passeio|boulevard)\b[^0-9\n]{3,60}[0-9]"
    r"|[0-9][ ](?:rua|rue|calle|avenida|avda|avenue|ulica|ul)\b"
    r"|(?:strasse|gasse|allee|weg|straat|laan|plein|gracht|katu|kuja|tie|polku|gatan|gata|gate|vegen|veien|vagen|vej|"
    r"vaenget|gade|utca|braut|stigur)[ ][0-9]"
    r"|\b(?:apt|apartment)[.]?[ ]#?[0-9]|\bsuite[ ]#?[0-9]|\bbox[ ][0-9]|\b(?:apo|fpo|dpo),?[ ]a[aep]\b"
    r"|\b(?:lives|lived|living|address|resides|located|moved)\b[^\n]{1,24}[0-9]",
    exact=re.compile(
        rf"\b(?!(?:19|20)[0-9]{{2}} )[0-9]{{1,6}}[a-z]?,? (?:{_NAME},? ){{1,4}}{_ROADS}"
        rf"|\b{_WAYS}\.? (?:{_NAME},? ){{1,4}}[0-9]{{1,5}}\b"
        rf"|\b[0-9]{{1,5}} (?:rua|rue|calle|avenida|avda|avenue|ulica|ul)\.? (?:(?:de|du|la|le|les|"
        rf"des|da|do|al|el) )?{_NAME}"
        rf"|\b\w{{2,20}}{_GLUED} [0-9]{{1,5}}\b"
        r"|\b(?:psc|unit|cmr) [0-9]{1,5},? box [0-9]{1,6}\b|\b(?:apo|fpo|dpo),? a[aep],? [0-9]{5}\b"
        r"|\bp\.? ?o\.? ?box [0-9]{1,6}\b"
        r"|\b(?:apt|apartment)\.? #?[0-9]{1,5}\b"
        rf"|\b[0-9]{{1,6}} (?:{_NAME}[ ,\n]{{1,3}}){{1,4}}(?:[0-9]{{1,5}}[ ,.\n]{{1,3}})?suite "
        rf"#?[0-9]{{1,5}}\b"
        r"|\b(?:lives|lived|living|resides|located|moved|address) (?:is |was )?(?:at |on |to |in "
        r")?:?(?:the corner of )?[0-9]{1,6} "
        rf"(?:{_NAME},? ){{1,3}}[0-9]{{1,5}}\b"
        rf"|\b(?:address|billing address)(?: is| was|:)[ \n]{{1,8}}[0-9]{{2,6}} (?:{_NAME},? "
        rf"){{1,3}}[0-9]{{1,5}}\b"
    ),
)
PHONE_WRITTEN: Final = re.compile(r"[(][0-9]{3}[)] ?[0-9]{3}[ .-][0-9]{4}|[0-9]{3}([.-])[0-9]{3}\1[0-9]{4}")
"""How only telephone numbers are written, even without a word that says so."""
PHONE_SHAPED: Final = re.compile(
    r"[(]?0[0-9]{1,4}[)]?(?:([ .-])[0-9]{2,4})(?:\1[0-9]{2,4}){1,4}|0[0-9]{2,4}[-/ ][0-9]{5,8}|"
    r"[(]?[0-9]{2,4}[)] ?[0-9]{3,4}[ .-][0-9]{3,4}"
)
"""How telephone numbers are written where one dials a zero first: likely, not sure."""
NO_PHONE: Final = re.compile(
    r"\A(?:19|20)[0-9]{2}([-./])[0-9]{1,2}\1[0-9]{1,2}(?:[ .][0-9]{1,4})?\Z|"
    r"\A[0-9]{1,2}([-./])[0-9]{1,2}\2(?:19|20)[0-9]{2}(?: [0-9]{1,4})?\Z|"
    r"\A[0-9]{3}([- ])[0-9]{2}\3[0-9]{4}\Z|"
    r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])|\A97[89][- ]?[0-9](?:[- ]?[0-9]){9}\Z|"
    r"\A[0-9](?:[- ][0-9]{1,7}){2}[- ][0-9]\Z"
)
"""Dates, addresses of machines, numbers of books."""
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
LOCAL_DIGITS_MIN: Final = 7
"""Of a number without its area."""
DIGITS_MIN: Final = 9
DIGITS_MAX: Final = 13
"""Of a national telephone number, trunk prefix included."""
_IBAN_CHARS_MIN: Final = 15
_IBAN_CHARS_MAX: Final = 34
_WORDS_BEHIND_MAX: Final = 2
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
    """An IBAN without spaces; None where its check digits are wrong. Words behind it are left away."""
    parts = candidate.split(" ")
    for count in range(len(parts), max(0, len(parts) - _WORDS_BEHIND_MAX - 1), -1):
        iban = "".join(parts[:count]).replace("-", "").upper()
        if _IBAN_CHARS_MIN <= len(iban) <= _IBAN_CHARS_MAX:
            number = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
            if int(number) % 97 == 1:
                return iban
    return None


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


def is_foreign_number(digits: str, region: str, *, said: bool) -> bool:
    """Whether digits that are no number of the region can be another country's, or local ones.

    `said`: a word beside them says that they are a telephone number, so they may be fewer.
    """
    try:
        at_home = phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        at_home = False
    least = LOCAL_DIGITS_MIN if said else DIGITS_MIN
    return not at_home and least <= len(digits) <= DIGITS_MAX and len(set(digits)) > 2


def is_fictional(number: str) -> bool:
    """Whether an E.164 number is kept for fiction in North America."""
    return number.startswith("+1") and number[5:10] == "55501"
