"""The page `/docs`: every path of the API with what it answers, from its OpenAPI document.

It loads nothing from anywhere, and runs no script: people sign in on the same origin.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
PAGE: Final = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}: the API</title></head>
<body>
<h1>{title}: the API, version {version}</h1>
<pre>{description}</pre>
<p>Its description for programs, with every parameter, is <a href="/openapi.json">openapi.json</a>.</p>
<table>
<thead><tr><th scope="col">Method</th><th scope="col">Path</th><th scope="col">What it does</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""
ROW: Final = "<tr><td>{method}</td><td><code>{path}</code></td><td>{told}</td></tr>"


def install(app: FastAPI) -> None:
    """Serve the page."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()), headers=HEADERS)


def page(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    rows = [
        ROW.format(method=escape(method.upper()), path=escape(path), told=escape(said["description"]))
        for path, operations in document["paths"].items()
        for method, said in operations.items()
    ]
    about = {name: escape(document["info"][name]) for name in ("title", "version", "description")}
    return PAGE.format(**about, rows="\n".join(rows))
