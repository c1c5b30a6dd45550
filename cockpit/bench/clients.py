"""What clients cost the desk: how late its timers run with nobody looking, with one client, and with one that stopped
reading. The three take turns on one desk, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import msgspec

from cockpit.bench.child import BenchError, ExchangeChild
from cockpit.bench.exchange import Load
from cockpit.bench.figures import Figure, Target, percentile, platform
from cockpit.bench.looker import READS, READY, STALLS
from cockpit.bench.scene import ACCOUNTS, LOOPS
from cockpit.desk.desk import Desk
from cockpit.desk.journal import Journal
from cockpit.desk.journal_writer import ThreadWriter
from cockpit.desk.refusals import LaunchError
from cockpit.desk.risk import RiskLimits
from cockpit.desk_process import SWITCH_INTERVAL_S
from cockpit.host.commands import DeskHost
from cockpit.host.reading import ReadingAside
from cockpit.link.server import LinkServer
from strategies.params import ParamError
from strategies.registry import STRATEGIES
from venues.eventloop import loop_factory
from venues.model import NS_PER_S, Clock, SystemClock
from venues.paper.client import PaperClient

TICK_S = 0.001
ROUNDS = 3
FILLS_PER_S = 2.0
LAUNCH_S = 10.0
"""How long prices may be on their way before a loop can be launched, seconds."""
SETTLE_S = 0.5
"""After a client has come or gone, before anything is counted."""
NOBODY = "nobody"
TURNS = (NOBODY, READS, STALLS)

TARGETS = (
    Target("one_ratio_p99", 2, "× nobody's"),
    Target("stalled_ratio_p99", 2, "× nobody's"),
    Target("stalled_skipped", 1, "", at_least=True),
)


class Plan(msgspec.Struct, frozen=True):
    """What to measure: `seconds` for each of the three turns, in `ROUNDS` parts."""

    rate: float = 1_000.0
    """Book updates a second."""
    seconds: float = 15.0
    warm_up_s: float = 3.0


class Ticker:
    """A timer of the desk's own loop: how much longer than `TICK_S` each tick took to come, seconds. By the clock, for
    uvloop's own time goes in steps of a millisecond."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self.late: list[float] | None = None
        self._set_ns = clock.monotonic_ns()
        self._timer = self._loop.call_later(TICK_S, self._tick)

    def stop(self) -> None:
        self._timer.cancel()

    def _tick(self) -> None:
        now = self._clock.monotonic_ns()
        if self.late is not None:
            self.late.append(max(0.0, (now - self._set_ns) / NS_PER_S - TICK_S))
        self._set_ns = now
        self._timer = self._loop.call_later(TICK_S, self._tick)


def run(plan: Plan) -> dict[str, Figure]:
    """Takes three times `seconds`, and some to come up. Raises `BenchError`."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
            load = Load(str(Path(folder) / "paper.sock"), ACCOUNTS, plan.rate, FILLS_PER_S)
            with ExchangeChild(load), asyncio.Runner(loop_factory=loop_factory()) as runner:
                late, skipped = runner.run(_desk(plan, load, Path(folder)))
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()
    return figures(late, skipped)


def figures(late: dict[str, list[float]], skipped: int) -> dict[str, Figure]:
    """Of the lateness of ticks, seconds, by turn."""
    p50 = {turn: percentile(sorted(found), 0.5) * 1e6 for turn, found in late.items()}
    p99 = {turn: percentile(sorted(found), 0.99) * 1e6 for turn, found in late.items()}
    return {
        "nobody_p50_us": round(p50[NOBODY], 1),
        "nobody_p99_us": round(p99[NOBODY], 1),
        "one_p50_us": round(p50[READS], 1),
        "one_p99_us": round(p99[READS], 1),
        "stalled_p50_us": round(p50[STALLS], 1),
        "stalled_p99_us": round(p99[STALLS], 1),
        "one_ratio_p99": round(p99[READS] / p99[NOBODY], 2),
        "stalled_ratio_p99": round(p99[STALLS] / p99[NOBODY], 2),
        "stalled_skipped": skipped,
        "ticks": sum(map(len, late.values())),
        **platform(),
    }


async def _desk(plan: Plan, load: Load, folder: Path) -> tuple[dict[str, list[float]], int]:
    """One desk through all turns. Lateness by turn, and how often the client that does not read was skipped."""
    clock = SystemClock()
    journal = Journal.open(folder / "journal.sqlite", ThreadWriter)
    venues = [PaperClient(name, Path(load.socket), clock) for name in load.accounts]
    limits = RiskLimits(max_leverage=Decimal(100), max_orders_per_s=100)
    desk = Desk(clock=clock, journal=journal, venues=venues, strategies=STRATEGIES, limits=limits, version="bench")
    reading = ReadingAside(folder / "journal.sqlite")
    server = LinkServer(DeskHost(desk, os.getpid(), reading), folder / "run" / "desk.sock", clock)
    late: dict[str, list[float]] = {turn: [] for turn in TURNS}
    skipped = 0
    try:
        await desk.start()
        await server.start()
        for maker, taker, coin, size in LOOPS:
            params = {"maker": maker, "taker": taker, "ticker": coin, "size": size, "iterations": "0"}
            await _launch(desk, params)
        gc.collect()
        gc.freeze()
        ticker = Ticker(clock)
        await asyncio.sleep(plan.warm_up_s)
        for _ in range(ROUNDS):
            for turn in TURNS:
                with Looker(folder / "run" / "desk.sock", turn) as looker:
                    await looker.ready()
                    await asyncio.sleep(SETTLE_S)
                    ticker.late = late[turn]
                    await asyncio.sleep(plan.seconds / ROUNDS)
                    ticker.late = None
                    skipped += server.skipped if turn == STALLS else 0
        ticker.stop()
    finally:
        await server.close()
        reading.close()
        await desk.cut_off()
        journal.close()
    return late, skipped


async def _launch(desk: Desk, params: dict[str, str]) -> None:
    """A price may still be on its way: what is refused is tried again for a while."""
    until = asyncio.get_running_loop().time() + LAUNCH_S
    while True:
        try:
            desk.loops.launch("hedge", params)
            return
        except (LaunchError, ParamError) as error:
            if asyncio.get_running_loop().time() > until:
                raise BenchError(f"the desk refused the loop: {error}") from None
        await asyncio.sleep(0.25)


class Looker:
    """A client's process, or nobody's. Use as a context."""

    def __init__(self, path: Path, how: str) -> None:
        self._command = [sys.executable, "-m", "cockpit.bench.looker", str(path), how]
        self._nobody = how == NOBODY
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Looker:
        if not self._nobody:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    async def ready(self) -> None:
        """Wait until it looks. Raises `BenchError`."""
        process = self._process
        if process is None:
            return
        assert process.stdout is not None
        said = await asyncio.to_thread(process.stdout.readline)
        if said.strip() != READY:
            raise BenchError(f"a client did not come up: {' '.join(self._command[2:])}")
