"""Signals as screening and the clock write them: a well moderated community's mailbox, drawn from a seed.

Which strikes decisions and notices are about is known beforehand, since ids are derived.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from benchmarks.stack import PARTITIONS, partition_of
from events.codec import encode
from events.contents import content_ref
from events.ids import account_entity, derived_id, digest, partition_entity, post_act
from events.policy import Policy
from events.signals import (
    AccountChanged,
    Actor,
    Body,
    Decided,
    Finding,
    MeritEarned,
    NoticeDelivered,
    Origin,
    PostScreened,
    ReportFiled,
    SanctionReported,
    Signal,
    Span,
    Tick,
)

ACCOUNTS: Final = 40_000
TICK_EVERY_SIGNALS: Final = 2_000
TICK_STEP: Final = timedelta(minutes=10)
"""Time runs faster than in real use, so that suspensions end and the clock has work."""
REMEMBERED: Final = 2_000
"""Strikes among which decisions and notices choose: so many of the latest, at least."""
RULES: Final = digest(b"the rules of a benchmark")

CASES: Final = (
    ("keep-it-clean", "strong-cursing", 95),
    ("keep-it-clean", "strong-cursing", 60),
    ("keep-it-clean", "cursing-at-somebody", 97),
    ("keep-it-clean", "mild-expletive", 90),
    ("no-selling", "commercial-link", 92),
    ("no-selling", "prospecting", 70),
    ("no-selling", "prospecting", 95),
)
SHARES: Final = (
    ("post", 26),
    ("merit", 22),
    ("account", 12),
    ("report", 10),
    ("notice", 10),
    ("carried", 7),
    ("decision", 7),
    ("edit", 4),
    ("worse", 2),
)
"""What arrives, in per cent; in an `edit` nothing was found, a `worse` one breaks more than the post did.

