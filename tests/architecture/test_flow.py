"""The flow table tells the truth about folders and topics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from events.catalogue import TOPICS
from events.signals import ReportWithdrawn
from services.flow import BETWEEN, STAGES
from tests.acceptance.scenarios import STORIES
from tests.acceptance.scenarios.policies import policies
from tests.golden.kinds import bodies, tag
from tests.support.play import PurePlayer, tell_story

SERVICES = Path(__file__).parents[2] / "services"
NOT_STAGES = {
    "runtime",  # what all stages run on
    "replay",  # a command: it reads an export or the ledger, and belongs to no group
    "commands",  # the command line
    "demo",  # a whole deployment on one machine, and a story for it
}
OPERATORS_WRITE = {"posts", "reports", "accounts", "decisions", "policies", "control"}
"""What the platform writes, and what operators write with the command line."""


def folders() -> set[str]:
    """Every package under services."""
    return {path.parent.name for path in SERVICES.glob("*/__init__.py")}


def test_every_stage_has_its_folder() -> None:
    """The name in the table is the folder's."""
    for name, flow in STAGES.items():
        assert flow.folder == f"services/{name}"
        assert (SERVICES / name / "__init__.py").is_file(), name


def test_every_folder_under_services_is_a_stage_or_known_not_to_be() -> None:
    """A new stage joins the table in the same change."""
    assert folders() - NOT_STAGES == set(STAGES)


def test_every_topic_of_the_table_is_in_the_catalogue() -> None:
    """No stage reads or writes a topic that `topics create` doesn't make."""
    for flow in STAGES.values():
        named = {*flow.reads, *flow.follows, *flow.writes, *flow.measures}
        assert named <= set(TOPICS), flow.name


def test_every_topic_of_the_catalogue_is_written_by_a_stage_or_the_platform() -> None:
    """No topic is there for nothing."""
    written = {topic for flow in STAGES.values() for topic in flow.writes}
    assert written | OPERATORS_WRITE == set(TOPICS)


def test_every_input_is_read_by_screening_alone_and_decisions_first() -> None:
    """Input has one way in, and what a person decided waits for nobody."""
    inputs = {name for name, topic in TOPICS.items() if topic.input}
    assert set(STAGES["screening"].reads) == inputs
    assert STAGES["screening"].reads[0] == "decisions"
    for name, flow in STAGES.items():
        assert name == "screening" or not inputs & set(flow.reads)


def test_what_only_watches_writes_nothing_and_reads_no_input() -> None:
    """Pulse is approximate, so no topic may hang on it, and no input goes through it."""
    pulse = STAGES["pulse"]
    assert not pulse.writes
    assert not {name for name, topic in TOPICS.items() if topic.input} & {*pulse.reads, *pulse.follows}


def test_the_ledger_is_written_by_enforcement_alone() -> None:
    """One writer, one order."""
    assert [name for name, flow in STAGES.items() if "ledger" in flow.writes] == ["enforcement"]


def test_a_stage_that_reads_has_a_group_of_its_own_name() -> None:
    """One name all the way."""
    for name, flow in STAGES.items():
        assert flow.group == (name if flow.reads else None)


def kind_of(body: Any) -> str:
    """What the table calls a signal."""
    return f"{tag(type(body))}:{body.at}" if isinstance(body, ReportWithdrawn) else tag(type(body))


def test_signals_between_entities_are_declared_and_none_leads_back_to_itself() -> None:
    """So every cascade ends."""
    known = {tag(kind) for kind in bodies()}
    named = {*BETWEEN, *(kind for kinds in BETWEEN.values() for kind in kinds)}
    assert {kind.partition(":")[0] for kind in named} <= known

    def ends(kind: str, above: tuple[str, ...]) -> None:
        assert kind not in above, f"{' → '.join((*above, kind))} leads back to itself"
        for further in BETWEEN.get(kind, ()):
            ends(further, (*above, kind))

    for kind in BETWEEN:
        ends(kind, ())


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.number}: {story.name}")
def test_what_entities_send_each_other_is_declared(story: Any) -> None:
    """In every story."""
    player = PurePlayer(policies(), story.policy)
    tell_story(player, story)
    for entry in player.view.entries:
        for signal in entry.emitted:
            cause, sent = kind_of(entry.cause.body), kind_of(signal.body)
            assert sent in BETWEEN.get(cause, ()), f"`{cause}` sends `{sent}`, which services/flow.py lacks"
