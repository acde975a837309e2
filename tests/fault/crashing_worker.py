"""A real stage that kills itself: `python -m tests.fault.crashing_worker STAGE POINT PASSAGE`."""

from __future__ import annotations

import sys
from importlib import import_module

from services.runtime.settings import load_settings
from tests.fault.counting_worker import crash_at


def main() -> None:
    """Run the stage as `goodstanding worker` does, with the hook set."""
    stage, point, passage = sys.argv[1:]
    crash_at(point, int(passage))
    import_module(f"services.{stage}.worker").main(load_settings())


if __name__ == "__main__":
    main()
