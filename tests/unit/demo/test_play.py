"""The demo's platform and its simulated time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec

from services.demo.cast import Scene, scenes
from services.demo.crowd import DAYS, START, Crowd, event, post_data
from services.demo.platform import Platform
from services.demo.play import STRIDE, moments, slices

AT = START + timedelta(days=3)


class Record(msgspec.Struct):
    """What a consumer gets."""

    value: bytes


def outcome(kind: str, /, **data: Any) -> Any:
    """A record of `strikes` or `sanctions` about ann."""
    return Record(msgspec.json.encode({"type": f"goodstanding.{kind}.v1", "subject": "ann", "data": data}))


def post(account: str = "ann") -> Any:
    """A post by somebody."""
    return event(AT, "post.created", account, post_data("p-1", "Hello."), "e-1")


def types(sent: list[Any]) -> list[str]:
    """What the platform said."""
    return [msgspec.json.decode(one.value)["type"].split(".", 1)[1] for one in sent]


def test_the_platform_carries_a_sanction_out_and_tells_the_account() -> None:
    """Both are said, under the account's key."""
    answers = Platform().answer([outcome("sanction.imposed", sanction="s-1", kind="suspension")], AT)
    assert types(answers) == ["sanction.carried_out.v1", "notice.delivered.v1"]
    assert {one.key for one in answers} == {b"ann"}


def test_a_suspended_account_can_t_post_until_the_suspension_is_lifted() -> None:
    """Others can, and it may still report."""
    platform = Platform()
    platform.answer([outcome("sanction.imposed", sanction="s-1", kind="suspension")], AT)
    report = event(AT, "report.filed", "ann", {}, "e-2")
    assert platform.lets_through([post(), post("bob"), report]) == [post("bob"), report]
    assert platform.kept_out == 1
    platform.answer([outcome("sanction.lifted", sanction="s-1", kind="suspension")], AT)
    assert platform.lets_through([post()]) == [post()]


def test_a_strike_is_told_once() -> None:
    """However often it is read."""
    platform = Platform()
    assert types(platform.answer([outcome("strike.issued", strike="k-1")], AT)) == ["notice.delivered.v1"]
    assert platform.answer([outcome("strike.issued", strike="k-1")], AT) == []


def test_no_two_moments_are_further_apart_than_a_stride() -> None:
    """Or deadlines and decisions would fall together."""
    until = START + timedelta(days=DAYS)
    times = [START, *(scene.at for scene in moments(scenes(), until))]
    assert times == sorted(times)
    assert max(later - earlier for earlier, later in pairwise(times)) <= STRIDE
    assert times[-1] == until


def test_every_scene_is_a_moment() -> None:
    """None is left out."""
    until = START + timedelta(days=DAYS)
    shown = [scene.title for scene in moments(scenes(), until) if scene.title]
    assert shown == [scene.title for scene in scenes()]


def test_slices_hold_every_event_once_and_in_order() -> None:
    """Each before the moment at which it is sent."""
    crowd = Crowd(1, days=30, members=20).events()
    ends = [scene.at for scene in moments([Scene(AT, "x")], START + timedelta(days=32))]
    cut = list(slices(crowd, ends))
    assert [one for part in cut for one in part] == crowd
    for part, end in zip(cut, ends, strict=True):
        assert all(one.at <= end for one in part)
