"""What the ledger tells the world keeps to the public contract."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict

from events.ledger import Entry, Outcome, Refused, StrikeIssued
from events.outcomes import AppealRefused, OutcomeEvent, StrikeIssuedData, parse_outcome_event
from events.publish import public_events
from events.signals import AppealFiled, Signal
from events.versions import TYPES
from tests.golden.kinds import outcomes, tag
from tests.support.filled import filled

SILENT = {
    "account_noted",
    "bar_met_noted",
    "bar_noted",
    "badgering_raised",
    "campaign_established",
    "campaign_learned",
    "campaign_saturated",
    "case_closed",
    "case_opened",
    "case_updated",
    "contact_noted",
    "episode_lapsed",
    "failed",
    "finding_noted",
    "hostility_noted",
    "hostility_received",
    "key_dropped",
    "key_held",
    "link_noted",
    "merge_noted",
    "merit_given_noted",
    "merit_noted",
    "name_noted",
    "note_added",
    "notice_noted",
    "pair_noted",
    "pile_on_raised",
    "post_changed",
    "post_cleared",
    "post_forgotten",
    "post_remembered",
    "profile_noted",
    "referral_overdue",
    "referral_proposed",
    "referral_settled",
    "refused",
    "report_folded",
    "report_noted",
    "report_settled",
    "reporter_muted",
    "sanction_carried",
    "sighting_noted",
    "termination_proposed",
    "termination_settled",
}
"""Outcomes that consumers see in the standing only, or not at all."""


def entry(*made: Outcome, entity: str = "account:alice") -> Entry:
    """An entry with these outcomes."""
    return filled(Entry, entity=entity, cause=filled(Signal), outcomes=made, emitted=())


def refused_appeal() -> Entry:
    """An entry that refuses an appeal."""
    made = entry(filled(Refused, code="too_late"))
    return msgspec.structs.replace(made, cause=msgspec.structs.replace(made.cause, body=filled(AppealFiled)))


@pytest.mark.parametrize("kind", outcomes(), ids=tag)
def test_every_outcome_is_published_by_the_contract_or_known_to_be_silent(kind: Any) -> None:
    """Nobody forgets a new outcome."""
    published = [item for item in public_events(entry(filled(kind))) if item[0] != "standings"]
    assert len(published) == (0 if tag(kind) in SILENT else 1)
    for topic, key, value in published:
        event = parse_outcome_event(value)
        assert TYPES[event.type].topic == topic
        assert event.subject.encode() == key == b"alice"


@pytest.mark.parametrize("kind", outcomes(), ids=tag)
def test_both_descriptions_of_an_outcome_have_the_same_fields(kind: Any) -> None:
    """The bytes hold every field of the contract, in its order, and none beside."""
    for _, _, value in public_events(entry(filled(kind))):
        assert_same_fields(msgspec.json.decode(value), parse_outcome_event(value))


def assert_same_fields(data: dict[str, Any], model: BaseModel) -> None:
    """The names are the model's, those that it needn't have apart."""
    fields = type(model).model_fields
    assert list(data) == [name for name in fields if name in data]
    assert all(name in data for name, field in fields.items() if field.is_required())
    for name, value in data.items():
        inner = getattr(model, name)
        if isinstance(inner, BaseModel):
            assert_same_fields(value, inner)


def test_every_public_type_of_outcome_is_published() -> None:
    """The contract promises nothing that never comes."""
    entries = [refused_appeal(), *(entry(filled(kind)) for kind in outcomes())]
    published = {parse_outcome_event(value).type for one in entries for _, _, value in public_events(one)}
    assert published == {
        str(get_args(m.model_fields["type"].annotation)[0]) for m in get_args(get_args(OutcomeEvent)[0])
    }


def test_the_same_entry_gives_the_same_bytes() -> None:
    """What is written again after a crash is what was written before."""
    made = entry(filled(StrikeIssued))
    assert public_events(made) == public_events(made)


def test_events_of_one_entry_have_different_ids() -> None:
    """Two strikes with one cause are two events."""
    events = public_events(entry(filled(StrikeIssued), filled(StrikeIssued)))
    assert len({msgspec.json.decode(value)["id"] for _, _, value in events}) == len(events) == 3


def test_a_warning_is_published_without_points() -> None:
    """A warning costs nothing, whatever its severity would."""
    [(_, _, value), _] = public_events(entry(filled(StrikeIssued, counts_as="warning")))
    event = parse_outcome_event(value)
    assert isinstance(event.data, StrikeIssuedData)
    assert event.data.points == 0


def test_a_refusal_is_not_published() -> None:
    """What changed nothing is told to nobody but the decider."""
    assert public_events(entry(filled(Refused))) == []


def test_that_an_appeal_is_refused_is_told() -> None:
    """Whoever appealed must hear why nobody will answer."""
    [(topic, _, value)] = public_events(refused_appeal())
    event = parse_outcome_event(value)
    assert topic == "sanctions"
    assert isinstance(event, AppealRefused)
    assert (event.data.code, event.data.filed_as) == ("too_late", "a-filed_as")


def test_only_accounts_are_published() -> None:
    """Campaigns and identities are our own affair."""
    assert public_events(entry(filled(StrikeIssued), entity="campaign:c")) == []


def test_consumers_may_meet_new_fields() -> None:
    """The contract ignores what it doesn't know, so that fields can join."""
    assert ConfigDict(extra="ignore").items() <= StrikeIssuedData.model_config.items()
