"""kill -9 of the desk in mid-cycle, again and again, on a paper exchange that lives on: what is lost, what is doubled,
and how long until every exposure is hedged or alarmed."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import msgspec

from cockpit.bench.child import BenchError
from cockpit.bench.figures import Figure, Target, percentile, platform
from cockpit.bench.kills_books import ExchangeBooks, JournalBooks, MarketKey, TradeKey
from cockpit.bench.kills_home import LOOPS, DeskRun, KillHome
from cockpit.desk.journal_file import JournalError
from cockpit.link.client import LinkError
from cockpit.link.messages import Pause, Resume
from venues.model import NS_PER_S, Clock, SystemClock, VenueError

BOUND_S = 5.0
"""By then every exposure must be hedged or alarmed, from the exec of the restarted desk."""
SETTLE_S = 20.0
"""How long is waited for a desk that misses the bound, so that the run can go on and tell of it."""
WHOLLY_S = 1.5
"""How long orders in doubt are waited for."""
JOURNAL_S = 3.0
LOOK_S = 0.01

TARGETS = (
    Target("hedged_within_s_max", BOUND_S, "s"),
    Target("lost", 0, ""),
    Target("doubled", 0, ""),
)

AIMS = ("anywhere", "anywhere", "fill", "cancel")
"""Where a kill is aimed, each as likely: a moment of a cycle; right after a maker's fill came into the journal; while
the makers' cancels are in flight."""
AGAIN = 0.2
"""Share of the kills that are followed by another, while the desk comes back from the first."""

WRONG = ("foreign/", "suspect/", "defect/", "restart/", "ended/", "unexplained/", "symbol/")
"""Alarms that no kill may cause."""


class Plan(msgspec.Struct, frozen=True):
    kills: int = 100
    seed: int = 1


class Restart(msgspec.Struct):
    """One come-back, after one kill or after several in a row."""

    killed_ts: int
    """Of the first of them, ns."""
    naked: bool
    exec_ts: int = 0
    up_ts: int = 0
    over_ts: int = 0
    """When the loops were let go again."""
    alarmed: dict[str, int] = {}
    """Loop to when an alarm was first seen that names its exposure, ns."""


