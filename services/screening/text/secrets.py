"""What secrets and passwords look like, and how they are told from placeholders and from talk about them."""

from __future__ import annotations

import re
from typing import Final

from services.screening.text.matching import Pattern

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
        re.compile(r"\bxox[abeprs]-(?:[0-9A-Za-z]{1,100}-){1,5}[0-9A-Za-z]{10,100}\b"),
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
        re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[0-9A-Za-z+/=\s\\,:.]{40,8000}"),
    ),
    Pattern(
        "secret",
        r"\beyj[0-9a-z_-]{4}",
        "a signed token",
        re.compile(r"\beyJ[0-9A-Za-z_-]{10,1000}\.eyJ[0-9A-Za-z_-]{10,4000}\.[0-9A-Za-z_-]{10,}"),
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
            r"(?i)(?:api|access|secret|auth|private|client)[_ -]?(?:key|token|secret)[\"']?[ ]{0,2}(?:=>|:=|"
            r"=|:|is)[ ]{0,2}[\"']?([0-9A-Za-z_/+=.-]{20,200})"
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
        r"\b(?:password|passwd|passphrase|pwd|passcode)[\"']?[ ]{0,2}(?:=|:|"
        r"is:?)[ ]{0,2}[\"'`]?([^\s\"'`,;<>(){}\[\]]{4,64})"
    ),
)
_NO_PASSWORD: Final = re.compile(
    r"\A(?:[*x.#_-]+|your.*|my.*|the|not|set|wrong|incorrect|invalid|expired|required|correct|too|reset|"
    r"changed|stored|hashed|null|none|true|false|changeme|"
    r"password.*|secret|example.*|str|string|os|env.*|process.*|config.*|settings.*|self|\$.*|%.*|being|"
    r"needed|missing|empty|optional|never|also|still|now|"
    r"same|different|easy|hard|weak|strong|encrypted|sent|asked|in|on|to|a|an|what|very|only|always|working|"
    r"unknown|there|here|protected|field|visible|shown)\W*\Z"
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)example|xxxx|your[_-]?|<|\.\.\.|placeholder|redacted|dummy|sample|0{8}|1234567890|abcdefgh|"
    r"test[_-]?key|changeme"
)


def password_certainty(candidate: str) -> int:
    """How sure it is, in percent, that what stands after "password is" is one.

    0: it is the rest of a sentence, or a placeholder.
    """
    if _NO_PASSWORD.match(candidate) or _PLACEHOLDER.search(candidate):
        return 0
    kinds = sum(bool(re.search(kind, candidate)) for kind in ("[a-z]", "[0-9]", r"[^a-z0-9.]"))
    return 95 if kinds > 1 and re.search("[0-9]", candidate) else 60 if kinds > 1 else 0


def is_secret(candidate: str) -> bool:
    """Whether it isn't one of the placeholders that documentation shows."""
    return not _PLACEHOLDER.search(candidate)
