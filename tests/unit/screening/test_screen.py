from __future__ import annotations

import itertools
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.dead_letters import from_headers, original_headers
from events.policy import Breaker, RuleSettings
from events.signals import Finding
from services.runtime.stage import Output
from services.screening.guidelines import RULES
from services.screening.rule import Found, RuleContract
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen
from services.screening.text.matching import Pattern
from tests.support.policies import community
from tests.support.screening import (
    KEY,
    NOW,
    InputRecord,
    contents_of,
    default_rulebook,
    event,
    post_event,
    post_record,
    record,
    screen_with,
    screened,
    signals_of,
)

BODIES = [
    "how do I build a funnel?",
    "fuck this report",
    "our tool does that: https://charts.example/how",
    "see https://docs.vendor.example/a",
    "damn",
    "his card is 5425-2334-3010-9903",
    "это наша воронка, смотрите сюда",
    "b1tch please 🙂",
]


def all_outputs(screen: Screen, records: list[InputRecord], cuts: list[int]) -> list[Output]:
    """Outputs of records given in batches that are cut where `cuts` say."""
    outputs: list[Output] = []
    for start, end in itertools.pairwise([0, *sorted(cuts), len(records)]):
        outputs += screen.screen_posts(records[start:end])
    return outputs


def talk(numbers: list[int]) -> list[InputRecord]:
    """Posts of two authors, five seconds apart."""
    return [
        post_record(BODIES[n], offset=offset, at_s=offset * 5, author=("ada", "bob")[offset % 2])
        for offset, n in enumerate(numbers)
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, len(BODIES) - 1), max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_how_batches_are_cut_changes_nothing(numbers: list[int], cuts: list[int]) -> None:
    """The same records give the same outputs, whole or in pieces, and one by one by their contract."""
    records = talk(numbers)
    whole = all_outputs(screen_with(), records, [])
    assert all_outputs(screen_with(), records, [min(cut, len(records)) for cut in cuts]) == whole
    slow = screen_with()
    assert [output for one in records for output in slow.screen("posts", one)] == whole


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(BODIES) - 1), min_size=1, max_size=30), st.integers(0, 30))
def test_a_window_that_was_rebuilt_is_the_one_that_was_lost(numbers: list[int], lost_at: int) -> None:
    """After a restart and a look at the last posts, the rest comes out as if nothing had happened."""
    records, lost_at = talk(numbers), min(lost_at, len(numbers))
    live = screen_with()
    live.screen_posts(records[:lost_at])
    again = screen_with()
    again.observe(records[:lost_at])
    assert again.screen_posts(records[lost_at:]) == live.screen_posts(records[lost_at:])


def test_a_clean_post_leads_to_nothing() -> None:
    """Nothing bears on anybody's standing, so nothing goes on."""
    assert screen_with().screen_posts([post_record("how do I build a funnel? 🙂")]) == []


def test_what_was_found_goes_to_the_author_with_its_text_apart() -> None:
    """One signal to the account, and the text in `contents` under the reference that the signal holds."""
    outputs = screen_with().screen_posts([post_record("what the fuck", offset=7, title="hm", thread="t1")])
    (signal,), (content,), (post,) = signals_of(outputs), contents_of(outputs), screened(outputs)
    assert (signal.entity, signal.origin and signal.origin.offset) == ("account:ada", 7)
    assert (post.content_ref, post.thread, post.change) == (content.ref, "t1", "created")
    assert (content.text, content.title, content.account) == ("what the fuck", "hm", "ada")
    assert post.rules_digest == default_rulebook().digest
    assert signal.policy_version == community().version
    assert b"fuck" not in next(output.value or b"" for output in outputs if output.topic == "signals")


def test_the_same_event_twice_gives_the_same_ids() -> None:
    """A second delivery is recognised by whoever gets it."""
    screen = screen_with()
    first, second = (
        signals_of(screen.screen_posts([post_record("fuck", offset=n, post="p")]))[0] for n in (1, 2)
    )
    assert first.id == second.id


def test_what_happens_later_than_it_was_received_happened_then() -> None:
    """A producer's clock that runs ahead is clamped to the broker's."""
    ahead = post_event("fuck") | {"time": "2030-01-02T12:00:00+02:00"}
    (signal,) = signals_of(screen_with().screen_posts([record("posts", ahead)]))
    assert signal.occurred_at == signal.received_at == NOW


