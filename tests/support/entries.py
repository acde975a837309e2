"""Ledger entries for tests that need no enforcement: made by hand, or a random history from a seed.

`Ledger` plays the part of one partition: it counts sequences, chains hashes and stamps offsets. Histories
made with `random_history` are consistent as the ledger's own are (a strike is issued before it is amended),
but no policy has priced them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from aiokafka.structs import ConsumerRecord

from events import ledger, signals
from events.codec import encode
from events.ids import account_entity, derived_id, digest
from projections.recorded import Recorded

T0 = datetime(2030, 1, 1, tzinfo=UTC)
POLICY = "p" * 64
RULE = signals.Actor("rule", "no-spam.links")
PERSON = signals.Actor("person", "mod-ann")
CLOCK = signals.Actor("clock", "clock")
EVIDENCE = ledger.Evidence(
    "no-spam.links",
    3,
    "d" * 64,
    95,
    (signals.Span(3, 17),),
    "links",
    "two links in a first post",
    "content-1",
    "c" * 64,
)
DETECTION = ledger.Detection("own_initiative", automated_detection=True, automated_decision=True)
NOTICE = ledger.Notice("no-spam", POLICY, "a link to a shop", "content-1", T0, DETECTION, 180)


class Ledger:
    """One partition of the ledger, in memory. `step` is the time from entry to entry."""

    def __init__(
        self, partition: int = 0, *, step: timedelta = timedelta(seconds=10), stride: int = 1
    ) -> None:
        self.partition = partition
        self.entries: list[Recorded] = []
        self.now = T0
        self.step = step
        self.stride = stride
        self.previous = ledger.genesis(partition)
        self.sequences: dict[str, int] = {}
        self.offset = 0

    def add(
        self,
        account: str,
        *outcomes: ledger.Outcome,
        emitted: tuple[signals.Signal, ...] = (),
        cause: signals.Signal | None = None,
        standing: ledger.Standing | None = None,
    ) -> Recorded:
        """Append an entry for an account; `now` goes on by one step."""
        entity = account_entity(account)
        sequence = self.sequences.get(entity, 0) + 1
        self.sequences[entity] = sequence
        entry = ledger.Entry(
            entity=entity,
            sequence=sequence,
            recorded_at=self.now,
            cause=cause
            or post_signal(account, f"event-{self.partition}-{self.offset}", self.now, self.offset),
            policy_version=POLICY,
            rules_digest="d" * 64,
            decider_version="1",
            outcomes=outcomes,
            emitted=emitted,
            standing=standing or standing_of(sequence),
            previous=self.previous,
        )
        data = encode(entry)
        self.previous = digest(data)
        recorded = Recorded(self.partition, self.offset, entry, data)
        self.entries.append(recorded)
        self.offset += self.stride
        self.now += self.step
        return recorded


def post_signal(account: str, event: str, at: datetime, offset: int = 0) -> signals.Signal:
    """What screening sends on of a post."""
    entity = account_entity(account)
    finding = signals.Finding(
        "no-spam", "links", "no-spam.links", 3, 1, 95, "enforce", (signals.Span(3, 17),), "links", "links"
    )
    body = signals.PostScreened(
        account, event, 1, "created", False, None, "content-1", "c" * 64, "en", (finding,)
    )
    origin = signals.Origin("posts", 0, offset, event, "post.created")
    signal_id = derived_id(entity, event, "signal")
    return signals.Signal(signal_id, entity, at, at, RULE, event, event, POLICY, body, origin)


def standing_of(version: int, **changes: object) -> ledger.Standing:
    """A standing whose numbers are told apart by its version."""
    fields: dict[str, object] = {
        "version": version,
        "account_kind": "person",
        "active_points": version % 13,
        "confirmed_points": version % 5,
        "active_strikes": version % 7,
        "warnings": version % 3,
        "total_strikes": version,
        "rung": version % 4,
        "suspended": version % 2 == 0,
        "suspended_until": T0 + timedelta(days=version % 30) if version % 2 == 0 else None,
        "terminated": False,
        "termination_proposed": False,
        "restrictions": ("links",) if version % 3 == 0 else (),
        "hidden_posts": 0,
        "merits": 0,
        "open_cases": 0,
        "reporter_muted": False,
    }
    return ledger.Standing(**{**fields, **changes})  # type: ignore[arg-type]  # a table of fields by name


def strike_issued(
    strike: str, at: datetime, *, severity: int = 1, counts_as: str = "strike"
) -> ledger.StrikeIssued:
    """A strike that a rule issued."""
    price = ledger.Price(severity, severity, 90)
    return ledger.StrikeIssued(
        strike=strike,
        act=f"post:{strike}",
        post=strike,
        revision=1,
        guideline="no-spam",
        case="links",
        severity=severity,
        price=price,
        raised=ledger.Price(severity + 1, severity + 1, 180),
        counts_as=counts_as,  # type: ignore[arg-type]  # the two words that the contract allows
        warning_first=counts_as == "warning",
        episode=f"episode-{strike}",
        episode_opened=True,
        occurred_at=at,
        effective_at=at,
        expires_at=at + timedelta(days=90),
        told_by=at + timedelta(days=1),
        actor=RULE,
        confirmed=False,
        evidence=EVIDENCE,
        notice=NOTICE,
        policy_version=POLICY,
        pricing_version=POLICY,
    )


def strike_amended(strike: str, at: datetime, *, severity: int = 2) -> ledger.StrikeAmended:
    """A worse revision of the act."""
    price = ledger.Price(severity, severity, 180)
    return ledger.StrikeAmended(
        strike,
        "revision",
        "no-spam",
        "offer",
        severity,
        price,
        price,
        "strike",
        at + timedelta(days=180),
        at,
        RULE,
        revision=2,
    )


def sanction_imposed(
    sanction: str,
    at: datetime,
    *,
    kind: ledger.SanctionKind = "suspension",
    strikes: tuple[str, ...] = (),
    hours: int = 24,
) -> ledger.SanctionImposed:
    """A sanction of the ladder."""
    ends = at + timedelta(hours=hours)
    return ledger.SanctionImposed(
        sanction, kind, "ladder", at, ends, 1, strikes, "signal-1", RULE, NOTICE, at
    )


def sanction_lifted(sanction: str, at: datetime, because: str = "ended") -> ledger.SanctionLifted:
    """The end of a sanction."""
    return ledger.SanctionLifted(sanction, "suspension", because, "signal-1", CLOCK, None, at)  # type: ignore[arg-type]  # a word of the contract


def case_finding(post: str, at: datetime) -> ledger.CaseFinding:
    """A finding that a case holds."""
    return ledger.CaseFinding(f"post:{post}", post, 1, "no-spam", "links", 1, at, EVIDENCE, POLICY)


def report_folded(report: str, case: str, at: datetime, *, withdrawn: bool = False) -> ledger.ReportFolded:
    """A report at its subject's account."""
    return ledger.ReportFolded(
        report, "acc-reporter", False, case, "no-spam", 1000, None, "reason-1", at, withdrawn
    )


