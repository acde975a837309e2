"""Fetch what the embedded stack needs, once: `python -m services.runtime.embedded STATE_FOLDER`."""

import sys
from pathlib import Path

from services.runtime.embedded.child import EmbeddedError, say_on_stderr
from services.runtime.embedded.jars import fetch_jars, java
from services.runtime.embedded.postgres import program

JARS = "kafka-jars"


def main(state: Path) -> None:
    """Have Kafka's jars in the state folder, and check that Java and PostgreSQL's programs are there."""
    java()
    program("postgres")
    fetch_jars(state / JARS, say_on_stderr)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except EmbeddedError as error:
        sys.exit(f"setup: {error}")
