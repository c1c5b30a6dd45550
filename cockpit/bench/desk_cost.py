"""What a desk costs under load: resident memory and share of a core, with a client attached."""

from __future__ import annotations

import asyncio

import msgspec

from cockpit.bench.figures import Figure, Target, platform
from cockpit.bench.process import cpu_s, rss_mb
from cockpit.bench.scene import scene

TARGETS = (
    Target("rss_mb", 64, "MB"),
    Target("cpu_percent", 20, "% of a core"),
    Target("updates_per_s", 950, "/s", at_least=True),
)


class Plan(msgspec.Struct, frozen=True):
    """What to measure: `seconds` after `warm_up_s`."""

    rate: float = 1_000.0
    fills_per_s: float = 2.0
    seconds: float = 15.0
    warm_up_s: float = 5.0


def run(plan: Plan) -> dict[str, Figure]:
    """Raises `BenchError`."""
    return asyncio.run(_run(plan))


async def _run(plan: Plan) -> dict[str, Figure]:
    async with scene(plan.rate, plan.fills_per_s) as on:
        await asyncio.sleep(plan.warm_up_s)
        loop = asyncio.get_running_loop()
        began, spent = loop.time(), cpu_s(on.desk_pid)
        await asyncio.sleep(plan.seconds)
        wall, used = loop.time() - began, cpu_s(on.desk_pid) - spent
        memory = rss_mb(on.desk_pid)
        rows = list(on.link.store.loops.values())
        report = on.exchange.end()
    return {
        "rss_mb": round(memory, 1),
        "cpu_percent": round(used / wall * 100, 1),
        "updates_per_s": round(report.updates / report.seconds, 1),
        "accounts": len({leg[1] for row in rows for leg in row.legs}),
        "loops": len(rows),
        "cycles": sum(row.iterations_done for row in rows),
        "hedges": sum(row.hedges for row in rows),
        "seconds": round(wall, 1),
        **platform(),
    }