class _Life:
    """What a random history has to know of an account, so that it contradicts itself nowhere."""

    def __init__(self) -> None:
        self.strikes: list[str] = []
        self.sanctions: list[str] = []
        self.cases: dict[str, int] = {}
        self.filed: list[str] = []
        self.folded: list[tuple[str, str]] = []
        self.proposals: list[str] = []
        self.appeals: list[str] = []


def random_history(
    random: Random,
    entries: int,
    accounts: int = 5,
    partition: int = 0,
    *,
    stride: int = 1,
    merits: float = 0.0,
) -> list[Recorded]:
    """A history of one partition. `merits` is the share of entries that touch nothing but the standing."""
    made = Ledger(partition, stride=stride)
    lives: dict[str, _Life] = {}
    for number in range(entries):
        account = f"acc-{partition}-{random.randrange(accounts)}"
        life = lives.setdefault(account, _Life())
        name = f"{partition}-{number}"
        outcomes: list[ledger.Outcome] = []
        if random.random() < merits:
            outcomes.append(ledger.MeritNoted("endorsement", name, "acc-other", made.now))
        else:
            for ordinal in range(random.randint(1, 3)):
                outcomes.extend(_outcomes(random, life, f"{name}-{ordinal}", account, made.now))
        made.add(account, *outcomes)
    return made.entries


def _outcomes(random: Random, life: _Life, name: str, account: str, now: datetime) -> list[ledger.Outcome]:
    choice = random.randrange(6)
    if choice <= 1:
        return _striking(random, life, name, now)
    if choice == 2:
        return _sanctioning(random, life, name, now)
    if choice == 3:
        return _casework(random, life, name, now)
    if choice == 4:
        return _reporting(random, life, name, now)
    return _rest(random, life, name, account, now)


def _striking(random: Random, life: _Life, name: str, now: datetime) -> list[ledger.Outcome]:
    if not life.strikes or random.random() < 0.5:
        life.strikes.append(f"strike-{name}")
        counts_as = random.choice(["strike", "strike", "warning"])
        return [strike_issued(f"strike-{name}", now, severity=random.randint(1, 3), counts_as=counts_as)]
    strike = random.choice(life.strikes)
    choices: list[ledger.Outcome] = [
        strike_amended(strike, now),
        ledger.StrikeConfirmed(strike, PERSON, now, POLICY),
        ledger.StrikeRemoved(strike, "overturned", PERSON, "reason-2", now),
        ledger.StrikeExpired(strike, now),
        ledger.NoticeNoted(strike, None, now),
    ]
    return [random.choice(choices)]