class KillRun:
    """One run. Its judge is the exchange; the desk's own tables only say when to go on."""

    def __init__(self, plan: Plan, home: KillHome, clock: Clock) -> None:
        self._plan = plan
        self._home = home
        self._clock = clock
        self._dice = random.Random(f"kills/{plan.seed}")
        hedging = {loop.hedge for loop in LOOPS}
        self._markets = {loop.id: loop.markets for loop in LOOPS}
        self._venue = ExchangeBooks(home.places.paper_socket, clock, hedging)
        self._journal = JournalBooks(home.places.journal)
        self._tolerance: dict[str, Decimal] = {}
        self._aims: Counter[str] = Counter()
        self._in_restart = 0
        self._naked = 0
        self._restarts: list[Restart] = []
        self._troubles: list[str] = []

    async def run(self) -> dict[str, Figure]:
        began = self._clock.now_ns()
        desk = await self._home.start()
        await desk.up()
        for loop in LOOPS:
            await desk.launch(loop)
        done = 0
        while done < self._plan.kills:
            self._aims[await self._aim(desk)] += 1
            done += 1
            desk = await self._kill(desk)
        cycles = sum(row.iterations_done for row in desk.rows())
        await desk.stop()
        return await self._judged(cycles, (self._clock.now_ns() - began) / NS_PER_S)

    # -- one kill

    async def _aim(self, desk: DeskRun) -> str:
        """Wait for the moment to kill at."""
        aim = self._dice.choice(AIMS)
        if aim == "fill":
            await self._after_a_fill()
            await asyncio.sleep(self._dice.uniform(0.0, 0.03))
        elif aim == "cancel":
            await asyncio.sleep(self._dice.uniform(0.2, 1.2))
            desk.tell(Pause("all"))
            await asyncio.sleep(self._dice.uniform(0.0, 0.1))
        else:
            await asyncio.sleep(self._dice.uniform(0.2, 1.7))
        return aim

    async def _after_a_fill(self) -> None:
        """Until the journal has a maker's fill more, or for a few seconds."""
        newest = self._journal.newest()
        with suppress(TimeoutError):
            async with asyncio.timeout(3.0):
                while not self._journal.maker_fill_after(newest):  # noqa: ASYNC110  see below
                    await asyncio.sleep(0.001)  # another process's file wakes nobody here

    async def _kill(self, desk: DeskRun) -> DeskRun:
        """Kill, start anew, perhaps kill again, wait until all is well, let the loops go. The new desk."""
        restart = Restart(killed_ts=self._clock.now_ns(), naked=False)
        again = self._dice.random() < AGAIN
        while True:
            killed_ts = await desk.kill()
            await self._venue.read(self._home.accounts)
            naked = self._exposed(killed_ts)
            self._naked += naked
            restart.naked = restart.naked or naked
            restart.exec_ts = self._clock.now_ns()
            desk = await self._home.start()
            if not again:
                break
            again = False
            self._in_restart += 1
            await asyncio.sleep(self._dice.uniform(0.2, 1.5))
        await desk.up()
        restart.up_ts = desk.up_ts
        await self._settle(desk, restart)
        await self._compare(desk)
        restart.over_ts = self._clock.now_ns()
        self._restarts.append(restart)
        await desk.ask(Resume("all"))
        return desk

    def _exposed(self, ts: int) -> bool:
        """Whether a loop was naked by the exchange's fills, when the desk died."""
        return any(
            abs(self._venue.exposure(self._markets[loop.id]).at(ts)) > self._tolerance.get(loop.id, Decimal(0))
            for loop in LOOPS
        )

    def _since(self, restart: Restart) -> float:
        """Seconds since its desk was started."""
        return (self._clock.now_ns() - restart.exec_ts) / NS_PER_S

    async def _settle(self, desk: DeskRun, restart: Restart) -> None:
        """Until every loop is back and even and no order is at work."""
        while not desk.settled(wholly=self._since(restart) < WHOLLY_S):
            for loop in LOOPS:
                if desk.alarm_of(loop.id):
                    restart.alarmed.setdefault(loop.id, self._clock.now_ns())
            if self._since(restart) > SETTLE_S:
                self._troubles.append(f"kill {len(self._restarts) + 1}: not settled in {SETTLE_S:g} s: {desk.told()}")
                break
            await asyncio.sleep(LOOK_S)
        for row in desk.rows():
            self._tolerance[row.id] = max(self._tolerance.get(row.id, Decimal(0)), row.tolerance_base)
        self._troubles += [text for id_, text in desk.alarms() if id_.startswith(WRONG) and text not in self._troubles]

    async def _compare(self, desk: DeskRun) -> None:
        """Wait until the journal has what the exchange had told before the start: it is asked again at the end."""
        until = self._clock.now_ns() + int(JOURNAL_S * NS_PER_S)
        self._journal.read()
        while missing := self._venue.trades.keys() - self._journal.keys.keys():
            if self._clock.now_ns() > until:
                self._troubles.append(f"kill {len(self._restarts) + 1}: not in the journal: {_listed(missing)}")
                return
            await asyncio.sleep(LOOK_S)
            self._journal.read()

    # -- what it came to

    async def _judged(self, cycles: int, wall_s: float) -> dict[str, Figure]:
        await self._venue.read(self._home.accounts)
        self._journal.read()
        told, kept = self._venue.trades, self._journal.keys
        lost = told.keys() - kept.keys()
        invented = kept.keys() - told.keys()
        twice = [key for key, count in kept.items() if count > 1]
        doubled, uneven = list(twice), []
        late: list[str] = []
        since_exec: list[float] = []
        since_up: list[float] = []
        alarmed = exposed = 0
        for restart in self._restarts:
            covered = self._covered(restart)
            since_exec.append(max(0, covered - restart.exec_ts) / NS_PER_S)
            since_up.append(max(0, covered - restart.up_ts) / NS_PER_S)
            alarmed += bool(restart.alarmed)
            exposed += covered > restart.killed_ts or restart.naked
            if since_exec[-1] > BOUND_S:
                late.append(f"exposed for {since_exec[-1]:.2f} s after the restart")
        for loop in LOOPS:
            exposure = self._venue.exposure(self._markets[loop.id])
            tolerance = self._tolerance[loop.id]
            doubled += exposure.overshoots(tolerance)
            if abs(exposure.at(self._clock.now_ns())) > tolerance:
                uneven.append(f"{loop.id} ends with {exposure.at(self._clock.now_ns())} unhedged")
        if self._positions_differ():
            uneven.append(f"positions differ from the sum of fills: {self._positions_differ()}")
        if invented:
            self._troubles.append(f"in the journal, unknown to the exchange: {_listed(invented)}")
        if lost:
            self._troubles.append(f"lost: {_listed(lost)}")
        if doubled or self._venue.twice:
            self._troubles.append(f"doubled: {_listed([*doubled, *self._venue.twice])}")
        self._troubles += late + uneven
        return {
            "kills": sum(self._aims.values()),
            **{f"aimed_{aim}": self._aims[aim] for aim in dict.fromkeys(AIMS)},
            "more_kills_while_it_came_back": self._in_restart,
            "naked_kills": self._naked,
            "exposed_restarts": exposed,
            **_spread("hedged_within_s", since_exec),
            **_spread("hedged_after_up_s", since_up),
            **_spread("restart_s", [(each.up_ts - each.exec_ts) / NS_PER_S for each in self._restarts]),
            **_spread("settled_s", [(each.over_ts - each.exec_ts) / NS_PER_S for each in self._restarts]),
            "lost": len(lost),
            "doubled": len(doubled),
            "invented": len(invented),
            "alarmed": alarmed,
            "late": len(late),
            "fills": len(told),
            "cycles": cycles,
            "loops": len(LOOPS),
            "troubles": "; ".join(self._troubles),
            "wall_s": round(wall_s, 1),
            "seed": self._plan.seed,
            **platform(),
        }

    def _covered(self, restart: Restart) -> int:
        """When the last exposure of that come-back had ended or was named by an alarm, ns."""
        ends = []
        for loop in LOOPS:
            exposure = self._venue.exposure(self._markets[loop.id])
            covered = exposure.covered_at(restart.killed_ts, restart.over_ts, self._tolerance.get(loop.id, Decimal(0)))
            ends.append(min(covered, restart.alarmed.get(loop.id, covered)))
        return max(ends)

    def _positions_differ(self) -> str:
        sums: dict[MarketKey, Decimal] = {}
        for trade in self._venue.trades.values():
            key = (trade.key[0], trade.key[1])
            sums[key] = sums.get(key, Decimal(0)) + trade.base
        keys = sums.keys() | self._venue.positions.keys()
        pairs = {key: (sums.get(key, Decimal(0)), self._venue.positions.get(key, Decimal(0))) for key in keys}
        return ", ".join(f"{key}: {ours} and {theirs}" for key, (ours, theirs) in pairs.items() if ours != theirs)


def failures(figures: dict[str, Figure]) -> str:
    """Why the run does not pass; empty where it does."""
    return str(figures["troubles"])


def run(plan: Plan) -> dict[str, Figure]:
    """Raises `BenchError`."""
    return asyncio.run(_run(plan))


async def _run(plan: Plan) -> dict[str, Figure]:
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="ck-kills-") as folder:
        home = KillHome(Path(folder), plan.seed, clock)
        try:
            return await KillRun(plan, home, clock).run()
        except (VenueError, LinkError, JournalError) as error:
            raise BenchError(f"{error}; {home.tail()}") from None
        finally:
            await home.close()


def _spread(name: str, values: list[float]) -> dict[str, Figure]:
    ordered = sorted(values)
    return {
        f"{name}_p50": round(percentile(ordered, 0.5), 3),
        f"{name}_p99": round(percentile(ordered, 0.99), 3),
        f"{name}_max": round(ordered[-1], 3),
    }


def _listed(keys: set[TradeKey] | list[TradeKey]) -> str:
    shown = [" ".join(key) for key in sorted(keys)[:5]]
    return ", ".join(shown) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
