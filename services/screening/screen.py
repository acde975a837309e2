"""Screening one partition's records, purely: input records in, records to send out.

Validates each event by its contract, holds posts against the guidelines, and forwards only what bears on
somebody's standing: posts in which something was found or a rule raised, edits and deletions always, and
everything of the other topics. Bad input becomes a dead letter. Each record's outputs depend on the records
before it only through the window and the breakers, and never on how batches are cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, cast

import msgspec
from pydantic import ValidationError

from events.accounts import AccountUnion
from events.contents import Content, content_ref
from events.dead_letters import Rejected, to_headers
from events.decisions import DecisionUnion
from events.explain import explain
from events.ids import account_entity, digest
from events.intake import HORIZON, INPUT_ERRORS, read_event
from events.posts import AnswerAccepted, PostCreated, PostDeleted, PostEdited, PostEndorsed
from events.reports import ReportFiled, ReportWithdrawn
from events.signals import Actor, Finding, PostScreened
from services.runtime.stage import Output, Record
from services.screening.breaker import Breakers, Missed
from services.screening.digests import IdentityKey
from services.screening.fast import FastPost, read_fast
from services.screening.fingerprints import Fingerprinter, Popularity, targets_of
from services.screening.forward import (
    SCREENING,
    Context,
    Sent,
    content_output,
    context,
    forward_account,
    forward_decision,
    forward_merit,
    forward_report,
    received,
)
from services.screening.post import Post, text_of
from services.screening.rulebook import ActiveRule, Rulebook
from services.screening.text.fold import fold
from services.screening.text.hosts import LinkFound, find_links
from services.screening.text.script import NO_LETTERS, foreign, language
from services.screening.window import Window

PLACEHOLDER: Final = "█"
"""Stands for each character of what must not be kept, so that places stay the same."""
READ_AHEAD_RECORDS: Final = 1_000
"""Records of `posts` that are read before the first of them is screened."""
RESCREENED: Final = "post_screened_again"
"""Tells the signal of a post that was screened again by a rule that had missed it from the first one."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What the rules came to for one post.

    `script` is one other than Latin in which a good part is written; `unread` are the rules that can't read
    it, and so haven't cleared the post.
    """

    findings: tuple[Finding, ...] = ()
    failed_rules: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    script: str | None = None


CLEAN: Final = Verdict()


class Counts(msgspec.Struct, gc=False):
    """What happened since somebody last looked, for metrics and the log; no part of any decision."""

    dead: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """By topic and reason."""
    findings: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """By guideline and mode."""
    failed: Counter[str] = msgspec.field(default_factory=Counter)
    """Rules that raised."""
    unread: Counter[str] = msgspec.field(default_factory=Counter)
    """Posts by script that some rule can't read."""
    incidents: list[tuple[str, int, str]] = msgspec.field(default_factory=list)
    """Rules that were suspended: name, offset, and what was raised last."""