@pytest.mark.parametrize("body", ["all is well", "fuck this"])
def test_edits_always_go_on(body: str) -> None:
    """An edit may take back what was found before, so it goes on whatever it says."""
    edited = event("post.edited", "ada", {"post": "p1", "revision": 2, "body": body})
    (post,) = screened(screen_with().screen_posts([record("posts", edited)]))
    assert (post.change, bool(post.findings)) == ("edited", "fuck" in body)


def test_deletions_always_go_on() -> None:
    """A post that is gone is told of, without any text."""
    gone = event("post.deleted", "ada", {"post": "p1", "revision": 1})
    (post,) = screened(screen_with().screen_posts([record("posts", gone)]))
    assert (post.change, post.content_ref, post.findings) == ("deleted", None, ())


def test_a_script_that_no_rule_reads_is_counted() -> None:
    """What a rule can't read, it hasn't cleared: it is counted by script."""
    screen = screen_with()
    assert screen.screen_posts([post_record("это наша воронка, смотрите сюда")]) == []
    assert screen.take_counts().unread == {"und-Cyrl": 1}


BAD: list[tuple[str, InputRecord, str]] = [
    ("posts", record("posts", b"{"), "json_invalid"),
    ("posts", record("posts", None), "value_missing"),
    ("posts", record("posts", post_event("hi"), key=None), "key_missing"),
    ("posts", record("posts", post_event("hi"), key=b"bob"), "key_mismatch"),
    ("posts", record("posts", post_event("hi") | {"time": "2029-11-01T00:00:00Z"}), "too_old"),
    (
        "posts",
        record("posts", post_event("hi") | {"type": "goodstanding.post.created.v9"}),
        "version_unknown",
    ),
    ("posts", record("posts", post_event("hi") | {"type": "goodstanding.poost.created.v1"}), "type_unknown"),
    ("posts", record("posts", post_event("hi", revision="1")), "field_invalid"),
    (
        "posts",
        record("posts", event("post.endorsed", "ada", {"post": "p", "by": "ada"})),
        "fields_contradict",
    ),
    (
        "accounts",
        record("accounts", event("appeal.filed", "ada", {"appeal": "a1", "about": "s1", "text": " "})),
        "field_invalid",
    ),
    ("decisions", record("decisions", event("decision.note", "ada", {"reason": "x"})), "field_missing"),
]


@pytest.mark.parametrize(("topic", "bad", "code"), BAD)
def test_bad_input_becomes_one_dead_letter(topic: str, bad: InputRecord, code: str) -> None:
    """With its own bytes, key and headers, a reason, and where it stood; its neighbours go on."""
    bad.headers = (("trace", b"1"),)
    screen = screen_with()
    (dead,) = screen.screen(topic, bad)
    letter = from_headers(dead.headers)
    assert letter is not None
    assert (letter.reason.code, letter.topic) == (code, topic)
    assert (dead.topic, dead.key, dead.value) == ("dead_letters", bad.key, bad.value)
    assert original_headers(dead.headers) == (("trace", b"1"),)


def test_old_events_are_welcome_as_imports() -> None:
    """An import may be as old as it likes, and its signal says that it is one."""
    old = post_event("fuck") | {"time": "2019-11-01T00:00:00Z", "imported": True}
    (signal,) = signals_of(screen_with().screen_posts([record("posts", old)]))
    assert signal.imported


# --- rules that raise -------------------------------------------------------------------------------------


class Brittle:
    """Finds `marble`, and raises for `crash`."""

    contract: ClassVar[RuleContract] = RuleContract("no-spam.brittle", 1, "no-spam", ("repetition",))

    def __init__(self, rule_settings: RuleSettings) -> None:
        self.settings = rule_settings

    def patterns(self) -> list[Pattern]:
        """Two words."""
        return [Pattern("word", r"\bmarble\b"), Pattern("word", r"\bcrash\b")]

    def find(self, post: Any, _hits: Any, _window: Any) -> list[Found]:
        """Raises where the post says so."""
        if "crash" in post.text:
            raise ZeroDivisionError
        return [Found("repetition", 95, (), "word", "a word")]


class Mended(Brittle):
    """The same, mended."""

    contract: ClassVar[RuleContract] = RuleContract("no-spam.brittle", 2, "no-spam", ("repetition",))

    def find(self, _post: Any, _hits: Any, _window: Any) -> list[Found]:
        """Raises no more."""
        return [Found("repetition", 95, (), "word", "a word")]