A report makes a second signal, to the account that it is about.
"""

Sent = tuple[bytes, bytes, int | None]


class Struck(NamedTuple):
    """What a decision or notice can be about."""

    account: str
    post: str
    strike: str


class Mailbox:
    """Draws signals one after the other, to and from so many accounts."""

    def __init__(self, seed: int, policy: Policy, begin: datetime, accounts: int = ACCOUNTS) -> None:
        self._random = Random(seed)
        self._accounts = accounts
        self._policy = policy
        self._now = begin
        self._count = 0
        self._struck: list[Struck] = []
        self._kinds = [kind for kind, share in SHARES for _ in range(share)]

    def next(self) -> Signal:
        """The next signal; time goes on by itself, see `tick`."""
        self._count += 1
        kind: str = self._random.choice(self._kinds)
        signal: Signal = getattr(self, f"_{kind}")()
        return signal

    def tick(self, partition: int) -> Signal:
        """What time it is."""
        at = self._now
        return self._signal(
            partition_entity(partition),
            Tick(at),
            Actor("clock", "clock"),
            "control",
            f"tick-{partition}-{at}",
        )

    def pass_time(self) -> None:
        """It becomes later."""
        self._now += TICK_STEP

    def _signal(self, entity: str, body: Body, actor: Actor, topic: str, event: str = "") -> Signal:
        event = event or f"event-{self._count}"
        return Signal(
            id=derived_id(entity, event, str(type(body).__struct_config__.tag)),
            entity=entity,
            occurred_at=self._now - timedelta(seconds=2),
            received_at=self._now,
            actor=actor,
            causation_id=event,
            correlation_id=event,
            policy_version=self._policy.version,
            body=body,
            origin=Origin(topic, 0, self._count, event, f"goodstanding.{topic}.v1"),
        )

    def _account_id(self) -> str:
        # Some accounts are busier than others: a quarter of all signals are for a tenth of them.
        return f"member-{int(self._accounts * self._random.random() ** 1.66)}"

    def _screened(self, account: str, post: str, revision: int) -> Signal:
        guideline, case_id, confidence = self._random.choice(CASES)
        case = self._policy.case(guideline, case_id)
        assert case is not None
        finding = Finding(
            guideline,
            case_id,
            f"{guideline}.rule",
            1,
            case.severity,
            confidence,
            case.mode_for(confidence),
            (Span(8, 20), Span(31, 36)),
            "strong",
            "a strong word, at nobody",
        )
        event = f"event-{self._count}"
        body = PostScreened(
            account=account,
            post=post,
            revision=revision,
            change="created" if revision == 1 else "edited",
            direct=False,
            thread=f"thread-{self._count % 999}",
            content_ref=content_ref(account, event, "post"),
            content_digest=digest(event.encode()),
            language="en",
            findings=(finding,),
            rules_digest=RULES,
        )
        signal = self._signal(account_entity(account), body, Actor("rule", "screening"), "posts")
        if finding.mode == "enforce" and case.severity and revision == 1:
            self._struck.append(Struck(account, post, strike_id(signal, post)))
            if len(self._struck) > 2 * REMEMBERED:
                del self._struck[:REMEMBERED]
        return signal

    def _post(self) -> Signal:
        return self._screened(self._account_id(), f"post-{self._count}", 1)

    def _worse(self) -> Signal:
        if not self._struck:
            return self._post()
        struck = self._random.choice(self._struck)
        return self._screened(struck.account, struck.post, 2)

    def _edit(self) -> Signal:
        account, post = self._account_id(), f"post-{self._count}"
        body = PostScreened(account, post, 2, "edited", False, None, None, None, "en", (), (), RULES)
        return self._signal(account_entity(account), body, Actor("account", account), "posts")

    def _report(self) -> Signal:
        reporter, subject = self._account_id(), self._account_id()
        post = f"post-{self._random.randrange(self._count)}"
        body = ReportFiled(f"report-{self._count}", reporter, subject, post, 1, "no-spam", None, None)
        return self._signal(account_entity(reporter), body, Actor("account", reporter), "reports")

    def _merit(self) -> Signal:
        account, by = self._account_id(), self._account_id()
        body = MeritEarned(account, "endorsement", f"post-{self._count}", by)
        return self._signal(account_entity(account), body, Actor("account", by), "posts")

    def _account(self) -> Signal:
        return self.registered(self._account_id())

    def registered(self, account: str) -> Signal:
        """The registration of an account."""
        address = f"k1:{digest(account.encode())[:32]}"
        body = AccountChanged(account, "registered", "person", (address,), (address,), (), True, "business")
        return self._signal(account_entity(account), body, Actor("platform", "platform"), "accounts")

    def _notice(self) -> Signal:
        if not self._struck:
            return self._account()
        struck = self._random.choice(self._struck)
        body = NoticeDelivered(struck.account, struck.strike)
        return self._signal(account_entity(struck.account), body, Actor("platform", "platform"), "accounts")

    def _carried(self) -> Signal:
        if not self._struck:
            return self._account()
        struck = self._random.choice(self._struck)
        body = SanctionReported(struck.account, struck.strike, "carried_out")
        return self._signal(account_entity(struck.account), body, Actor("platform", "platform"), "accounts")

    def _decision(self) -> Signal:
        if not self._struck:
            return self._account()
        struck = self._struck.pop(self._random.randrange(len(self._struck)))
        decision = self._random.choice(("confirm", "confirm", "confirm", "overturn", "waive"))
        body = Decided(struck.account, decision, "strike", struck.strike, 1, f"reason-{self._count}")
        return self._signal(account_entity(struck.account), body, Actor("person", "moderator-7"), "decisions")


def strike_id(signal: Signal, post: str) -> str:
    """The id that the strike of this signal's post gets."""
    return derived_id(signal.entity, signal.id, f"strike:{post_act(post)}")


def mailbox(
    seed: int, number: int, policy: Policy, begin: datetime, accounts: int = ACCOUNTS
) -> Iterator[Sent]:
    """So many signals from `begin` on, and the ticks between them, as records: key, value, partition."""
    drawn = Mailbox(seed, policy, begin, accounts)
    for count in range(number):
        if count % TICK_EVERY_SIGNALS == 0:
            drawn.pass_time()
            for partition in range(PARTITIONS):
                yield partition_entity(partition).encode(), encode(drawn.tick(partition)), partition
        signal = drawn.next()
        key = signal.entity.encode()
        yield key, encode(signal), partition_of(key)