class Screen:
    """One partition's screening.

    Changed in place by each record; see `Core` in `services/runtime/stage.py`.
    """

    def __init__(self, key: IdentityKey) -> None:
        self._key = key
        self._rulebook: Rulebook | None = None
        self.window = Window()
        self.popularity = Popularity()
        self._fingerprinter: Fingerprinter | None = None
        self.breakers = Breakers()
        self.counts = Counts()

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force. Asked for before there are any, it raises `LookupError`."""
        if self._rulebook is None:
            raise LookupError(
                "no policy yet: screening can't decide anything; wait for one before the first batch"
            )
        return self._rulebook

    def take_up(self, rulebook: Rulebook) -> None:
        """Screen by these rules from the next record on."""
        self._rulebook = rulebook
        self._fingerprinter = Fingerprinter(rulebook.policy)
        self.breakers.take_up(rulebook.digest)

    def take_counts(self) -> Counts:
        """What was counted since the last call."""
        counts, self.counts = self.counts, Counts()
        return counts

    def screen(self, topic: str, record: Record) -> list[Output]:
        """What one record leads to. `topic` is the catalogue's name."""
        try:
            event = read_event(topic, record.key, record.value, received(record))
        except INPUT_ERRORS as error:
            return [self._dead(topic, record, error)]
        if isinstance(event, PostCreated | PostEdited):
            return self._post(record, event)
        at = self._context(topic, record, event)
        match event:
            case PostDeleted():
                return [_unread(at, event)]
            case PostEndorsed() | AnswerAccepted():
                return forward_merit(at, event)
            case ReportFiled() | ReportWithdrawn():
                return forward_report(at, event, self._key)
        if topic == "decisions":
            return forward_decision(at, cast("DecisionUnion", event))
        return forward_account(at, cast("AccountUnion", event), self._key, self.rulebook.accounts)

    def screen_posts(self, records: Sequence[Record]) -> list[Output]:
        """What records of `posts` lead to. New public posts take a shorter way here, with the same result.

        Some records are read, then all of their texts are looked through, and only then does one post after
        the other meet the window and the rules: what each of the three needs stays in the processor's caches.
        """
        outputs: list[Output] = []
        scan, breakers, saw = self.rulebook.scanner.scan, self.breakers, self.window.saw
        for start in range(0, len(records), READ_AHEAD_RECORDS):
            page = records[start : start + READ_AHEAD_RECORDS]
            posts = _read_fast(page)
            texts = [None if post is None else text_of(post.data) for post in posts]
            folds = [None if text is None else fold(text) for text in texts]
            scans = [() if folded is None else tuple(scan(folded)) for folded in folds]
            for record, post, text, folded, found in zip(page, posts, texts, folds, scans, strict=True):
                if post is None or text is None or folded is None:
                    outputs += self.screen("posts", record)
                    continue
                breakers.seen += 1
                data = post.data
                busy = saw(post.subject, data.post, data.thread, record.timestamp, folded, post.time)
                hits = (*found, self.rulebook.busy) if busy else found
                if hits or foreign(folded) is not None:
                    outputs += self._hit(record, post, text, folded, hits)
        return outputs

    def observe(self, records: Iterable[Record]) -> None:
        """See posts again that were screened before: only the window takes them up."""
        for record in records:
            event = _new_text(record)
            if event is None:
                continue
            if event.data.visibility == "direct":
                if isinstance(event, PostCreated):
                    self._wrote(event, record.timestamp)
                continue
            folded = fold(text_of(event.data))
            self._saw(event, record.timestamp, folded)
            self._remember(event, record.timestamp, find_links(folded))

    def screen_again(self, missed: Missed, records: Iterable[Record]) -> list[Output]:
        """Posts that a suspended rule has missed, held against that rule alone.

        Posts without a finding lead to nothing.
        """
        outputs: list[Output] = []
        for record in records:
            event = _new_text(record)
            if event is None or event.data.visibility == "direct":
                continue
            text = text_of(event.data)
            folded = fold(text)
            hits = self.rulebook.scanner.scan(folded)
            linking = not self.rulebook.links.isdisjoint(hits)
            post = self._read(record.timestamp, event, text, folded, hits)
            verdict = self._verdict(post, record.offset, missed.rule)
            if verdict.findings or verdict.failed_rules:
                links = post.links if linking else []
                outputs += self._forward(record, event, post, verdict, links, (), RESCREENED)
        return outputs

    # --- posts ----------------------------------------------------------------------------------------------

    def verdict(self, event: PublicPost, at_ms: int) -> Verdict:
        """What the rules come to for one post, which the window takes up too; for dry runs."""
        if event.data.visibility == "direct":
            return self._message_verdict(event, at_ms, 0) if isinstance(event, PostCreated) else CLEAN
        text = text_of(event.data)
        folded = fold(text)
        hits = self.rulebook.scanner.scan(folded)
        if self._saw(event, at_ms, folded):
            hits.append(self.rulebook.busy)
        post = self._read(at_ms, event, text, folded, hits)
        self._remember(event, at_ms, post.links)
        return self._verdict(post, 0)

    def _post(self, record: Record, event: PostCreated | PostEdited) -> list[Output]:
        """A post by its contract. A direct message's text isn't read."""
        if event.data.visibility == "direct":
            return self._message(record, event)
        self.breakers.seen += 1
        text = text_of(event.data)
        folded = fold(text)
        hits = self.rulebook.scanner.scan(folded)
        if self._saw(event, record.timestamp, folded):
            hits.append(self.rulebook.busy)
        if not hits and isinstance(event, PostCreated) and foreign(folded) is None:
            return []
        return self._hit(record, event, text, folded, hits)

    def _message(self, record: Record, event: PostCreated | PostEdited) -> list[Output]:
        """A direct message: whom it went to counts; its text isn't read, and doesn't go on."""
        if isinstance(event, PostEdited):
            return [_unread(self._context("posts", record, event), event)]
        self.breakers.seen += 1
        verdict = self._message_verdict(event, record.timestamp, record.offset)
        if not (verdict.findings or verdict.failed_rules):
            return []
        for finding in verdict.findings:
            self.counts.findings[finding.guideline, finding.mode] += 1
        at = self._context("posts", record, event)
        return [_unread(at, event, verdict, self.rulebook.digest)]

    def _message_verdict(self, event: PostCreated, at_ms: int, offset: int) -> Verdict:
        if not self._wrote(event, at_ms):
            return CLEAN
        post = self._read(at_ms, event, "", "", [self.rulebook.messaged])
        return self._verdict(post, offset)

    def _hit(
        self, record: Record, event: PublicPost, text: str, folded: str, hits: Sequence[int]
    ) -> list[Output]:
        """A post in which something occurs, or that was edited."""
        linking = not self.rulebook.links.isdisjoint(hits)
        post = self._read(record.timestamp, event, text, folded, hits)
        links: Sequence[LinkFound] = ()
        domains: tuple[str, ...] = ()
        if linking:
            links = post.links
            self._remember(event, record.timestamp, links)
            if self._fingerprinter is not None:
                domains = self._fingerprinter.bears(links, self.popularity, record.timestamp)
        verdict = self._verdict(post, record.offset)
        if verdict.script is not None and verdict.unread:
            self.counts.unread[verdict.script] += 1
        if verdict.findings or verdict.failed_rules or domains or isinstance(event, PostEdited):
            return self._forward(record, event, post, verdict, links, domains)
        return []

    def _read(self, at_ms: int, event: PublicPost, text: str, folded: str, hits: Sequence[int]) -> Post:
        post = Post(event.subject, event.data, text, at_ms, self._key)
        post.read(folded, self.rulebook.scanner, hits)
        return post

    def _verdict(self, post: Post, offset: int, only: str | None = None) -> Verdict:
        """`only`: the one rule to be asked; None: all."""
        rulebook = self.rulebook
        findings: list[Finding] = []
        failed: list[str] = []
        for place, hits in rulebook.hits(post.readings).items():
            active = rulebook.rules[place]
            if only is not None and active.name != only:
                continue
            if not self.breakers.is_open(active.name):
                self.breakers.miss(active.name, offset)
                continue
            try:
                found = active.rule.find(post, hits, self.window)
                findings += [rulebook.finding(active, one) for one in found]
            except Exception as error:  # noqa: BLE001  # an error of a rule is a verdict of its own, named in the signal
                failed.append(active.name)
                self._failed(active, offset, error)
        script = foreign(post.text)
        if not (findings or failed or script):
            return CLEAN
        unread = [
            active.name for active in rulebook.rules if script and script not in active.contract.scripts
        ]
        return Verdict(tuple(findings), tuple(failed), tuple(unread), script)

    def _failed(self, active: ActiveRule, offset: int, error: Exception) -> None:
        self.counts.failed[active.name] += 1
        if self.breakers.failed(active.name, offset, self.rulebook.policy.breaker):
            self.counts.incidents.append((active.name, offset, type(error).__name__))

    def _forward(
        self,
        record: Record,
        event: PublicPost,
        post: Post,
        verdict: Verdict,
        links: Sequence[LinkFound],
        domains: tuple[str, ...],
        kind: str | None = None,
    ) -> list[Output]:
        """The post's signal, and its text where somebody may have to look at it."""
        at = self._context("posts", record, event)
        data, account = event.data, event.subject
        flagged = bool(verdict.findings or verdict.failed_rules)
        kept = flagged or bool(domains)
        tag = verdict.script or language(post.text)
        ref = content_ref(account, at.origin.event, "post") if kept else None
        prints = None
        if kept and self._fingerprinter is not None:
            prints = self._fingerprinter.take(post.text, links, domains, self._key)
        body = PostScreened(
            account=account,
            post=data.post,
            revision=data.revision,
            change="edited" if isinstance(event, PostEdited) else "created",
            direct=False,
            thread=data.thread,
            content_ref=ref,
            content_digest=digest(post.original.encode()) if kept else None,
            language=tag,
            findings=verdict.findings,
            failed_rules=verdict.failed_rules,
            rules_digest=self.rulebook.digest,
            fingerprints=prints,
            targets=targets_of(account, post) if verdict.findings else (),
        )
        for finding in verdict.findings:
            self.counts.findings[finding.guideline, finding.mode] += 1
        outputs = [
            at.signal(
                account_entity(account), body, SCREENING if flagged else Actor("account", account), kind
            )
        ]
        if ref is not None:
            outputs.insert(0, content_output(self._snapshot(at, ref, event, verdict, tag)))
        return outputs

    def _snapshot(self, at: Context, ref: str, event: PublicPost, verdict: Verdict, tag: str) -> Content:
        """The post as a moderator will see it: without what the policy has removed."""
        data = event.data
        removed = [
            (span.field, span.start, span.end)
            for finding in verdict.findings
            if (case := self.rulebook.policy.case(finding.guideline, finding.case))
            and case.content == "removed"
            for span in finding.spans
        ]
        return Content(
            ref,
            event.subject,
            "post",
            _masked(data.body, [(start, end) for field, start, end in removed if field == "body"]),
            at.occurred_at,
            at.received_at,
            post=data.post,
            revision=data.revision,
            title=data.title
            and _masked(data.title, [(start, end) for field, start, end in removed if field == "title"]),
            # A link or a file's name with something to be removed in it is left out whole.
            links=()
            if any(field == "link" for field, _, _ in removed)
            else tuple(link.url for link in data.links),
            attachments=()
            if any(field == "attachment" for field, _, _ in removed)
            else tuple(attachment.name for attachment in data.attachments),
            language=tag,
        )

    def _remember(self, event: PublicPost, at_ms: int, links: Sequence[LinkFound]) -> None:
        data = event.data
        self.popularity.add(links, at_ms)
        self.window.add(
            event.subject, data.post, at_ms, [link.host for link in links], data.thread or data.post
        )

    def _saw(self, event: PublicPost, at_ms: int, folded: str) -> bool:
        """Whether the author of a new post is busy; an edit adds nothing to a flood."""
        if isinstance(event, PostEdited):
            return False
        return self.window.saw(event.subject, event.data.post, event.data.thread, at_ms, folded, event.time)

    def _wrote(self, event: PostCreated, at_ms: int) -> bool:
        """Whether a direct message may be one of many. Who answers has been written to."""
        data = event.data
        if data.reply_to is not None:
            return False
        return self.window.wrote(event.subject, data.recipients, data.thread, at_ms, event.time)

    # --- the rest -------------------------------------------------------------------------------------------

    def _context(self, topic: str, record: Record, event: Sent) -> Context:
        return context(topic, record, event, self.rulebook.policy.version)

    def _dead(self, topic: str, record: Record, error: ValidationError | Rejected) -> Output:
        """The dead letter of a record: its own bytes, and why it was refused."""
        reason = explain(error, topic)
        self.counts.dead[topic, reason.code] += 1
        headers = to_headers(reason, topic, record.partition, record.offset, record.timestamp)
        return Output("dead_letters", record.key, record.value, headers=(*record.headers, *headers))


