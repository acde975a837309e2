"""Whose mail a domain is: companies', free providers', and what is made to be thrown away."""

from __future__ import annotations

import pytest

from services.screening.email_class import DISPOSABLE, FREE, EmailClasses


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ada@acme.example", "business"),
        ("ada@Gmail.COM.", "free"),
        ("ada@gmaiI.com", "free"),
        ("ada@bluewin.ch", "free"),
        ("ada@mail.interia.pl", "free"),
        ("ada@hey.com", "free"),
        ("ada@yopmail.com", "disposable"),
        ("ada@10minutemail.co.za", "disposable"),
        ("ada@box.yopmail.com", "disposable"),
        ("ada@facebook.com", "business"),
        ("ada@notgmail-at-all.example", "business"),
        ("ada@localhost", "unknown"),
        ("gmail.com", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_domain_and_the_hosts_below_it_have_a_class(address: str, kind: str) -> None:
    """What is in both lists is disposable."""
    assert EmailClasses().of(address) == kind


def test_the_most_used_providers_stay_what_they_are_whatever_the_packages_say() -> None:
    """A new version of a package forgets none of them."""
    assert {EmailClasses().of(f"ada@{domain}") for domain in FREE} == {"free"}
    assert {EmailClasses().of(f"ada@{domain}") for domain in DISPOSABLE} == {"disposable"}


def test_universities_and_companies_that_many_know_are_businesses() -> None:
    """The packages' lists are of providers, not of places to work at."""
    known = (
        "ibm.com",
        "siemens.com",
        "deloitte.com",
        "mit.edu",
        "bbc.co.uk",
        "cern.ch",
        "who.int",
        "usgs.gov",
    )
    assert {EmailClasses().of(f"ada@{domain}") for domain in known} == {"business"}


def test_a_policy_adds_and_excepts_domains() -> None:
    """The longest domain decides, and before any list."""
    classes = EmailClasses(
        free=["freemail.example"], disposable=["gone.example"], companies=["Gmail.com", "staff.gone.example"]
    )
    assert classes.of("ada@freemail.example") == "free"
    assert classes.of("ada@x.gone.example") == "disposable"
    assert classes.of("ada@staff.gone.example") == "business"
    assert classes.of("ada@gmail.com") == "business"
    assert classes.of("ada@gmaiI.com") == "free"
    assert classes.of("ada@yopmail.com") == "disposable"
