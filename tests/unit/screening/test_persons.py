"""What tells that two accounts may be one person's: keys, names, profiles, and nothing of them in clear."""

from __future__ import annotations

from typing import Any

import pytest

from events.codec import encode
from events.policy import Identity
from events.signals import AccountChanged, ProfileSaid
from services.screening.email_class import EmailClasses, is_placeholder
from services.screening.persons import is_reserved, looks, name_keys, written
from tests.support.policies import community
from tests.support.screening import KEY, event, record, screen_with, signals_of

RULES = Identity(
    reserved_names=("community", "moderator"), reserved_titles=("official", "support", "team", "help desk")
)


def said(kind: str, data: dict[str, Any]) -> AccountChanged | None:
    """What an account event says of Ada; None: nothing."""
    signals = signals_of(screen_with().screen("accounts", record("accounts", event(kind, "ada", data))))
    if not signals:
        return None
    (signal,) = signals
    assert isinstance(signal.body, AccountChanged)
    return signal.body


def digests(kind: str, data: dict[str, Any], of: str) -> set[str]:
    """The digests of the keys of a kind."""
    body = said(kind, data)
    assert body is not None
    return {key.digest for key in body.keys if key.kind == of}


def mailbox(address: str) -> set[str]:
    """The key of an e-mail address."""
    return digests("account.registered", {"profile": {"business_address": address}}, "email")


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("ada.lovelace@gmail.com", "AdaLovelace+news@googlemail.com", True),
        ("ada+a@outlook.com", "ada@outlook.com", True),
        ("a.da@outlook.com", "ada@outlook.com", False),
        ("ada+a@acme.example", "ada@acme.example", False),
        ("a.da@acme.example", "ada@acme.example", False),
    ],
)
def test_tags_and_dots_fold_only_where_the_provider_ignores_them(one: str, two: str, same: bool) -> None:
    """At a company, they are different people."""
    assert (mailbox(one) == mailbox(two)) == same
    assert mailbox(one)


@pytest.mark.parametrize("address", ["info@acme.example", "Support@acme.example", "n/a", "ada", "@a.example"])
def test_a_companys_mailbox_is_nobodys_key(address: str) -> None:
    """Nor is what is no address."""
    assert mailbox(address) == set()


def test_a_sign_in_is_a_device_and_a_block_of_addresses() -> None:
    """Neighbours share the block; a private network is no place."""
    assert digests("account.signed_in", {"ip": "203.0.114.7"}, "address") == digests(
        "account.signed_in", {"ip": "203.0.114.200"}, "address"
    )
    assert digests("account.signed_in", {"ip": "203.0.114.7"}, "address") != digests(
        "account.signed_in", {"ip": "203.0.115.7"}, "address"
    )
    assert len(digests("account.signed_in", {"ip": "2a00:1450:4001::8"}, "address")) == 1
    assert len(digests("account.signed_in", {"device": "d-1", "ip": "10.0.0.7"}, "device")) == 1
    for nothing in ({}, {"ip": "10.0.0.7"}, {"ip": "not an address"}):
        assert said("account.signed_in", nothing) is None


@pytest.mark.parametrize(
    ("what", "value", "kind"),
    [
        ("email", "ada@acme.example", "email"),
        ("phone", "+14158675309", "phone"),
        ("identity", "passport-1", "verified"),
        ("payment", "card-1", "payment"),
    ],
)
def test_what_was_verified_is_a_key(what: str, value: str, kind: str) -> None:
    """Of its kind, and the same as an unverified one."""
    assert len(digests("account.verified", {"what": what, "value": value}, kind)) == 1
    if what == "email":
        assert digests("account.verified", {"what": what, "value": value}, kind) == mailbox(value)


def test_a_domain_is_no_key() -> None:
    """A company has many people."""
    body = said("account.verified", {"what": "domain", "value": "acme.example"})
    assert body is not None
    assert body.keys == ()


