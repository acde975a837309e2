"""What tells that two accounts may be one person's, and whether a name pretends to be somebody else's.

Only keyed digests of it go on. A name is brought into two forms: what it looks like, in which letters that
are easily taken for one another are the same, and how it is written. Two accounts whose names look the same
and are written otherwise are worth a look; two people of the same name aren't.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Final
from unicodedata import combining, normalize

import msgspec

from events.accounts import AccountSignedIn, AccountVerified, Profile
from events.policy import Identity, Policy
from events.signals import Key, KeyKind, ProfileSaid
from services.screening.digests import IdentityKey, email_form, phone_form
from services.screening.email_class import EmailClasses, is_placeholder
from services.screening.text.fold import fold

BLOCK_BITS: Final = {4: 24, 6: 48}
"""How much of a network address, by its version, several people of one place are likely to share."""
ROLES: Final = frozenset(
    {
        "accounts", "admin", "billing", "contact", "hello", "help", "hi", "info", "kontakt", "mail",
        "marketing", "noreply", "office", "sales", "support", "team", "webmaster",
    }
)  # fmt: skip
"""Mailboxes that a company has, and not a person."""
NEAR_LETTERS_MIN: Final = 6
"""From so many letters on, a name that differs in one from a reserved one is as good as that."""

_NO_LETTER: Final = re.compile(r"[\W_]+")
_ALIKE: Final = str.maketrans("01i|!35$@8", "ollllessab")
_ALIKE_PAIRS: Final = (("rn", "m"), ("vv", "w"))


# --- names -------------------------------------------------------------------------------------------------


def looks(name: str) -> str:
    """What a name looks like: equal for names that are easily taken for one another."""
    seen = _NO_LETTER.sub("", fold(name).translate(_ALIKE))
    for pair, letter in _ALIKE_PAIRS:
        seen = seen.replace(pair, letter)
    return seen


def written(name: str) -> str:
    """How a name is written, without accents, signs, spaces and case."""
    letters = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    return _NO_LETTER.sub("", letters.casefold())


def name_keys(names: Iterable[str | None], key: IdentityKey, rules: Identity) -> tuple[Key, ...]:
    """A key for each name that is long enough to be told from others."""
    found: dict[str, Key] = {}
    for name in names:
        look = "" if name is None or is_placeholder(name) else looks(name)
        if name is not None and len(look) >= rules.name_letters_min:
            found[look] = Key("name", key.digest("name", look), key.digest("written", written(name)))
    return tuple(found.values())


def is_reserved(names: Iterable[str | None], rules: Identity) -> bool:
    """Whether one of these names reads like one of the community's own."""
    reserved = [looks(name) for name in rules.reserved_names]
    titles = [looks(title) for title in rules.reserved_titles]
    return any(
        look == own
        or (len(own) >= NEAR_LETTERS_MIN and _near(look, own))
        or (own in look and any(title in look.replace(own, "", 1) for title in titles))
        for look in (looks(name) for name in names if name)
        for own in reserved
    )


def _near(one: str, two: str) -> bool:
    """Whether one letter was added, left out or exchanged."""
    if abs(len(one) - len(two)) > 1:
        return False
    shorter, longer = sorted((one, two), key=len)
    same = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[same + (len(shorter) == len(longer)) :] == longer[same + 1 :]


# --- keys --------------------------------------------------------------------------------------------------


def profile_keys(profile: Profile, key: IdentityKey, region: str, rules: Identity) -> tuple[Key, ...]:
    """The keys in what a profile says."""
    address, phone = profile.business_address, profile.phone
    return (
        *(_email_key(address, key) if address else ()),
        *(_phone_key(phone, key, region) if phone else ()),
        *name_keys((profile.display_name, profile.handle), key, rules),
    )


def verified_keys(event: AccountVerified, key: IdentityKey, region: str) -> tuple[Key, ...]:
    """The key in what the platform has checked. A domain is a company's, and so is no key."""
    value = event.data.value
    match event.data.what:
        case "email":
            return _email_key(value, key)
        case "phone":
            return _phone_key(value, key, region)
        case "identity":
            return (_plain_key("verified", value, key),)
        case "payment":
            return (_plain_key("payment", value, key),)
        case _:
            return ()


def sign_in_keys(event: AccountSignedIn, key: IdentityKey) -> tuple[Key, ...]:
    """The device, and the block of network addresses that it came from."""
    found = []
    if event.data.device:
        found.append(_plain_key("device", event.data.device, key))
    block = None if event.data.ip is None else _block(event.data.ip)
    if block is not None:
        found.append(Key("address", key.digest("network", block)))
    return tuple(found)


def _email_key(address: str, key: IdentityKey) -> tuple[Key, ...]:
    form = email_form(address)
    local, _, domain = form.rpartition("@")
    if not local or "." not in domain or local in ROLES or is_placeholder(address):
        return ()
    return (Key("email", key.digest("email", form)),)


def _phone_key(number: str, key: IdentityKey, region: str) -> tuple[Key, ...]:
    form = phone_form(number, region)
    return () if form is None else (Key("phone", key.digest("phone", form)),)


def _plain_key(kind: KeyKind, value: str, key: IdentityKey) -> Key:
    return Key(kind, key.digest(kind, value.strip()))


def _block(ip: str) -> str | None:
    """The network of a public address; None for any other, which says nothing about a place."""
    try:
        address = ip_address(ip.strip())
    except ValueError:
        return None
    if not address.is_global:
        return None
    return str(ip_network((address, BLOCK_BITS[address.version]), strict=False))


# --- profiles ----------------------------------------------------------------------------------------------


class AccountRules(msgspec.Struct, frozen=True, gc=False):
    """What a policy says of reading accounts.

    `region` is where phone numbers without `+` would be dialled, `names` are the rules about names.
    """

    region: str
    names: Identity
    emails: EmailClasses


def account_rules(policy: Policy) -> AccountRules:
    """The part of a policy that is about reading accounts."""
    settings, profile = policy.rules.get("privacy.identifiers"), policy.profile
    region = str(settings.params.get("phone_region", "US")) if settings is not None else "US"
    emails = EmailClasses(
        free=profile.free_domains, disposable=profile.disposable_domains, companies=profile.business_domains
    )
    return AccountRules(region, policy.identity, emails)


def profile_said(profile: Profile, emails: EmailClasses, *, whole: bool) -> ProfileSaid:
    """Which parts of a profile say something; the account's own handle and placeholders say nothing.

    `whole`: it is all of the profile that there is, so that what it leaves out is empty.
    """
    said = set(Profile.model_fields) if whole else profile.model_fields_set
    handle = profile.handle
    return ProfileSaid(
        company=None if "company" not in said else not is_placeholder(profile.company, handle),
        title=None if "title" not in said else not is_placeholder(profile.title, handle),
        photo=None if "photo" not in said else bool(profile.photo),
        business_address=None
        if "business_address" not in said
        else emails.of(profile.business_address or "") == "business",
    )
