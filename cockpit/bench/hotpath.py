"""From a maker's fill reaching the desk to its hedge handed to the venue: the real desk over a real socket."""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from cockpit.bench.baseline import poll_baseline
from cockpit.bench.child import BenchError, ExchangeChild
from cockpit.bench.exchange import Load, stamp_of
from cockpit.bench.figures import Figure, Target, percentile, platform
from cockpit.desk.accounts import Account
from cockpit.desk.desk import Desk
from cockpit.desk.intake import Intake
from cockpit.desk.journal import Journal
from cockpit.desk.journal_writer import ThreadWriter
from cockpit.desk.risk import RiskLimits
from cockpit.desk_process import SWITCH_INTERVAL_S
from strategies.hedge import HedgeLoop
from strategies.hedge_params import HedgeParams
from strategies.protocol import Context, OrderHandle, Role
from venues.eventloop import loop_factory
from venues.model import FillReport, OrderRequest, SystemClock, TimeInForce
from venues.paper.client import PaperClient

MAKER, TAKER = "maker", "taker"
ACCOUNTS = (MAKER, TAKER, "third", "fourth")
FILL_LOTS = 10
FILLS_PER_S = 200.0
BASELINE_FILLS = 400
WARM_UP = 200
"""Fills before anything is counted: caches, allocator, first pages of the journal."""

TARGETS = (
    Target("p50_us", 200, "µs"),
    Target("p99_us", 700, "µs"),
    Target("updates_per_s", 950, "/s", at_least=True),
)

_NO_LIMIT = Decimal(10) ** 12
_LIMITS = RiskLimits(
    max_order_notional_usd=_NO_LIMIT,
    max_position_notional_usd=_NO_LIMIT,
    max_leverage=Decimal(10_000),
    max_naked_usd=_NO_LIMIT,
)


class Resting(HedgeLoop):
    """The hedge loop with an order so large that every fill is a part of it. It judges its order on every wake, as
    the loop does, and leaves it where it is."""

    kind: ClassVar[str] = "resting"

    def _unwanted(self, ctx: Context[HedgeParams], order: OrderHandle, role: Role, placed: int) -> bool:
        super()._unwanted(ctx, order, role, placed)
        return False


class ArrivalClock(SystemClock):
    """A client's clock: it is read first thing when bytes arrive, and keeps that moment."""

    def __init__(self) -> None:
        self.arrived = 0
        """CLOCK_MONOTONIC of the last reading, ns."""

    def now_ns(self) -> int:
        self.arrived = self.monotonic_ns()
        return super().now_ns()


class Samples:
    """What one run measures, ns; the first `WARM_UP` are thrown away."""

    def __init__(self, wanted: int, warm_up: int) -> None:
        self.from_frame: list[int] = []
        self.from_sender: list[int] = []
        self.done = asyncio.Event()
        self._warm_up = warm_up
        self._wanted = wanted + warm_up
        self._fill: FillReport | None = None
        self._arrived = 0

    def fill(self, fill: FillReport, arrived: int) -> None:
        self._fill, self._arrived = fill, arrived

    def handed(self, now: int) -> None:
        """The hedge of the fill at hand has been written."""
        fill, self._fill = self._fill, None
        if fill is None or self.done.is_set():
            return
        self.from_frame.append(now - self._arrived)
        self.from_sender.append(now - stamp_of(fill.trade_id))
        if len(self.from_frame) >= self._wanted:
            self.done.set()

    def sorted_us(self) -> tuple[list[float], list[float]]:
        cut = self._warm_up
        return sorted(ns / 1000 for ns in self.from_frame[cut:]), sorted(ns / 1000 for ns in self.from_sender[cut:])


class BenchClient(PaperClient):
    """The paper exchange's client, with a stamp after the write of each order that takes."""

    def __init__(self, account: str, path: Path, clock: ArrivalClock, samples: Samples) -> None:
        super().__init__(account, path, clock)
        self.clock = clock
        self._samples = samples

    def submit(self, order: OrderRequest) -> None:
        super().submit(order)
        if order.tif is TimeInForce.IOC:
            self._samples.handed(self.clock.monotonic_ns())


