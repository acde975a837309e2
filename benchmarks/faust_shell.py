"""What the Faust peers share: an app as one would write it, and how it is run."""

from __future__ import annotations

import logging
from typing import Any, Final

import faust
from faust.worker import Worker

from benchmarks.stack import PARTITIONS

RAW: Final[dict[str, Any]] = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
}
"""Keys and values as they are: what is measured decodes them itself."""


def app_of(name: str, bootstrap: str) -> faust.App:
    """A Faust app on topics that are there, which reads them from the beginning."""
    return faust.App(
        name,
        broker=f"kafka://{bootstrap}",
        store="memory://",
        web_enabled=False,
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        topic_allow_declare=False,
        autodiscover=False,
        consumer_auto_offset_reset="earliest",
    )


def run(app: faust.App) -> None:
    """Run it until it is ended."""
    # Its Kafka client makes debug records of each message that no handler takes: an eighth of the work.
    logging.disable(logging.INFO)
    Worker(app, loglevel="warning", quiet=True, redirect_stdouts=False).execute_from_commandline()