def test_nothing_of_it_goes_on_in_clear() -> None:
    """Not a name, address, number or device."""
    profile = {
        "handle": "zaphodius",
        "display_name": "Zaphodius Beeblebrox",
        "company": "Heartofgold",
        "title": "Presidentissimo",
        "business_address": "zaphodius@heartofgold.example",
        "phone": "(415) 867-5309",
    }
    for kind, data in (
        ("account.registered", {"profile": profile}),
        ("account.signed_in", {"ip": "203.0.114.7", "device": "zaphodius-phone"}),
        ("account.verified", {"what": "identity", "value": "zaphodius-passport"}),
    ):
        body = said(kind, data)
        assert body is not None
        assert body.keys
        sent = encode(body).decode().lower()
        for clear in ("zaphod", "beeblebrox", "heartofgold", "president", "8675309", "203.0"):
            assert clear not in sent


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Paula Miller", "PauIa MiIler"),
        ("paula.miller", "Paula Miller"),
        ("Paula Miller", "Pаula Miller"),
        ("Jonah Moore", "J0nah M00re"),
        ("Barnaby", "Bamaby"),
        ("Vivienne Wu", "Vivienne VVu"),
    ],
)
def test_names_that_are_taken_for_one_another_look_the_same(one: str, two: str) -> None:
    """Letters of other scripts, digits, and pairs that read as one."""
    assert looks(one) == looks(two)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("José García", "Jose Garcia", True),
        ("Ann-Marie Lee", "annmarie lee", True),
        ("Paula Miller", "PauIa Miller", False),
        ("Paula Miller", "Pаula Miller", False),
    ],
)
def test_accents_spaces_and_case_are_no_other_way_of_writing(one: str, two: str, same: bool) -> None:
    """Only letters that stand for others are."""
    assert looks(one) == looks(two)
    assert (written(one) == written(two)) == same


def test_short_names_and_placeholders_are_no_keys() -> None:
    """They look like too many others; two names of one account that look the same are one key."""
    assert name_keys(("Al Lu", None, "", "n/a"), KEY, RULES) == ()
    assert len(name_keys(("Paula Miller", "paula_miller"), KEY, RULES)) == 1
    assert len(name_keys(("Paula Miller", "pmiller77"), KEY, RULES)) == 2


@pytest.mark.parametrize(
    "name",
    [
        "Community", "C0mmunity", "Comunity", "Community Support Team", "official community", "Moderаtor",
        "moderators", "the moderator team", "Community HelpDesk",
    ],
)  # fmt: skip
def test_the_communitys_own_names_are_known_however_they_are_written(name: str) -> None:
    """Equal, one letter off, or beside a word that says whose it is."""
    assert is_reserved((None, name), RULES)


@pytest.mark.parametrize(
    "name", ["Communard", "Ann of the community", "Modesta Rator", "Support Hansen", "Teamus Maximus", "Ada"]
)
def test_other_names_are_not(name: str) -> None:
    """A word of them alone is no claim."""
    assert not is_reserved((name,), RULES)


def test_the_shipped_policy_keeps_the_communitys_names() -> None:
    """The case's own example."""
    assert is_reserved(("Community Support Team",), community().identity)


# --- profiles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ada@gmaiI.com", "free"),
        ("ada@gmall.com", "free"),
        ("ada@mail.gmail.com", "free"),
        ("ada@rnailinator.com", "disposable"),
        ("ada@acme.example", "business"),
        ("ada", "unknown"),
    ],
)
def test_a_domain_that_looks_like_a_providers_is_taken_for_it(address: str, kind: str) -> None:
    """And so is a host of it."""
    assert EmailClasses().of(address) == kind


def test_a_field_that_repeats_the_handle_says_nothing() -> None:
    """Nor does a word that stands for nothing."""
    for text in ("ada", " ADA ", "n/a", "asdf", "", None):
        assert is_placeholder(text, "@ada")
    assert not is_placeholder("Ada Works", "ada")


def test_a_profile_becomes_whether_its_parts_say_something() -> None:
    """What a registration leaves out is empty, what an update does isn't said; free mail is no company's."""
    profile = {"handle": "ada", "company": "ada", "title": "Analyst", "business_address": "ada@gmail.com"}
    body = said("account.registered", {"profile": profile})
    assert body is not None
    assert body.profile == ProfileSaid(company=False, title=True, photo=False, business_address=False)
    body = said("account.profile_updated", {"profile": {"photo": True, "business_address": "a@acme.example"}})
    assert body is not None
    assert body.profile == ProfileSaid(photo=True, business_address=True)