def rulebook_with(rule: type[Any]) -> Rulebook:
    """The default rules and one more; three failures within ten posts suspend a rule."""
    policy = community().model_copy(
        update={
            "rules": {**community().rules, "no-spam.brittle": RuleSettings()},
            "breaker": Breaker(failures=3, events=10),
        }
    )
    return Rulebook(policy, (*RULES, rule))


BRITTLE, MENDED = rulebook_with(Brittle), rulebook_with(Mended)


def findings_of(outputs: list[Output]) -> list[tuple[str, list[str], tuple[str, ...]]]:
    """Post, cases and failed rules of each signal."""
    return [(post.post, [f.case for f in post.findings], post.failed_rules) for post in screened(outputs)]


def test_a_rule_that_raises_is_a_third_verdict() -> None:
    """The post goes to review with the rule named, the other rules go on, and so do the other posts."""
    records = [
        post_record("marble", thread="t"),
        post_record("what the fuck, a crash", offset=1, thread="t"),
        post_record("marble", offset=2, thread="t"),
    ]
    assert findings_of(screen_with(BRITTLE).screen_posts(records)) == [
        ("p0", ["repetition"], ()),
        ("p1", ["strong-cursing"], ("no-spam.brittle",)),
        ("p2", ["repetition"], ()),
    ]


def test_a_rule_that_keeps_raising_is_one_incident() -> None:
    """After the third failure the rule is left out.

    No further review cases, one incident, and what it missed is noted.
    """
    screen = screen_with(BRITTLE)
    outputs = screen.screen_posts([post_record("crash", offset=n, thread="t") for n in range(50)])
    assert [post for post, _, failed in findings_of(outputs) if failed] == ["p0", "p1", "p2"]
    assert [incident[:2] for incident in screen.take_counts().incidents] == [("no-spam.brittle", 2)]
    assert screen.breakers.gates["no-spam.brittle"].missed_count == 47


def test_failures_far_apart_suspend_nothing() -> None:
    """One raise in a while is a post for review each time, and no incident."""
    screen = screen_with(BRITTLE)
    outputs = screen.screen_posts(
        [post_record("crash" if n % 8 == 0 else "hello", offset=n, thread="t") for n in range(80)]
    )
    assert len(findings_of(outputs)) == 10
    assert screen.take_counts().incidents == []


def test_what_a_suspended_rule_missed_is_screened_again_once_it_is_mended() -> None:
    """By that rule alone, with ids of its own, and nothing is left to do after it."""
    screen = screen_with(BRITTLE)
    records = [post_record("crash", offset=n, thread="t") for n in range(3)]
    records.append(post_record("marble, fuck", offset=3, thread="t"))
    first = screen.screen_posts(records)
    assert findings_of(first)[-1] == ("p3", ["strong-cursing"], ())
    screen.take_up(MENDED)
    due = screen.breakers.due()
    assert due is not None
    assert (due.rule, due.start, due.end, due.count) == ("no-spam.brittle", 3, 4, 1)
    again = screen.screen_again(due, records[due.start : due.end])
    screen.breakers.screened_again(due.end)
    assert findings_of(again) == [("p3", ["repetition"], ())]
    assert {s.id for s in signals_of(again)}.isdisjoint(s.id for s in signals_of(first))
    assert screen.breakers.due() is None


def test_a_rule_in_shadow_records_and_has_no_effect() -> None:
    """Whatever the case says."""
    policy = community().model_copy(update={"rules": {"no-spam.brittle": RuleSettings(mode="shadow")}})
    outputs = screen_with(Rulebook(policy, (Mended,))).screen_posts([post_record("marble")])
    assert [f.mode for post in screened(outputs) for f in post.findings] == ["shadow"]


def test_a_disabled_rule_finds_nothing() -> None:
    """It is as if it weren't there."""
    policy = community().model_copy(update={"rules": {"no-spam.brittle": RuleSettings(enabled=False)}})
    assert screen_with(Rulebook(policy, (Mended,))).screen_posts([post_record("marble")]) == []


def test_findings_are_priced_by_the_policy() -> None:
    """Severity and mode are the policy's, by the confidence that the rule gives."""
    finding: Finding = screened(screen_with(MENDED).screen_posts([post_record("marble")]))[0].findings[0]
    assert (finding.severity, finding.mode, finding.rule, finding.rule_version) == (
        1,
        "enforce",
        "no-spam.brittle",
        2,
    )


def test_no_policy_no_decision() -> None:
    """Screening without a policy says so instead of passing everything."""
    with pytest.raises(LookupError, match="no policy yet"):
        Screen(KEY).screen_posts([post_record("hello")])
