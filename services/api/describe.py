"""The OpenAPI document that is kept in `docs/`.

`python -m services.api.describe` writes it, and a test holds it against the app.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from services.api.app import create_app

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "openapi.json"


def described() -> str:
    """The document, as it must stand in the file."""
    return json.dumps(create_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(described(), "utf-8")
