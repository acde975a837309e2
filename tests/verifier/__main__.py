"""Proves from outside what a deployment did: a process of its own that believes only what is committed.

    python -m tests.verifier --bootstrap 127.0.0.1:9092 --prefix run7- [--dsn postgresql://…] [--seed 7]

It waits until the groups are idle, marks every output partition to see that no transaction stays open, and
reads the committed offsets and the input below them. Everything that was written is held against the pure
cores in batches of other sizes and against the reference model, PostgreSQL's rows against the fold of the
ledger. What is missing, other or too much fails, and so does having read nothing.

Exit code 0: proved; 1: not.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from events.codec import decode_signal
from events.policy import Policy
from services.enforcement.partition import DECIDERS, Partition
from services.enforcement.worker import EnforcementCore
from services.flow import STAGES
from services.replay.verify import Verifier
from services.runtime import guard
from services.runtime.policies import PolicySource
from services.runtime.stage import Output
from services.screening.digests import IdentityKey
from tests.verifier import modelled, rerun, rows, screened
from tests.verifier.reading import Deployment, Record, Unproved

INPUTS = ("decisions", "accounts", "reports", "posts")
COUNTED = ("screening", "enforcement", "clock")
OUTCOMES = ("strikes", "sanctions")
BATCH_MAX = 3_000


def say(what: str, count: int) -> None:
    """Tell what was proved, and over how much."""
    sys.stdout.write(f"proved: {what}: {count}\n")


class _Identified(msgspec.Struct):
    """As much of an outcome as says which one it is."""

    id: str


class Run:
    """One verification."""

    def __init__(self, deployment: Deployment, seed: int, dsn: str | None, key: IdentityKey | None) -> None:
        self.deployment = deployment
        self.dice = random.Random(seed)
        self.seed = seed
        self.dsn = dsn
        self.key = key
        self.topics: dict[str, dict[int, list[Record]]] = {}
        self.committed: dict[tuple[str, int], int] = {}
        self.policies: Mapping[str, Policy] = {}
        self.activated: list[str] = []
        self.emitted: frozenset[str] = frozenset()

    async def all(self) -> None:
        """Prove everything. Raises `Unproved`."""
        await self.deployment.open()
        await self.read()
        self.chain()
        self.decided()
        self.modelled()
        self.screened()
        await self.projected()

    async def read(self) -> None:
        """Wait, mark, and read what is committed."""
        groups = [*COUNTED, *(["projecting"] if self.dsn else [])]
        await self.deployment.wait_idle(groups)
        written = sorted({topic for stage in COUNTED for topic in STAGES[stage].writes})
        say("partitions marked, nothing open", await self.deployment.mark(written, self.seed))
        for stage in COUNTED:
            self.committed |= await self.deployment.committed(stage, STAGES[stage].reads)
        for topic in {*written, *INPUTS}:
            self.topics[topic] = await self.deployment.read(topic)
        async with PolicySource(self.deployment.kafka, self.deployment.prefix) as source:
            self.policies = dict(source.policies)
            self.activated = sorted({version for _, version in source.activations()})
        self.guarded()
        inputs = sum(len(self.input(topic, p)) for topic in INPUTS for p in self.topics[topic])
        entries = sum(len(records) for records in self.topics["ledger"].values())
        if not inputs or not entries:
            raise Unproved(f"{inputs} inputs and {entries} ledger entries were read: that proves nothing")
        say("committed inputs read", inputs)

    def guarded(self) -> None:
        """The guard of every partition names the committed offsets: they were written together."""
        count = 0
        for stage in COUNTED:
            for number, records in self.topics[f"{stage}-state"].items():
                key = guard.key(number)
                last = next((record.value for record in reversed(records) if record.key == key), None)
                found = (
                    {} if last is None else guard.decode(last, f"`{stage}-state`, partition {number}").offsets
                )
                told = {topic: self.committed[topic, number] for topic in STAGES[stage].reads}
                if told != {topic: found.get(topic, 0) for topic in told}:
                    raise Unproved(f"{stage}, partition {number}: the group has {told}, the guard {found}")
                count += last is not None
        say("guards that name the committed offsets", count)

    def input(self, topic: str, partition: int) -> list[Record]:
        """The input below the committed offset."""
        below = self.committed[topic, partition]
        return [record for record in self.topics[topic][partition] if record.offset < below]

    def chain(self) -> None:
        """The ledger's chain is whole, and this build decides the same."""
        verifier = Verifier(DECIDERS, self.policies, prefix=self.deployment.prefix)
        for number, records in self.topics["ledger"].items():
            verifier.partition(number)
            for record in records:
                verifier.take(number, record.offset, record.value or b"")
        report = verifier.report()
        if report.fault is not None:
            raise Unproved(f"ledger: {report.fault}")
        say("entries in a whole chain", report.entries)
        say("entries decided again", report.decided_again)

    def decided(self) -> None:
        """Every output of enforcement is that of its core over the committed signals; no id comes twice."""
        outputs: list[Output] = []
        state: dict[bytes, bytes | None] = {}
        for number in self.topics["signals"]:
            core = EnforcementCore(Partition(number, self.deployment.prefix, self.policies))
            made = rerun.rerun(core, "signals", self.input("signals", number), self.batch_size())
            outputs += made.outputs
            state |= made.state
            self._ledger(number, made.outputs)
        expected = rerun.by_key(outputs)
        self._ids()
        for topic in OUTCOMES:
            say(f"records of `{topic}`", rerun.compare(topic, expected[topic], self.topics[topic]))
        last = rerun.compare("standings", expected["standings"], self.topics["standings"], last_only=True)
        say("last records of `standings`", last)
        guards = {b"partition:%d" % number for number in self.topics["signals"]}
        kept = {
            number: [record for record in records if record.key not in guards]
            for number, records in self.topics["enforcement-state"].items()
        }
        wanted: dict[bytes | None, list[bytes | None]] = {key: [value] for key, value in state.items()}
        say("entities in the changelog", rerun.compare("enforcement-state", wanted, kept, last_only=True))
        self._signals([o.value for o in outputs if o.topic == "signals"])

    def _ids(self) -> None:
        for topic in OUTCOMES:
            records = [record for pages in self.topics[topic].values() for record in pages]
            ids = Counter(msgspec.json.decode(record.value or b"", type=_Identified).id for record in records)
            twice = [name for name, count in ids.items() if count > 1]
            if twice:
                raise Unproved(f"`{topic}`: {len(twice)} ids are there more than once, such as `{twice[0]}`")

    def _ledger(self, number: int, outputs: Sequence[Output]) -> None:
        expected = [output.value for output in outputs if output.topic == "ledger"]
        found = [record.value for record in self.topics["ledger"][number]]
        if found != expected:
            place = next((n for n, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), None)
            raise Unproved(
                f"ledger partition {number}: {len(found)} entries, expected {len(expected)}; "
                f"the first that differs: {place}"
            )

    def _signals(self, emitted: Sequence[bytes | None]) -> None:
        found = Counter(record.value for records in self.topics["signals"].values() for record in records)
        missing = [value for value in emitted if found[value] != 1]
        if missing:
            raise Unproved(f"`signals`: {len(missing)} that entries emitted aren't there: {missing[:1]}")
        self.emitted = frozenset(decode_signal(value or b"").id for value in emitted)
        say("signals between entities", len(emitted))

    def modelled(self) -> None:
        """The reference model says the same."""
        signals = {number: self.input("signals", number) for number in self.topics["signals"]}
        tally = modelled.compare(signals, self.topics["ledger"], self.policies)
        if not tally.entries:
            raise Unproved("the model compared nothing")
        say("entries as the model has them", tally.entries)
        say("signals that rightly left nothing", tally.silent)
        say("entities that the model has no words for", len(tally.skipped))

    def screened(self) -> None:
        """Screening had one effect for each input record."""
        if self.key is None:
            sys.stdout.write("not looked at: screening, since no identity key was given\n")
            return
        inputs = {topic: self.topics[topic] for topic in INPUTS}
        variants, dead = [], []
        for version in self.activated:
            size = self.batch_size()
            found, letters = screened.rescreened(
                inputs, self.committed, self.policies[version], self.key, size
            )
            variants.append(found)
            dead.append(letters)
        count = screened.compare(self.topics["signals"], self.emitted, variants)
        say("signals as a fresh screening makes them", count)
        sent = [r for records in self.topics["dead_letters"].values() for r in records]
        own = [r for r in sent if dict(r.headers).get("gs-origin-topic", b"").decode() in INPUTS]
        if Counter((r.key, r.value, tuple(r.headers)) for r in own) not in dead:
            raise Unproved(f"{len(own)} dead letters of inputs, expected {[one.total() for one in dead]}")
        say("dead letters", len(own))

    async def projected(self) -> None:
        """PostgreSQL's rows are the fold of the ledger."""
        if self.dsn is None:
            return
        entries = self.topics["ledger"]
        say("rows in PostgreSQL", await rows.compare(self.dsn, entries, self.batch_size()))

    def batch_size(self) -> int:
        """Another number of records each time."""
        return self.dice.randint(1, BATCH_MAX)


def main() -> int:
    """Verify, and say so."""
    parser = argparse.ArgumentParser(
        prog="tests.verifier", description="Proves from outside what a deployment did."
    )
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--dsn")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    given = parser.parse_args()
    secret = os.environ.get("GOODSTANDING_IDENTITY_KEY")
    key = (
        IdentityKey(os.environ.get("GOODSTANDING_IDENTITY_KEY_ID", "k1"), secret.encode()) if secret else None
    )
    sys.stdout.write(f"seed {given.seed}\n")
    return asyncio.run(_verify(Deployment(given.bootstrap, given.prefix), given.seed, given.dsn, key))


async def _verify(deployment: Deployment, seed: int, dsn: str | None, key: IdentityKey | None) -> int:
    try:
        await Run(deployment, seed, dsn, key).all()
    except Unproved as error:
        sys.stdout.write(f"NOT PROVED (seed {seed}): {error}\n")
        return 1
    finally:
        await deployment.close()
    sys.stdout.write("all proved\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
