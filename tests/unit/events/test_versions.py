"""The catalogue of types is whole and well-formed."""

from __future__ import annotations

from events.catalogue import TOPICS
from events.envelope import split_type, type_of
from events.versions import DRAFTS, INPUT_TOPICS, TYPES


def test_every_type_is_named_by_the_rule() -> None:
    """`goodstanding.<subject>.<verb>.v<N>`."""
    for name, kind in TYPES.items():
        assert split_type(name) is not None, name
        assert type_of(kind.model) == name


def test_every_type_goes_to_a_topic_of_the_catalogue() -> None:
    """And the input topics are those that the catalogue says."""
    assert {kind.topic for kind in TYPES.values()} <= set(TOPICS)
    assert set(INPUT_TOPICS) == {name for name, topic in TOPICS.items() if topic.input}


def test_every_draft_is_a_type() -> None:
    """No draft is left over under an old name."""
    assert set(TYPES) >= DRAFTS
    assert {name for name, kind in TYPES.items() if kind.status == "draft"} == DRAFTS