PublicPost = FastPost | PostCreated | PostEdited


def _read_fast(records: Sequence[Record]) -> list[FastPost | None]:
    """The new public posts among records; None for what the contract has to read.

    How old an event may be is told from the newest record: the contract reads what may be too old.
    """
    horizon = received(max(records, key=lambda record: record.timestamp)) - HORIZON
    return [read_fast(record.key, record.value, horizon) for record in records]


def _new_text(record: Record) -> PublicPost | None:
    """The post or message in a record of `posts`; None for everything else, bad input too."""
    at = received(record)
    post = read_fast(record.key, record.value, at - HORIZON)
    if post is not None:
        return post
    try:
        event = read_event("posts", record.key, record.value, at)
    except INPUT_ERRORS:
        return None
    return event if isinstance(event, PostCreated | PostEdited) else None


def _unread(
    at: Context,
    event: PostDeleted | PostEdited | PostCreated,
    verdict: Verdict = CLEAN,
    rules_digest: str = "",
) -> Output:
    """A post that is gone, or a direct message: that it was, and nothing of its text."""
    data = event.data
    body = PostScreened(
        account=event.subject,
        post=data.post,
        revision=data.revision,
        change=_CHANGES[type(event)],
        direct=data.visibility == "direct",
        thread=data.thread,
        content_ref=None,
        content_digest=None,
        language=NO_LETTERS,
        findings=verdict.findings,
        failed_rules=verdict.failed_rules,
        rules_digest=rules_digest,
    )
    actor = SCREENING if rules_digest else Actor("account", event.subject)
    return at.signal(account_entity(event.subject), body, actor)


_CHANGES: Final[dict[type, Literal["created", "edited", "deleted"]]] = {
    PostCreated: "created",
    PostEdited: "edited",
    PostDeleted: "deleted",
}


def _masked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + PLACEHOLDER * (end - start) + text[end:]
    return text