class BenchIntake(Intake):
    """The desk's intake, with a note of which fill it is about to book."""

    def __init__(self, desk: Desk, samples: Samples) -> None:
        super().__init__(desk)
        self.samples = samples

    def take_fill(self, account: Account, fill: FillReport) -> None:
        venue = account.venue
        if account.name == MAKER and isinstance(venue, BenchClient):
            self.samples.fill(fill, venue.clock.arrived)
        super().take_fill(account, fill)


class Plan(msgspec.Struct, frozen=True):
    """What to measure."""

    fills: int = 5_000
    rate: float = 1_000.0
    """Book updates a second."""
    fills_per_s: float = FILLS_PER_S
    baseline_fills: int = BASELINE_FILLS
    warm_up: int = WARM_UP
    seed: int = 1


def run(plan: Plan) -> dict[str, Figure]:
    """Measure. Takes `fills` ÷ `fills_per_s` seconds, and some for the baseline. Raises `BenchError`."""
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        socket = Path(folder) / "paper.sock"
        load = Load(str(socket), ACCOUNTS, plan.rate, plan.fills_per_s, FILL_LOTS, plan.seed)
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            with ExchangeChild(load) as child, asyncio.Runner(loop_factory=loop_factory()) as runner:
                samples, seconds = runner.run(_desk(plan, socket, Path(folder) / "journal.sqlite"))
                report = child.end()
            with ExchangeChild(load) as child, asyncio.Runner(loop_factory=loop_factory()) as runner:
                polled = runner.run(poll_baseline(socket, MAKER, TAKER, plan.baseline_fills))
        finally:
            sys.setswitchinterval(before)
            gc.unfreeze()
    frame, sender = samples.sorted_us()
    trips = sorted(report.round_trip_us[plan.warm_up :])
    p50, polled_p50 = percentile(frame, 0.5), percentile(sorted(polled), 0.5)
    return {
        "p50_us": round(p50, 1),
        "p99_us": round(percentile(frame, 0.99), 1),
        "max_us": round(frame[-1], 1),
        "from_sender_p50_us": round(percentile(sender, 0.5), 1),
        "from_sender_p99_us": round(percentile(sender, 0.99), 1),
        "round_trip_p50_us": round(percentile(trips, 0.5), 1),
        "round_trip_p99_us": round(percentile(trips, 0.99), 1),
        "baseline_poll_p50_us": round(polled_p50, 1),
        "ratio": round(polled_p50 / p50, 1),
        "fills": len(frame),
        "fills_per_s": round((len(frame) + plan.warm_up) / seconds, 1),
        "updates_per_s": round(report.updates / report.seconds, 1),
        "loop": loop_factory().__module__.partition(".")[0],
        **platform(),
    }


async def _desk(plan: Plan, socket: Path, journal_file: Path) -> tuple[Samples, float]:
    """One desk, one loop, until every sample is there. The samples, and the seconds it took."""
    samples = Samples(plan.fills, plan.warm_up)
    journal = Journal.open(journal_file, ThreadWriter)
    desk = Desk(
        clock=SystemClock(),
        journal=journal,
        venues=[BenchClient(name, socket, ArrivalClock(), samples) for name in ACCOUNTS],
        strategies={Resting.kind: Resting()},
        limits=_LIMITS,
        version="bench",
    )
    desk.intake = BenchIntake(desk, samples)
    running = asyncio.get_running_loop()
    try:
        await desk.start()
        desk.loops.launch(Resting.kind, _params(plan))
        gc.collect()
        gc.freeze()
        began = running.time()
        patience = 30 + 3 * (plan.fills + plan.warm_up) / plan.fills_per_s
        try:
            async with asyncio.timeout(patience):
                await samples.done.wait()
        except TimeoutError:
            lines = "; ".join(line.text for line in list(desk.alarms.lines)[-3:])
            counted = len(samples.from_frame)
            raise BenchError(f"only {counted} hedges in {patience:.0f} s; the desk says: {lines}") from None
        return samples, running.time() - began
    finally:
        await desk.cut_off()
        journal.close()


def _params(plan: Plan) -> Mapping[str, Any]:
    lots = 2 * (plan.fills + plan.warm_up) * FILL_LOTS
    return {
        "maker": MAKER,
        "taker": TAKER,
        "ticker": "BTC",
        "size": Decimal("0.001") * lots,
        "guard_depth": "0",
        "slippage": "50",
    }
