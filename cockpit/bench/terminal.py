"""What the cockpit costs on a terminal: memory, bytes, processor time, and how soon a picture is there and a key is
answered; beside one grid painted by us and by Textual's DataTable, all on the same desk."""

from __future__ import annotations

import asyncio
import random

import msgspec

from cockpit.bench import busy_desk
from cockpit.bench.figures import Figure, Target, percentile, platform
from cockpit.bench.one_grid import CURSOR
from cockpit.bench.process import cpu_s, rss_mb
from cockpit.bench.pty_client import COLUMNS, LINES, PtyClient
from cockpit.bench.tables_child import TablesChild

OUR_CURSOR = "▌".encode()
"""Painted when the cursor goes to another row, and then alone."""
THEIR_CURSOR = ";".join(str(int(CURSOR[at : at + 2], 16)) for at in (1, 3, 5)).encode()

TARGETS = (
    Target("rss_mb", 70, "MB"),
    Target("kb_per_s", 15, "kB/s"),
    Target("cpu_percent", 6, "% of a core"),
    Target("key_p99_ms", 60, "ms"),
    Target("first_paint_s", 1.0, "s"),
)


class Plan(msgspec.Struct, frozen=True):
    rate: float = 1_000.0
    seconds: float = 15.0
    warm_up_s: float = 5.0
    keys: int = 60
    accounts: int = 20
    positions: int = 10
    loops: int = 5


class Client(msgspec.Struct, frozen=True):
    """What to run, what its first picture holds, and by what a key's answer is known."""

    module: str
    args: tuple[str, ...]
    expected: tuple[str, ...]
    first_key: str
    sign: bytes


class Cost(msgspec.Struct, frozen=True):
    rss_mb: float
    kb_per_s: float
    cpu_percent: float
    first_paint_s: float
    key_p50_ms: float
    key_p99_ms: float


def run(plan: Plan) -> dict[str, Figure]:
    """Raises `BenchError`."""
    first = f"{busy_desk.VENUES[0]}-1"
    loops = tuple(f"L{number + 1}" for number in range(plan.loops))
    cockpit = Client("cockpit", (), (first, *loops), "2", OUR_CURSOR)
    ours = Client("cockpit.bench.one_grid", ("ours",), (first,), "", OUR_CURSOR)
    theirs = Client("cockpit.bench.one_grid", ("datatable",), (first,), "", THEIR_CURSOR)
    with TablesChild(busy_desk.Plan(plan.accounts, plan.positions, plan.loops, plan.rate)) as desk:
        costs = [asyncio.run(_measure(plan, client, desk.environ)) for client in (cockpit, ours, theirs)]
        report = desk.end()
    whole, own, other = costs
    return {
        **msgspec.structs.asdict(whole),
        "grid_kb_per_s": own.kb_per_s,
        "grid_cpu_percent": own.cpu_percent,
        "grid_key_p99_ms": own.key_p99_ms,
        "datatable_kb_per_s": other.kb_per_s,
        "datatable_cpu_percent": other.cpu_percent,
        "datatable_key_p99_ms": other.key_p99_ms,
        "bytes_ratio": round(other.kb_per_s / max(own.kb_per_s, 0.1), 1),
        "cpu_ratio": round(other.cpu_percent / max(own.cpu_percent, 0.1), 1),
        "updates_per_s": round(report.updates / report.seconds, 1),
        "accounts": plan.accounts,
        "positions": plan.accounts * plan.positions,
        "loops": plan.loops,
        "terminal": f"{COLUMNS}x{LINES}",
        "seconds": plan.seconds,
        **platform(),
    }


async def _measure(plan: Plan, client: Client, environ: dict[str, str]) -> Cost:
    loop = asyncio.get_running_loop()
    async with PtyClient(client.module, client.args, environ) as on:
        first_paint = await on.first_picture(client.expected)
        await asyncio.sleep(plan.warm_up_s)
        start, sent, spent = loop.time(), on.bytes, cpu_s(on.pid)
        await asyncio.sleep(plan.seconds)
        wall, used, written = loop.time() - start, cpu_s(on.pid) - spent, on.bytes - sent
        memory = rss_mb(on.pid)
        if client.first_key:
            on.press(client.first_key)
            await asyncio.sleep(1.0)
        times = sorted([await _one_key(on, number, client.sign) for number in range(plan.keys)])
    return Cost(
        rss_mb=round(memory, 1),
        kb_per_s=round(written / wall / 1000, 1),
        cpu_percent=round(used / wall * 100, 1),
        first_paint_s=round(first_paint, 2),
        key_p50_ms=round(percentile(times, 0.5), 1),
        key_p99_ms=round(percentile(times, 0.99), 1),
    )


async def _one_key(on: PtyClient, number: int, sign: bytes) -> float:
    """Down some rows and up again, at times that have nothing to do with the paints'."""
    await asyncio.sleep(random.Random(number).uniform(0.1, 0.3))
    return await on.answer_ms("j" if number // 10 % 2 == 0 else "k", sign)
