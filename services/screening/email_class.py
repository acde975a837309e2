"""What kind of e-mail address it is, by its domain alone.

A company's, a free provider's, or one made to be thrown away.

The lists are short and this project's own: the providers that most people use. What isn't in them is taken
for a company's.
"""

from __future__ import annotations

from typing import Final, Literal

from services.screening.digests import domain_form

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


def email_class(address: str) -> EmailClass:
    """The class of an address. A domain that looks like a provider's (`gmaiI.com`) is taken for that."""
    domain = domain_form(address)
    if "@" not in address or "." not in domain:
        return "unknown"
    look = _look(domain)
    if look in _DISPOSABLE_LOOKS:
        return "disposable"
    return "free" if look in _FREE_LOOKS else "business"


def is_placeholder(text: str | None, handle: str | None = None) -> bool:
    """Whether a profile's field says nothing: it is empty, stands for nothing, or repeats the handle."""
    plain = "" if text is None else text.strip().lower()
    return plain in PLACEHOLDERS or (handle is not None and plain == handle.strip().lower().lstrip("@"))
