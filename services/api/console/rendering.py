"""Pages from templates: everything escaped, nothing from elsewhere, no script in a page.

A page gets what it shows as plain values; how a time, an id or a severity reads is said here, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.api.console import text

FOLDER: Final = Path(__file__).parent / "templates"
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
            "object-src 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }
)
"""On every page: what people wrote must neither run nor stay in a cache."""
SEVERITIES: Final = ("none", "minor", "moderate", "serious", "gravest")
ID_CHARS: Final = 8
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def page(request: Request, name: str, /, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
    """A page, or (a name that begins with `_`) a part of one."""
    session = getattr(request.state, "session", None)
    shared = {
        "request": request,
        "path": request.url.path,
        "who": session.who if session else None,
        "csrf": session.csrf if session else "",
        "now": getattr(request.state, "now", None) or datetime.now(UTC),
    }
    body = ENVIRONMENT.get_template(name).render({**shared, **values})
    return HTMLResponse(body, status, headers=dict(HEADERS))


# --- how things read -------------------------------------------------------------------------------


def moment(at: datetime | None) -> str:
    """A time in UTC, to the minute."""
    return "–" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def day(at: datetime | None) -> str:
    """A day in UTC."""
    return "–" if at is None else f"{at.astimezone(UTC):%Y-%m-%d}"


def span(length: timedelta) -> str:
    """A length of time in its largest unit: `3 d`, `5 h`, `2 min`."""
    length = abs(length)
    if length >= 2 * DAY:
        return f"{length // DAY} d"
    if length >= HOUR:
        return f"{length // HOUR} h"
    return f"{length // MINUTE} min"


def ago(at: datetime | None, now: datetime) -> str:
    """How long something was ago, or how long it is still to come."""
    if at is None:
        return "–"
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"


def left(at: datetime, now: datetime) -> str:
    """What is left until a moment, in two units: `6 d 4 h`."""
    rest = at - now
    if rest <= timedelta():
        return "over"
    if rest >= DAY:
        return f"{rest // DAY} d {rest % DAY // HOUR} h"
    return f"{rest // HOUR} h {rest % HOUR // MINUTE} min" if rest >= HOUR else f"{rest // MINUTE} min"


def short(identity: str | None) -> str:
    """The beginning of an id."""
    return text.shown(identity or "–")[:ID_CHARS]


def words(value: str | None) -> str:
    """A name of ours in words."""
    return "–" if value is None else value.replace("_", " ").replace("-", " ")


def actor(value: str | None) -> str:
    """Who it was: a person by name, all else as such."""
    if not value:
        return "–"
    kind, _, name = value.partition(":")
    if kind == "person":
        return name
    return "the clock" if kind == "clock" else f"a {kind}" if name in {"", kind} else f"a {kind} ({name})"


def subject(value: str) -> str:
    """What a case is about, in words."""
    kind, _, name = value.partition(":")
    if not name:
        return "the account"
    return f"{words(kind)} {text.shown(name)}"


def severity(value: int) -> str:
    """A severity as people say it."""
    return SEVERITIES[value] if 0 <= value < len(SEVERITIES) else str(value)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "moment": moment,
        "day": day,
        "span": span,
        "ago": ago,
        "left": left,
        "short": short,
        "words": words,
        "actor": actor,
        "subject": subject,
        "severity": severity,
        "shown": text.shown,
    }
    return made


ENVIRONMENT: Final = _environment()
