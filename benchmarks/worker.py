"""One stage in a process of its own, as a deployment runs it: `python -m benchmarks.worker STAGE`."""

from __future__ import annotations

import importlib
import sys

from services.runtime.kafka import Kafka
from services.runtime.kept_files import compiled_patterns
from services.runtime.policies import PolicySource
from services.runtime.settings import Settings, load_settings
from services.runtime.shell import run_worker
from services.screening.digests import IdentityKey

KEY = IdentityKey("bench", b"a key for benchmarks only")


def screen(settings: Settings) -> None:
    """Screening, with a key of its own."""
    from services.screening.worker import Screening

    source = PolicySource(Kafka(settings.bootstrap_servers), settings.topic_prefix)
    run_worker(Screening(source, KEY, compiled=compiled_patterns(settings)), settings, [source])


if __name__ == "__main__":
    stage = sys.argv[1]
    if stage == "screening":
        screen(load_settings())
    else:
        importlib.import_module(f"services.{stage}.worker").main(load_settings())
