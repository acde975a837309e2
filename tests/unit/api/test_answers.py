"""What is kept from whom, found out from the bytes of an account's entries."""

from __future__ import annotations

from typing import Any

import pytest

from events.codec import encode
from events.signals import CarriedPast
from services import answers
from services.keys import RESTRICTED, WELFARE, Operator
from services.runtime import reading

NOTHING_READ: Any = None


async def no_cases(_db: Any, _account: str, _kinds: Any) -> frozenset[str]:
    """No case of the account's is delicate."""
    return frozenset()


@pytest.mark.parametrize("kinds", [("welfare", "restricted"), ("restricted", "welfare"), ("restricted",)])
async def test_what_a_merge_brought_along_is_kept_from_whoever_lacks_one_of_its_kinds(
    kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whatever order it came to them."""
    monkeypatch.setattr(reading, "cases_opened_as", no_cases)
    data = encode(CarriedPast(case_kinds=kinds))
    for may, needed in (({WELFARE}, RESTRICTED), ({RESTRICTED, WELFARE}, None)):
        who = Operator("mod-1", frozenset(may))
        assert (await answers.hidden(NOTHING_READ, who, "ann"))(data) == needed
    close = await answers.hidden(NOTHING_READ, Operator("mod-1", frozenset({RESTRICTED})), "ann")
    assert close(data) == (WELFARE if "welfare" in kinds else None)
    assert close(encode(CarriedPast())) is None
