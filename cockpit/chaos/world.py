"""Everything of one run: the exchange that goes on, and the desks that live and die on it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from cockpit.chaos.clocks import SkewedClock
from cockpit.chaos.disk import DelayedWriter, Disk
from cockpit.chaos.gate import LATEST_OF_THE_DEAD_S, ChaosGate
from cockpit.chaos.kinds import Fault
from cockpit.chaos.market import ChaosMarket, Reference
from cockpit.chaos.plan import PRICES, AccountCast, Plan
from cockpit.chaos.session import Session, Witness
from cockpit.chaos.timeline import Timeline
from cockpit.desk.desk import Desk, DeskOptions
from cockpit.desk.journal import Journal
from cockpit.desk.risk import RiskLimits
from cockpit.host.commands import DeskHost
from cockpit.sim.loop import MergedFeed, VirtualClock, VirtualLoop
from strategies.registry import STRATEGIES
from venues.model import NS_PER_S, Instrument, SteadyClock
from venues.paper.engine import Observer
from venues.paper.exchange import PaperExchange

Alter = Callable[[Desk], None]
"""Makes a desk defective on purpose."""


class World:
    """Built from a plan; `desk` is None while none is alive."""

    def __init__(
        self, plan: Plan, *, keep: bool = False, alter: Alter | None = None, strategies: Mapping[str, Any] = STRATEGIES
    ) -> None:
        self.plan = plan
        self.loop = VirtualLoop(plan.start_ns)
        self.true_clock = VirtualClock(self.loop)
        self.wall = SkewedClock(self.loop)
        """This machine's clock; the desk reads it through `SteadyClock`, as it does outside."""
        self.clock = SteadyClock(self.wall)
        self.timeline = Timeline(plan.start_ns, keep=keep)
        self.rng = random.Random(f"world/{plan.seed}")
        self.faults: dict[Fault, int] = {}
        """Strikes that counted."""
        self.exchange = PaperExchange(self.true_clock, random.Random(f"exchange/{plan.seed}"))
        self.reference = Reference(
            random.Random(f"price/{plan.seed}"), plan.start_ns, self._first_price(), plan.volatility
        )
        self.markets: dict[str, ChaosMarket] = {}
        self.gates: dict[str, ChaosGate] = {}
        self.instruments: dict[tuple[str, str], Instrument] = {}
        for cast in plan.accounts:
            self._open(cast)
        self.loop.set_feed(MergedFeed(list(self.markets.values())))
        disk_rng = random.Random(f"disk/{plan.seed}")
        self.disk = Disk(f"chaos-{plan.seed}-{id(self)}", lambda: disk_rng.uniform(0.0005, 0.02))
        self.desk: Desk | None = None
        self.host: DeskHost | None = None
        self.sessions: dict[str, Session] = {}
        self.life = 0
        self.born_ns = 0
        self.death = asyncio.Event()
        """Set while no desk is alive."""
        self.on_write: Callable[[str, Any], None] = lambda _key, _row: None
        self._alter = alter
        self._strategies = strategies
        self._writer: DelayedWriter | None = None
        self._booting: asyncio.Task[None] | None = None
        self._burials: set[asyncio.Task[None]] = set()
        self.restart_s = 0.0
        """How long a killed desk stays dead."""
        self.over = False

    # -- what a scripted world does its own way

    def _first_price(self) -> float:
        return PRICES[self.plan.coin]

    def _limits(self) -> RiskLimits:
        return RiskLimits(stale_s=Decimal(120) if self.plan.sparse else Decimal(5))

    def _options(self) -> DeskOptions:
        return DeskOptions(watch_s=self.plan.watch_s, reconcile_s=self.plan.reconcile_s)

    def _market(self, cast: AccountCast, instrument: Instrument) -> ChaosMarket:
        plan = self.plan
        return ChaosMarket(
            instrument,
            self.reference,
            random.Random(f"market/{plan.seed}/{cast.name}"),
            plan.start_ns,
            step_s=cast.step_s,
            basis_bps=cast.basis_bps,
            spread_ticks=cast.spread_ticks,
            depth_base=cast.depth_base,
        )

    def _gate(self, name: str) -> ChaosGate:
        plan = self.plan
        return ChaosGate(
            name,
            random.Random(f"gate/{plan.seed}/{name}"),
            plan.rates.get(name, {}),
            self.true_clock.now_ns,
            self.struck,
        )

    def pace_s(self, cast: AccountCast) -> float:
        """For how long orders may queue because the venue's limit lets only so many through, beyond its delays."""
        return 0.0

    def _session(self, name: str, witness: Witness) -> Session:
        return Session(self.exchange.venue_for(name), self.clock, witness)

    def observe(self, observer: Observer) -> None:
        """Let somebody see every fill and every order's end as the exchange books them, by our client order ids."""
        self.exchange.observe(observer)

    async def begin(self) -> None:
        """Before each desk: whatever the exchange needs to run by itself."""

    def _open(self, cast: AccountCast) -> None:
        (instrument,) = cast.instruments
        name = cast.name
        market = self.markets[name] = self._market(cast, instrument)
        self.instruments[(name, instrument.symbol)] = instrument
        self.exchange.add_venue(name, cast.profile, heartbeat_s=20.0 if self.plan.sparse else 1.0)
        self.exchange.add_market(name, market)
        self.exchange.add_account(name, name, dict(cast.cash))
        gate = self.gates[name] = self._gate(name)
        if Fault.KILL in self.plan.kinds:
            gate.latest_s = LATEST_OF_THE_DEAD_S
        self.exchange.set_gate(name, gate)

    # -- time and what is noted

    def now(self) -> int:
        """True time, ns."""
        return self.loop.now_ns

    @property
    def elapsed_s(self) -> float:
        return (self.loop.now_ns - self.plan.start_ns) / NS_PER_S

    def note(self, who: str, what: object) -> None:
        self.timeline.add(self.loop.now_ns, who, what)

    def struck(self, account: str, kind: Fault, what: str) -> None:
        """A fault hit something that mattered."""
        self.faults[kind] = self.faults.get(kind, 0) + 1
        self.note("fault", f"{kind} {account} {what}")

    def position(self, account: str, symbol: str) -> Decimal:
        """By the exchange's own books, signed, venue units."""
        lots = self.exchange.account_state(account).lots(symbol)
        return self.instruments[(account, symbol)].lots_to_qty(lots)

    # -- lives

    def boot(self, witness: Witness) -> None:
        """A new desk over the same disk and the same accounts."""
        if self.over or self.desk is not None or (self._booting is not None and not self._booting.done()):
            return
        self._booting = self.loop.create_task(self._boot(witness))

    async def _boot(self, witness: Witness) -> None:
        for burial in tuple(self._burials):
            await asyncio.wait((burial,))
        self.life += 1
        # A process that starts believes the machine's clock.
        self.clock = SteadyClock(self.wall)
        self.note("desk", f"starts, life {self.life}")
        trouble: list[Callable[[str], None]] = []
        writers: list[DelayedWriter] = []

        def writer(connect: Any) -> DelayedWriter:
            made = _Listened(self, connect, lambda text: trouble[0](text) if trouble else None)
            writers.append(made)
            return made

        journal = Journal.open(":memory:", writer, connect=self.disk.connect)
        await self.begin()
        self.sessions = {name: self._session(name, witness) for name in self.exchange.accounts}
        desk = Desk(
            clock=self.clock,
            journal=journal,
            venues=list(self.sessions.values()),
            strategies=self._strategies,
            limits=self._limits(),
            options=self._options(),
        )
        trouble.append(desk.journal_trouble)
        desk.alarms.on_line.append(lambda line: self.note("log", f"{line.level} {line.source}: {line.text}"))
        if self._alter is not None:
            self._alter(desk)
        (self._writer,) = writers
        self._writer.begin(self.loop)
        self.desk, self.host = desk, DeskHost(desk, 0)
        self.born_ns = self.loop.now_ns
        self.death.clear()
        await desk.start()

    def kill(self, why: str, witness: Witness) -> None:
        """As kill -9: from this very call on the desk sends, hears and saves nothing. It is started anew after
        `restart_s`."""
        desk = self.desk
        if desk is None:
            return
        self.struck("", Fault.KILL, why)
        for session in self.sessions.values():
            session.die()
        assert self._writer is not None
        self._writer.die()
        self.desk = self.host = None
        self.death.set()
        if self._booting is not None:
            self._booting.cancel()
        burial = self.loop.create_task(self._bury(desk, list(self.sessions.values())))
        self._burials.add(burial)
        burial.add_done_callback(self._burials.discard)
        self.loop.call_later(self.restart_s, partial(self.boot, witness))

    async def _bury(self, desk: Desk, sessions: list[Session]) -> None:
        """Take the dead desk out of memory. Nothing it still does can be seen by anybody."""
        await desk.cut_off()
        for session in sessions:
            await session.inner.close()
        desk.journal.close()

    async def end(self) -> None:
        """The run is over: the desk is cut off and everything closed."""
        self.over = True
        desk, self.desk = self.desk, None
        if self._booting is not None and not self._booting.done():
            self._booting.cancel()
            await asyncio.wait((self._booting,))
        for burial in tuple(self._burials):
            await asyncio.wait((burial,))
        if desk is not None:
            await desk.cut_off()
            desk.journal.close()
        self.exchange.stop()

    def close(self) -> None:
        self.disk.close()
        self.loop.close()


class _Listened(DelayedWriter):
    """A writer that lets the world know of each row, for kills between two of them."""

    def __init__(self, world: World, connect: Any, on_trouble: Callable[[str], None]) -> None:
        super().__init__(world.disk, connect, on_trouble)
        self._world = world

    def write(self, key: str, row: Any) -> None:
        super().write(key, row)
        self._world.on_write(key, row)