def _sanctioning(random: Random, life: _Life, name: str, now: datetime) -> list[ledger.Outcome]:
    if not life.sanctions or random.random() < 0.5:
        life.sanctions.append(f"sanction-{name}")
        kind: ledger.SanctionKind = random.choice(["suspension", "warning", "content_removal"])
        return [sanction_imposed(f"sanction-{name}", now, kind=kind, strikes=tuple(life.strikes[-1:]))]
    sanction = random.choice(life.sanctions)
    choices: list[ledger.Outcome] = [
        ledger.SanctionAmended(sanction, "reduced", now + timedelta(hours=1), PERSON, "reason-3", now),
        sanction_lifted(sanction, now),
        ledger.SanctionCarried(sanction, "carried_out", "", now),
        ledger.NoticeNoted(sanction, None, now),
    ]
    return [random.choice(choices)]


def _casework(random: Random, life: _Life, name: str, now: datetime) -> list[ledger.Outcome]:
    if not life.cases or random.random() < 0.4:
        life.cases[f"case-{name}"] = 1
        return [
            ledger.CaseOpened(
                f"case-{name}", f"post:{name}", "finding", random.random() < 0.2, "looks like spam", now
            )
        ]
    case = random.choice(sorted(life.cases))
    life.cases[case] += 1
    version = life.cases[case]
    if random.random() < 0.2:
        del life.cases[case]
        return [ledger.CaseClosed(case, version, "dismissed", PERSON, None, now)]
    found = case_finding(name, now) if random.random() < 0.5 else None
    strike = life.strikes[-1] if life.strikes else None
    escalated = True if random.random() < 0.2 else None
    return [
        ledger.CaseUpdated(
            case, version, now, strike, found, ("no-hate.slurs",), None, escalated, f"note-{name}", PERSON
        )
    ]


def _reporting(random: Random, life: _Life, name: str, now: datetime) -> list[ledger.Outcome]:
    if life.filed and random.random() < 0.4:
        report = random.choice(life.filed)
        if random.random() < 0.5:
            return [ledger.ReportSettled(report, "upheld", now)]
        return [ledger.ReportNoted(report, "acc-subject", "withdrawn", 0, now)]
    if life.folded and random.random() < 0.2:
        report, case = life.folded.pop()
        return [report_folded(report, case, now, withdrawn=True)]
    if life.cases and random.random() < 0.5:
        case = random.choice(sorted(life.cases))
        life.folded.append((f"report-in-{name}", case))
        return [report_folded(f"report-in-{name}", case, now)]
    life.filed.append(f"report-out-{name}")
    return [ledger.ReportNoted(f"report-out-{name}", "acc-subject", "forwarded", 1000, now)]


def _appealing(random: Random, life: _Life, name: str, now: datetime) -> list[ledger.Outcome]:
    if life.appeals and random.random() < 0.5:
        outcome: ledger.AppealOutcome = random.choice(["granted", "partly_granted", "denied"])
        fell = tuple(life.strikes[-1:]) if outcome == "granted" else ()
        severity = 1 if outcome == "partly_granted" else None
        appeal = life.appeals.pop()
        return [
            ledger.AppealDecided(
                appeal, f"own-{appeal}", "about", outcome, fell, 2, PERSON, "reason-4", now, severity
            )
        ]
    about = random.choice([*life.strikes, *life.sanctions, "unknown"])
    life.appeals.append(f"appeal-{name}")
    return [
        ledger.NoticeNoted(about, None, now, now + timedelta(days=30)),
        ledger.AppealFiled(
            f"appeal-{name}", f"own-{name}", about, "strike", "account", tuple(life.strikes[-2:]), "text-1",
            now + timedelta(days=30), now,
        ),
    ]  # fmt: skip


def _rest(random: Random, life: _Life, name: str, account: str, now: datetime) -> list[ledger.Outcome]:
    if random.random() < 0.4:
        return _appealing(random, life, name, now)
    if life.proposals and random.random() < 0.5:
        return [ledger.TerminationSettled(life.proposals.pop(), "dismissed", PERSON, now)]
    if random.random() < 0.3:
        life.proposals.append(f"proposal-{name}")
        return [ledger.TerminationProposed(f"proposal-{name}", RULE, "points", tuple(life.strikes[-2:]), now)]
    return [ledger.Refused("overturn", "stale", f"`{account}` has moved on", "look again", now, 3)]


def as_records(entries: list[Recorded], topic: str = "ledger") -> list[ConsumerRecord]:
    """The entries as a consumer would give them."""
    return [
        ConsumerRecord(
            topic=topic,
            partition=recorded.partition,
            offset=recorded.offset,
            timestamp=int(recorded.entry.recorded_at.timestamp() * 1000),
            timestamp_type=1,
            key=recorded.entry.entity.encode(),
            value=recorded.data,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=len(recorded.data),
            headers=(),
        )
        for recorded in entries
    ]
