"""Plays a community through a deployment: the crowd's days, the story's scenes, simulated time between.

Every moment goes the same way: what the crowd did before it is sent and decided, the clock advances, and then
the scene's members act and the desk decides. So each event is decided at the time at which it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.demo.cast import Scene
from services.demo.crowd import START, Sent
from services.demo.desk import Desk
from services.demo.platform import Platform
from services.demo.stream import Stream

STRIDE: Final = timedelta(days=2)
"""The longest time that passes between two moments."""
OPERATOR: Final = "ops"


class Progress(msgspec.Struct, frozen=True):
    """How far the play is: a moment of simulated time, and the scene that begins there, if one does."""

    at: datetime
    day: int
    title: str
    sent: int


class Played(msgspec.Struct, frozen=True):
    """What was put in, to compare with what came of it."""

    sent: int
    kept_out: int
    signals: int


Tell = Callable[[Progress], None]


async def play(
    stream: Stream, crowd: Sequence[Sent], story: Sequence[Scene], until: datetime, tell: Tell
) -> Played:
    """Play everything up to `until`. `crowd` and `story` are in the order of time."""
    platform, desk = Platform(), Desk(stream)
    rest = iter(slices(crowd, [scene.at for scene in moments(story, until)]))
    sent = 0
    await stream.advance(START, OPERATOR)
    for scene in moments(story, until):
        before = platform.lets_through(next(rest))
        sent += await stream.send(before)
        await _decided(stream, platform, scene.at)
        await stream.advance(scene.at, OPERATOR)
        tell(Progress(scene.at, (scene.at - START).days, scene.title, sent))
        sent += await stream.send(platform.lets_through(scene.events))
        await _decided(stream, platform, scene.at)
        if scene.work is not None:
            await desk.open_at(scene.at)
            await scene.work(desk)
            await _decided(stream, platform, scene.at)
    await stream.settle_projections()
    return Played(sent, platform.kept_out, stream.signals)


async def _decided(stream: Stream, platform: Platform, at: datetime) -> None:
    """Wait for the outcome of what was sent, and let the platform answer it."""
    await stream.settle()
    answers = platform.answer(stream.take_outcomes(), at)
    if answers:
        await stream.send(answers)
        await stream.settle()


def moments(story: Sequence[Scene], until: datetime) -> Iterator[Scene]:
    """The scenes, with quiet moments between them so that none is more than a stride from the next."""
    last = START
    for scene in (*story, Scene(until, "")):
        while scene.at - last > STRIDE:
            last += STRIDE
            yield Scene(last, "")
        last = scene.at
        yield scene


def slices(crowd: Sequence[Sent], ends: Sequence[datetime]) -> Iterator[list[Sent]]:
    """The crowd's events up to each end, those after the end before."""
    begin = 0
    for end in ends:
        stop = begin
        while stop < len(crowd) and crowd[stop].at <= end:
            stop += 1
        yield list(crowd[begin:stop])
        begin = stop
