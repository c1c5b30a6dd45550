"""Hours of trading in virtual time: whether the desk's memory is level after the first."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sqlite3
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import msgspec

from cockpit.bench.child import BenchError
from cockpit.bench.figures import Figure, Target, platform
from cockpit.bench.kills_home import LoopPlan
from cockpit.bench.memory_sizes import counted_apart, grown
from cockpit.bench.process import rss_mb
from cockpit.desk.booking import Booked
from cockpit.desk.desk import Desk
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import connect_rw
from cockpit.desk.risk import RiskLimits
from cockpit.host.commands import DeskHost
from cockpit.sim.loop import MergedFeed, VirtualClock, VirtualLoop
from cockpit.sim.sources import SYNTHETIC_START_NS, synthetic_world
from strategies.registry import STRATEGIES
from venues.model import NS_PER_S, Clock, SystemClock
from venues.paper.exchange import PaperExchange
from venues.paper.instruments import instrument_for
from venues.paper.profiles import Profile, load_profiles
from venues.paper.synthetic import SyntheticMarket
from venues.paper.synthetic_character import Character, character_of

GROWTH_PERCENT = 10.0
"""Growth of resident memory after the first hour above which the run fails."""
CASH = Decimal(10_000_000)
"""Enough that neither margin nor what eight hours cost decides anything."""
KEPT = 300
"""Events that the exchange remembers of an account: its memory is in this process too, and is not to be measured."""
SCREEN_S = 5.0
"""How often the tables of the screens are built: a client looks more often, but what it holds is the same."""
LOOPS = (
    LoopPlan("L1", "extended", "lighter", "BTC", "0.01"),
    LoopPlan("L2", "grvt", "backpack", "BTC", "0.01"),
)

TARGETS = (Target("grew_percent", GROWTH_PERCENT, "%"),)


class Plan(msgspec.Struct, frozen=True):
    hours: int = 8
    seed: int = 1
    events_per_s: float = 10.0
    """Book events a second in each of the four markets."""
    hour_s: float = 3600.0
    """Shorter in tests."""


class Sample(msgspec.Struct):
    rss_mb: float
    blocks: int
    """Pieces of memory that Python has handed out."""
    containers: dict[str, int] = {}


class Memory:
    """One run, in this very process."""

    def __init__(self, plan: Plan, journal: Path) -> None:
        self._plan = plan
        self._journal = journal
        self._fills = 0
        self._samples: list[Sample] = []

    def run(self) -> dict[str, Figure]:
        """Raises `BenchError`."""
        profiles = load_profiles(None)
        markets = self._markets(profiles)
        feed = MergedFeed(list(markets.values()))
        loop = VirtualLoop(SYNTHETIC_START_NS, feed)
        wall: Clock = SystemClock()
        began = wall.now_ns()
        try:
            cycles = loop.run_until_complete(self._main(loop, profiles, markets))
        finally:
            loop.close()
        return self._figures(cycles, feed.steps, (wall.now_ns() - began) / NS_PER_S)

    def _markets(self, profiles: dict[str, Profile]) -> dict[tuple[str, str], SyntheticMarket]:
        world = synthetic_world(self._plan.seed)
        wanted = sorted({(venue, loop.coin) for loop in LOOPS for venue in (loop.maker, loop.taker)})
        return {
            (venue, coin): SyntheticMarket(world, instrument_for(profiles[venue], coin), self._character(venue), venue)
            for venue, coin in wanted
        }

    def _character(self, venue: str) -> Character:
        rate = self._plan.events_per_s
        return msgspec.structs.replace(character_of(venue), events_per_s=rate)

    async def _main(
        self,
        loop: VirtualLoop,
        profiles: dict[str, Profile],
        markets: dict[tuple[str, str], SyntheticMarket],
    ) -> int:
        clock = VirtualClock(loop)
        exchange = PaperExchange(clock, random.Random(f"exchange/{self._plan.seed}"))
        for venue in sorted({venue for venue, _coin in markets}):
            exchange.add_venue(venue, profiles[venue])
            for (at, _coin), market in markets.items():
                if at == venue:
                    exchange.add_market(venue, market)
            settle = instrument_for(profiles[venue], "BTC").settle
            exchange.add_account(venue, venue, {settle: CASH}, keep=KEPT)
        desk = Desk(
            clock=clock,
            journal=Journal.open(self._journal, connect=_connect),
            venues=[exchange.venue_for(account) for account in exchange.accounts],
            strategies=STRATEGIES,
            limits=RiskLimits(max_leverage=Decimal(50), max_orders_per_s=100),
        )
        desk.booking.on_booked.append(self._booked)
        host = DeskHost(desk, os.getpid())
        await desk.start()
        for plan in LOOPS:
            await self._launch(desk, plan)
        for _hour in range(self._plan.hours):
            await self._hour(host)
            gc.collect()
            sample = Sample(rss_mb(os.getpid()), sys.getallocatedblocks())
            sample.containers = counted_apart({"desk": desk, "host": host})
            self._samples.append(sample)
        cycles = sum(each.iterations_done for each in desk.loops.all.values())
        halted = [f"{each.id}: {each.halt_reason}" for each in desk.loops.all.values() if each.halt_reason]
        if halted:
            raise BenchError(f"a loop halted, so the load was less than it should be: {'; '.join(halted)}")
        await desk.stop()
        exchange.stop()
        desk.journal.close()
        return cycles

    async def _hour(self, host: DeskHost) -> None:
        for _look in range(int(self._plan.hour_s / SCREEN_S)):
            await asyncio.sleep(SCREEN_S)
            host.tables()

    async def _launch(self, desk: Desk, plan: LoopPlan) -> None:
        """A price may still be on its way. Raises `BenchError`."""
        params = {"maker": plan.maker, "taker": plan.taker, "ticker": plan.coin, "size": plan.size, "iterations": "0"}
        for _ in range(100):
            try:
                desk.loops.launch("hedge", params)
            except ValueError as error:
                refused = error
                await asyncio.sleep(0.5)
            else:
                return
        raise BenchError(f"loop {plan.id} was refused: {refused}")

    def _booked(self, booked: Booked) -> None:
        self._fills += 1

    # -- what it came to

    def _figures(self, cycles: int, events: int, wall_s: float) -> dict[str, Figure]:
        first, last = self._samples[0], self._samples[-1]
        grew = last.rss_mb - first.rss_mb
        return {
            "hours": self._plan.hours,
            **{f"rss_mb_after_{hour}_h": round(each.rss_mb, 1) for hour, each in enumerate(self._samples, start=1)},
            "grew_mb": round(grew, 2),
            "grew_percent": round(grew / first.rss_mb * 100, 2),
            "blocks_first": first.blocks,
            "blocks_last": last.blocks,
            "containers": len(last.containers),
            "grown_containers": "; ".join(grown([each.containers for each in self._samples])),
            "loops": len(LOOPS),
            "cycles": cycles,
            "fills": self._fills,
            "fills_per_s": round(self._fills / (self._plan.hours * self._plan.hour_s), 2),
            "events": events,
            "events_per_s_and_market": self._plan.events_per_s,
            "journal_mb": round(self._journal.stat().st_size / 1_000_000, 1),
            "wall_s": round(wall_s, 1),
            "seed": self._plan.seed,
            **platform(),
        }


def failures(figures: dict[str, Figure]) -> str:
    """Why the run does not pass; empty where it does."""
    grew = float(figures["grew_percent"])
    return f"resident memory grew by {grew:g} % after the first hour" if grew > GROWTH_PERCENT else ""


def run(plan: Plan) -> dict[str, Figure]:
    """Raises `BenchError`."""
    with tempfile.TemporaryDirectory(prefix="ck-memory-") as folder:
        return Memory(plan, Path(folder) / "journal.sqlite").run()


def _connect(path: str) -> sqlite3.Connection:
    """The journal's own connection, but that no commit waits for the disk: how fast that is, is not asked here."""
    connection = connect_rw(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection
