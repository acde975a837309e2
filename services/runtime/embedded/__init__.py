"""The embedded stack: a real Kafka and a real PostgreSQL for development, demo and tests, without Docker.

    with EmbeddedKafka(folder / "kafka") as kafka, EmbeddedPostgres(folder / "postgres") as postgres:
        print(kafka.bootstrap, postgres.dsn)

Both listen on loopback only, keep their data in the given folder, and die with the process that started them,
even when that is killed. All methods block; from async code call them with `asyncio.to_thread`.
"""

from services.runtime.embedded.child import EmbeddedError
from services.runtime.embedded.kafka import EmbeddedKafka
from services.runtime.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedError", "EmbeddedKafka", "EmbeddedPostgres"]
