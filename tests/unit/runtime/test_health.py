"""What a worker says of itself."""

from __future__ import annotations

import aiohttp
import prometheus_client

from services.runtime import metrics
from services.runtime.health import Health


async def test_a_worker_is_live_before_it_is_ready_and_says_why_not() -> None:
    """An orchestrator restarts by the one and routes by the other."""
    reasons = ["partition 1 is restoring: reading state back"]
    health = Health("screening", lambda: reasons, "127.0.0.1", 0)
    await health.on_start()
    try:
        assert health._runner is not None
        host, port = health._runner.addresses[0][:2]
        async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
            async with session.get("/live") as live:
                assert live.status == 200
            async with session.get("/ready") as unready:
                assert unready.status == 503
                assert await unready.json() == {"stage": "screening", "ready": False, "reasons": reasons}
            reasons = []
            async with session.get("/ready") as ready:
                assert ready.status == 200
            metrics.READY.labels("screening").set(1)
            async with session.get("/metrics") as answer:
                assert 'goodstanding_ready{stage="screening"} 1.0' in await answer.text()
    finally:
        await health.on_stop()


def test_every_metric_is_in_the_catalogue_and_named_after_the_project() -> None:
    """Dashboards and alerts use just these names."""
    named = [
        value._name
        for value in vars(metrics).values()
        if isinstance(value, prometheus_client.metrics.MetricWrapperBase)
    ]
    assert len(named) > 20
    assert all(name.startswith("goodstanding_") for name in named)
    assert len(named) == len(set(named))
