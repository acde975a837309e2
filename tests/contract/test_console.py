"""Pages of the console over a real PostgreSQL, asked without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from events.contents import Content, encode_content
from services.keys import CAPABILITIES, DECIDE, READ, RESTRICTED
from services.projecting import contents
from tests.support.api import browsing
from tests.support.entries import T0
from tests.support.projecting import connected
from tests.unit.enforcement.desk import Desk, found
from tests.unit.enforcement.test_referrals import proposal, threatened

pytestmark = pytest.mark.kafka

EVERY = tuple(CAPABILITIES)
HOLDERS = {
    "mod-ann": EVERY,
    "mod-bea": EVERY,
    "mod-cal": tuple(one for one in EVERY if one != RESTRICTED),
    "mod-dan": (READ, DECIDE),
}


async def test_a_referral_shows_who_made_it_and_what_is_held_to_those_who_may_see_it(
    database: str, tmp_path: Path
) -> None:
    """On the case that answers it and on the one that it came from; looking is noted."""
    desk = threatened(emergency=True)
    made = proposal(desk)
    async with browsing(database, tmp_path, desk.world, HOLDERS, "mod-ann") as browser:
        async with connected(database) as connection:
            await connection.execute(
                "INSERT INTO content_holds (ref, hold, placed_by) VALUES ('post:p1:1', $1, 'person:mod-ann')",
                f"referral:{made.referral}",
            )
        answering = (await browser.get(f"/cases/{made.case}")).text
        for told in ("emergency", "proposed by mod-ann", "Held: 1 text", f"/cases/{made.about}"):
            assert told in answering, told
        assert "you made the referral: a second person answers it" in answering
        about = (await browser.get(f"/cases/{made.about}")).text
        assert f"/cases/{made.case}" in about
        async with connected(database) as connection:
            noted = await connection.fetch("SELECT case_id, capability FROM desk.access_log")
        assert {(made.case, RESTRICTED), (made.about, RESTRICTED)} <= {(*row,) for row in noted}


async def test_who_may_see_no_referral_sees_nothing_of_it(database: str, tmp_path: Path) -> None:
    """The case that it came from is as it was before."""
    desk = threatened()
    made = proposal(desk)
    async with browsing(database, tmp_path, desk.world, HOLDERS, "mod-cal") as browser:
        assert (await browser.get(f"/cases/{made.case}")).status_code == 403
        about = (await browser.get(f"/cases/{made.about}")).text
        assert "h-referral" not in about
        assert made.case not in about


async def test_an_appeal_is_answered_at_the_version_of_its_case(database: str, tmp_path: Path) -> None:
    """Also after somebody passed it on; what is no appeal says so."""
    desk = Desk()
    desk.post("p1", found(2))
    strike = next(iter(desk.view.strikes.values()))
    desk.told(strike.id)
    desk.appeal(strike.id)
    appeal = desk.case("appeal")
    desk.decide("escalate", "case", appeal.id)
    version = desk.case("appeal").version
    async with browsing(database, tmp_path, desk.world, HOLDERS, "mod-bea") as browser:
        page = (await browser.get(f"/appeals/{appeal.id}")).text
        assert f'name="version" value="{version}"' in page
        assert (await browser.get("/appeals/none")).status_code == 404
        waiting = (await browser.get("/queue?tab=appeals")).text
        assert f'href="/appeals/{appeal.id}"' in waiting
        assert waiting.count('<th role="columnheader" scope="col">') == 6
        cases = (await browser.get("/queue")).text
        assert "urgent ones first, then the gravest, then the oldest" in cases
        assert cases.count('<th role="columnheader" scope="col">') == 8


async def test_staff_are_protected_from_what_leaves_them_worse_off_alone(
    database: str, tmp_path: Path
) -> None:
    """On a strike's page too: who may do no more overturns or waives it, and doesn't make it another."""
    desk = Desk()
    desk.strike("p1", 2)
    desk.know(kind="staff")
    strike = next(iter(desk.view.strikes.values()))
    async with browsing(database, tmp_path, desk.world, HOLDERS, "mod-dan") as browser:
        page = (await browser.get(f"/strikes/{strike.id}")).text
    actions = {part.partition('"')[0]: part for part in page.split('id="do-')[1:]}
    barred = {name for name, part in actions.items() if "lacks `accounts.protected`" in part}
    assert barred == {"reclassify-help"}


async def test_what_is_masked_is_masked_in_every_text(database: str, tmp_path: Path) -> None:
    """A number that a rule found in one revision stands in the next one too, and in a colleague's note."""
    desk = Desk()
    desk.post("p1", found(2, "privacy"))
    case = desk.case_about("p1").id
    desk.decide("note", "case", case)
    async with browsing(database, tmp_path, desk.world, HOLDERS, "mod-ann") as browser:
        async with connected(database) as connection:
            (note,) = await connection.fetchval("SELECT notes FROM cases WHERE case_id = $1", case)
            kept = (
                Content("post:p1:1", "ann", "post", "4916 is my number", T0, T0, post="p1", revision=1),
                Content("post:p1:2", "ann", "post", "once more: 4916!", T0, T0, post="p1", revision=2),
                Content(note, "ann", "note", "4916 is somebody's", T0, T0),
            )
            await contents._put(connection, [(one.ref, one, encode_content(one)) for one in kept])
        page = (await browser.get(f"/cases/{case}")).text
    for told in ("is my number", "once more:", "is somebody"):
        assert told in page
    assert "4916" not in page


async def test_an_address_that_holds_a_nul_is_a_bad_address(database: str, tmp_path: Path) -> None:
    """PostgreSQL has no text with one; whoever asks is told so, and nothing fails."""
    desk = Desk()
    async with browsing(database, tmp_path, desk.world, HOLDERS, "mod-ann") as browser:
        for path in ("/strikes/%00", "/queue?account=%00", "/go?q=%00", "/accounts/%00?as_of=2030-01-01"):
            answer = await browser.get(path)
            assert (answer.status_code, "the address holds what" in answer.text.lower()) == (422, True), path
