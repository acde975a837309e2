"""Screening: posts that lie ready in Kafka, one process, exactly once; then a Faust agent on the same."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any, Final

from benchmarks.measure import Failed, Look, Rate, Worker, drain, slope
from benchmarks.posts import posts
from benchmarks.stack import Stack, community_policy, load, make_topics, prepare
from services.runtime.settings import PROJECT, Settings

GUESS_PER_S: Final = 70_000
"""How many posts are laid ready for each second of measuring."""
FAUST_START_S_MAX: Final = 60.0
FAUST_OUTPUTS: Final = ("faust-signals", "faust-contents", "faust-dead_letters")


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """Both rates, and how they compare."""
    settings = stack.settings("screening")
    await prepare(settings, community_policy())
    await make_topics(stack.bootstrap, [settings.topic(name) for name in FAUST_OUTPUTS])
    number = int(GUESS_PER_S * seconds)
    ready = ((post.key, post.value, None) for post in posts(seed, number))
    await load(stack.bootstrap, settings.topic("posts"), ready)
    with Worker("screening", settings, stack.folder) as worker:
        ours = await drain([worker], "posts", number)
    theirs = await _faust(settings, seconds)
    return {
        "screening.posts_per_s": round(ours.per_s),
        "screening.cpu_us_per_post": round(ours.cpu_us, 2),
        "screening.outputs_per_post": round(ours.outputs, 4),
        "faust.posts_per_s": round(theirs.per_s),
        "faust.cpu_us_per_post": round(theirs.cpu_us, 2),
        "faust.outputs_per_post": round(theirs.outputs, 4),
        "screening.vs_faust": round(ours.per_s / theirs.per_s, 1),
        "screening.vs_faust_cpu": round(theirs.cpu_us / ours.cpu_us, 1),
    }


async def _faust(settings: Settings, seconds: float) -> Rate:
    """The peer's rate over so many seconds. It prints a line of JSON a second: records, outputs, clocks.

    Raises `Failed` when it ends or stands still before.
    """
    given = (settings.bootstrap_servers, settings.topic_prefix)
    command = [sys.executable, "-m", "benchmarks.faust_peer", *given]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, limit=2**20
    )
    assert process.stdout is not None
    assert process.stderr is not None
    looks: list[Look] = []
    log = asyncio.ensure_future(process.stderr.read())
    try:
        async with asyncio.timeout(FAUST_START_S_MAX + 2 * seconds):
            async for line in process.stdout:
                if not line.startswith(b"{"):
                    continue
                said = json.loads(line)
                if said["records"] > (looks[-1].records if looks else 0):
                    looks.append(Look(said["at_s"], said["cpu_s"], said["records"], said["outputs"]))
                if looks and looks[-1].at_s - looks[0].at_s >= seconds:
                    return slope(looks)
    except TimeoutError:
        ended = "stands still"
    else:
        ended = "ended"
    finally:
        if process.returncode is None:
            process.kill()  # it has nothing to lose, and Faust may take long to stop
        await process.wait()
        said_last = (await log).decode(errors="replace")[-2_000:]
    done = looks[-1].records if looks else 0
    raise Failed(f"the Faust agent {ended} after {done:.0f} posts; its log ends:\n{said_last}")
