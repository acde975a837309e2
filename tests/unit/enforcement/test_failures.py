"""Faults of ours: what can't be decided is an outcome and a case, and nothing is lost, doubled or stuck."""

from __future__ import annotations

from typing import Any

import pytest

from events.ledger import CaseUpdated, Failed, Refused, SanctionLifted, StrikeIssued
from events.signals import PostScreened
from services.enforcement import account, ledgering, posts
from services.enforcement.account import ACCOUNT
from services.enforcement.partition import FAILURES_MAX
from services.enforcement.state import CASE_FAILED_SIGNALS_MAX, encode_state
from tests.unit.enforcement.desk import Desk, found, kinds, outcomes


class Fault:
    """A function of the build that raises for as long as it isn't mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self._patch = monkeypatch
        self._owner, self._name = owner, name
        self._mended = getattr(owner, name)
        monkeypatch.setattr(owner, name, self._raise)

    @staticmethod
    def _raise(*_: Any) -> Any:
        raise ZeroDivisionError("names nobody")

    def mend(self) -> None:
        """The next build."""
        self._patch.setattr(self._owner, self._name, self._mended)


def broken(monkeypatch: pytest.MonkeyPatch) -> Fault:
    """Posts can't be judged."""
    return Fault(monkeypatch, posts, "judge")


def test_what_raises_is_a_failed_outcome_with_a_case_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The entry names the function and the kind of error, and none of its words."""
    desk = Desk()
    fault = broken(monkeypatch)
    (entry,) = desk.post("p1", found(2))
    fault.mend()
    (failed,) = outcomes([entry], Failed)
    assert failed.error == "ZeroDivisionError in _raise"
    assert b"names nobody" not in desk.world.ledger[-1]
    assert desk.case("failed").id == failed.case
    assert StrikeIssued in kinds(desk.post("p2", found(2)))


def test_after_the_fault_is_mended_all_that_failed_is_decided_again_in_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By one decision, in one entry, as of then; a second one finds the case closed."""
    desk = Desk()
    fault = broken(monkeypatch)
    desk.post("p1", found(2))
    desk.post("p2", found(3))
    fault.mend()
    case = desk.case("failed").id
    (entry,) = desk.decide("redecide", "case", case)
    assert [o.act for o in outcomes([entry], StrikeIssued)] == ["post:p1", "post:p2"]
    assert desk.standing.suspended
    desk.decide("redecide", "case", case, version=1)
    assert desk.view.entries[-1].outcomes[0].code == "stale"


def test_what_fails_again_stays_in_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deciding again adds no second signal, and no case of its own."""
    desk = Desk()
    fault = broken(monkeypatch)
    desk.post("p1", found(2))
    case = desk.case("failed").id
    desk.decide("redecide", "case", case)
    assert [len(c.failed_signals) for c in desk.state.cases] == [1]
    fault.mend()
    assert StrikeIssued in kinds(desk.decide("redecide", "case", case))


@pytest.mark.parametrize("version", [None, 7])
def test_deciding_again_names_the_version_like_any_decision(
    version: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stale or missing, it is refused."""
    desk = Desk()
    fault = broken(monkeypatch)
    desk.post("p1", found(2))
    fault.mend()
    entries = desk.decide("redecide", "case", desk.case("failed").id, version=version)
    (refused,) = outcomes(entries, Refused)
    assert refused.code == ("version_missing" if version is None else "stale")


def test_only_a_case_of_a_fault_is_decided_again() -> None:
    """Another one is confirmed or dismissed."""
    desk = Desk()
    desk.post("p1", found(2))
    (refused,) = outcomes(desk.decide("redecide", "case", desk.case_about("p1").id), Refused)
    assert refused.code == "invalid"


def test_a_clock_that_fails_leaves_the_account_alone_until_a_person_has_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not by answering some other case; then what was due fires at the next tick, once."""
    desk = Desk()
    desk.strike("p1", 3)
    desk.post("p2", found(1, mode="review"))
    fault = Fault(monkeypatch, account, "due")
    assert len(desk.clock(2)) == 1
    assert not desk.clock(3)
    fault.mend()
    desk.decide("dismiss", "case", desk.case_about("p2").id)
    assert not desk.clock(4)
    desk.decide("redecide", "case", desk.case("failed").id)
    assert [o.because for o in outcomes(desk.clock(5), SanctionLifted)] == ["ended"]
    assert not desk.clock(6)


def test_an_error_after_deciding_is_caught_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Summing up is part of it; the batch goes on."""
    desk = Desk()
    standing = ACCOUNT.standing
    calls: list[int] = []

    def once(*of: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("x")
        return standing(*of)

    monkeypatch.setattr(type(ACCOUNT), "standing", staticmethod(once))
    assert kinds(desk.post("p1", found(2)))[0] is Failed


def test_what_is_too_large_is_a_failed_outcome_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not even the signal fits beside it, the ledger alone keeps it."""
    desk = Desk()
    monkeypatch.setattr(ledgering, "ENTRY_BYTES_MAX", 3_000)
    (entry,) = desk.post("p1", *(found(1, mode="review") for _ in range(10)))
    assert outcomes([entry], Failed)[0].error == "too large to record"
    assert outcomes([entry], CaseUpdated)[0].failed_signal is None
    assert isinstance(entry.cause.body, PostScreened)
    assert len(entry.cause.body.findings) == 10


def test_however_much_fails_the_state_stays_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One case, with as many signals as it holds; the worker turns not-ready."""
    desk = Desk()
    broken(monkeypatch)
    for n in range(FAILURES_MAX + 1):
        desk.post(f"p{n}", found(2))
    assert [len(case.failed_signals) for case in desk.state.cases] == [CASE_FAILED_SIGNALS_MAX]
    assert desk.world.part.struggling()
    assert len(encode_state(desk.state)) < 50_000
