"""The console's own questions to PostgreSQL, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.runtime.postgres import Queries

SQL: Final = Queries(Path(__file__).parent / "sql")
