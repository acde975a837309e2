"""Labelled cases of our own for guideline 8, on both sides of each trap."""

from __future__ import annotations

import msgspec
import pytest

from services.screening.digests import email_form
from tests.support.screening import (
    KEY,
    cases_on,
    contents_of,
    findings_on,
    post_record,
    screen_with,
    screened,
)

GUIDELINE = "privacy"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9" * 2

FOUND = [
    ("Just charge my boss's card, it is 4539 1488 0343 6467", "card", "enforce"),
    ("the customer's card 5425-2334-3010-9903 was declined", "card", "enforce"),
    ("His SSN is 219-09-9999 if anybody wants to check him", "national-id", "enforce"),
    ("Her social security number: 219 09 9998", "national-id", "enforce"),
    ("Log in as Dana, her password is Sunflower!42", "password", "enforce"),
    ("Call him at home, his number is +1 202 555 0143", "phone", "enforce"),
    ("Her mobile is 0044 20 7946 0123, she never answers mails", "phone", "enforce"),
    ("Write to her private address, dana.private@mail.example", "email", "enforce"),
    ("You reach him at bob (at) home (dot) example", "email", "enforce"),
    ("he is dana.miller@gmail.com", "email", "enforce"),
    ("he is dana.miller＠gmail．com", "email", "enforce"),
    ("he is d\u200bana.miller@gm\u200bail.com", "email", "enforce"),
    ("he is dana.miller%40gmail.com", "email", "enforce"),
    ("somebody wrote from dana.miller@gmail.com", "email", "review"),
    ("the office manager: (415) 867-5309", "phone", "review"),
    ("He lives at 12 Example Street, Springfield, go and ask him", "home-address", "enforce"),
    ("Call me any time, my number is +1 202 555 0143", "own-contact", "enforce"),
    ("My private mail is me.myself@mail.example", "own-contact", "enforce"),
    (f"my token is {TOKEN}, why is it rejected?", "secret", "enforce"),
    ("key: AKIAIOSFODNN7ABCDEFG", "secret", "enforce"),
    ("`curl -u x https://deploy:s3cretPass@host.internal/x`", "secret", "enforce"),
    ("password: hunter2-Spring", "secret", "enforce"),
]
NOT_FOUND = [
    "use 4242 4242 4242 4242 or 4111-1111-1111-1111 in the sandbox",
    "write to jane@example.com or support@vendor.com",
    "git clone git@github.com:org/repo.git",
    "our hotline is 1-800-275-2273",
    "order number 4539148803436467 hasn't shipped",
    "event id 6f9619ff-8b86-d011-b42d-00c04fc964ff at 1700000000000",
    "ISBN 978-3-16-148410-0, version 2.14.0.1203, build 20300101.3",
    "the hash is d41d8cd98f00b204e9800998ecf8427e and 10.0.0.1:8080 answered",
    "between 2029-12-01 and 2029-12-31 we had 1,204,567 events",
    "the password is required and the password is too short",
    "my password is not working, the api key is invalid",
    "api_key = YOUR_API_KEY_GOES_HERE_12345",
    "AKIAIOSFODNN7EXAMPLE is in the manual",
    "ticket 219-09-9999 is about the export",
    "meet at 5 main results per page",
    "call reset() first, then identify(), at 12 dot 5 percent",
    "see https://vendor.example/report/4539148803436467?phone=4158675309",
    "we look at 415-222 users",
]


@pytest.mark.parametrize(("text", "case", "mode"), FOUND)
def test_personal_data_is_found(text: str, case: str, mode: str) -> None:
    """What is somebody's is found under its own case.

    Where the text doesn't say whose it is, a person looks.
    """
    assert cases_on(text, GUIDELINE).get(case) == mode


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_personal_data_is_left_alone(text: str) -> None:
    """Test numbers, examples, ids, versions, dates and hotlines are nobody's."""
    assert set(cases_on(text, GUIDELINE).values()) <= {"shadow"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the customer's card 5425-2334-3010-9903", "5425-2334-3010-9903"),
        ("he is dana.miller@gmail.com", "dana.miller@gmail.com"),
        ("Log in as Dana, her password is Sunflower!42", "Sunflower!42"),
        (f"token {TOKEN}", TOKEN),
    ],
)
def test_evidence_never_holds_the_value(text: str, value: str) -> None:
    """A finding has the place, the kind and a keyed digest.

    Neither the value nor its digits are anywhere in the signal.
    """
    findings = findings_on(text, GUIDELINE)
    said = msgspec.json.encode(findings).decode().lower()
    assert findings
    assert value.lower() not in said
    assert "".join(filter(str.isdigit, value)) not in said or not any(map(str.isdigit, value))
    start = text.index(value)
    assert any(span.start <= start and start + len(value) <= span.end for f in findings for span in f.spans)


def test_what_is_removed_is_masked_in_the_snapshot_too() -> None:
    """A moderator sees the post without the secret, at the same places."""
    text = f"why is {TOKEN} rejected?"
    (content,) = contents_of(screen_with().screen("posts", post_record(text)))
    assert content.text == text.replace(TOKEN, "█" * len(TOKEN))


def test_own_addresses_are_told_by_the_profile() -> None:
    """An address of nobody in particular may be the author's own: a condition with its keyed digest."""
    (finding,) = findings_on("questions to Dana.Miller+work@gmail.com please", GUIDELINE)
    assert finding.condition is not None
    assert (finding.condition.fact, finding.condition.case) == ("own_email", "own-contact")
    assert finding.condition.digest == KEY.digest("email", email_form("danamiller@googlemail.com"))


def test_quoted_data_counts_against_nobody_and_is_hidden() -> None:
    """Quoting somebody's number spreads it, but isn't the quoter's act."""
    body = "his card is 5425-2334-3010-9903"
    (finding,) = findings_on(body, GUIDELINE, quotes=[{"start": 0, "end": len(body), "author": "bob"}])
    assert (finding.case, finding.severity, finding.mode) == ("own-contact", 0, "enforce")


def test_no_direct_message_is_read() -> None:
    """The text of a direct message leads to nothing."""
    sent = post_record("his card is 5425-2334-3010-9903", visibility="direct", recipients=["bob"])
    assert screened(screen_with().screen("posts", sent)) == []
