"""A world whose desk trades through the real adapter: ccxt over an in-memory network, served dialects, one exchange."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping

from msgspec.structs import replace

from cockpit.chaos.adapter_clock import CcxtClock
from cockpit.chaos.adapter_faults import WireFaults
from cockpit.chaos.adapter_gate import AdapterGate
from cockpit.chaos.adapter_plan import dialect_of
from cockpit.chaos.adapter_session import AdapterSession, Witnessed, wired
from cockpit.chaos.adapter_wire import Line, Network
from cockpit.chaos.gate import LATEST_OF_THE_DEAD_S, ChaosGate
from cockpit.chaos.kinds import Fault
from cockpit.chaos.plan import AccountCast, Plan
from cockpit.chaos.session import Session, Witness
from cockpit.chaos.world import Alter, World
from cockpit.desk.desk import DeskOptions
from cockpit.desk.going_live import LiveRules
from cockpit.live.account import LiveAccount, Looked
from cockpit.live.client_ids import OrderIdCodec
from venues.live.dialects import DIALECTS
from venues.live.pool import VenuePool
from venues.live.venue import CcxtVenue
from venues.model import FillReport, Venue
from venues.model.secret import Secret
from venues.paper.engine import Observer
from venues.paper.latency import Latency
from venues.served.front import Front
from venues.served.house import House, HouseSpec
from venues.served.registry import dialect_factory

LIGHTER_PACE_S = 20.0
"""As long as twenty hedges take there, once what may be spent at once is spent."""


class AdapterWorld(World):
    """`exchange` is one `PaperExchange` as ever; each account has a house and a front on it, and a line to that."""

    def __init__(self, plan: Plan, *, keep: bool = False, alter: Alter | None = None) -> None:
        self.houses: dict[str, House] = {}
        self.fronts: dict[str, Front] = {}
        self.lines: dict[str, Line] = {}
        self._trades: dict[str, dict[str, str]] = {}
        self._began = False
        super().__init__(plan, keep=keep, alter=alter)
        names = sorted({DIALECTS[dialect_of(cast)].ccxt_id for cast in plan.accounts})
        self._ccxt = CcxtClock(names, self.wall.now_ns, random.Random(f"ccxt/{plan.seed}"))
        self._log, self._noting = logging.getLogger("venues.live"), _Noting(self)
        self._was = (self._log.level, self._log.propagate)
        self._log.setLevel(logging.INFO)
        self._log.propagate = False
        self._log.addHandler(self._noting)

    def _gate(self, name: str) -> ChaosGate:
        rates = self.plan.rates.get(name, {})
        rng = random.Random(f"gate/{self.plan.seed}/{name}")
        return AdapterGate(name, rng, rates, self.true_clock.now_ns, self.struck)

    def _options(self) -> DeskOptions:
        """Accounts on a server of one's own need no grant, and are past their first session."""
        return replace(super()._options(), live=LiveRules(first_fills=0, open=frozenset(self.houses)))

    def _open(self, cast: AccountCast) -> None:
        (instrument,) = cast.instruments
        name, profile = cast.name, cast.profile
        market = self.markets[name] = self._market(cast, instrument)
        self.instruments[(name, instrument.symbol)] = instrument
        spec = HouseSpec(venue=profile.name, accounts={name: cast.cash[instrument.settle]}, profile=profile)
        house = self.houses[name] = House(spec, self.true_clock, [market], exchange=self.exchange)
        front = self.fronts[name] = Front(dialect_factory(dialect_of(cast))(house), house)
        gate = self._gate(name)
        assert isinstance(gate, AdapterGate)
        self.gates[name] = gate
        if Fault.KILL in self.plan.kinds:
            gate.latest_s = LATEST_OF_THE_DEAD_S
        self.exchange.set_gate(name, gate)
        seed = f"{self.plan.seed}/{name}"
        line = self.lines[name] = Line(
            name,
            front,
            self.true_clock,
            random.Random(f"line/{seed}"),
            WireFaults(gate, random.Random(f"wire/{seed}"), front.dialect.refusal),
            there=Latency(profile.submit.base_ms, profile.submit.jitter_ms),
            back=Latency(profile.ack.base_ms, profile.ack.jitter_ms),
        )
        gate.reach = lambda venue_id: self.reached(name, line.reach(venue_id))

    def reached(self, account: str, client_order_id: str) -> None:
        """An order has set out for the book; a run looks whether it was believed lost."""

    def ours(self, account: str, venue_id: str) -> str:
        """Our client order id of the venue's; the venue's own where it is nobody's."""
        return self.lines[account].arrived.get(venue_id, venue_id)

    def trades(self, account: str) -> Mapping[str, str]:
        """The exchange's trade ids by the venue's."""
        known, dialect = self._trades.setdefault(account, {}), self.fronts[account].dialect
        for fill in self.houses[account].accounts[account].fills.since(len(known)):
            known[dialect.trade_id(account, fill)] = fill.fill.trade_id
        return known

    def pace_s(self, cast: AccountCast) -> float:
        """Lighter takes 60 requests a minute in all: hedges of many small fills wait for each other."""
        return LIGHTER_PACE_S if dialect_of(cast) == "lighter" else 0.0

    def observe(self, observer: Observer) -> None:
        super().observe(InOurTerms(self, observer))

    async def begin(self) -> None:
        """Open the houses; once, before the first desk."""
        if not self._began:
            self._began = True
            for name, house in self.houses.items():
                await house.start()
                self.fronts[name].dialect.start()

    def _session(self, name: str, witness: Witness) -> Session:
        cast = next(cast for cast in self.plan.accounts if cast.name == name)
        line = self.lines[name]
        network = Network(line)
        dialect, clock, symbol = dialect_of(cast), self.clock, cast.instruments[0].symbol
        keys = {key: Secret(value) for key, value in self.fronts[name].dialect.credentials(name).items()}
        pool = VenuePool()

        async def load() -> Mapping[str, Secret]:
            return keys

        def make(credentials: Mapping[str, Secret], read_only: bool) -> Venue:
            return CcxtVenue(
                account=name,
                dialect=wired(DIALECTS[dialect](), network),
                credentials=credentials,
                clock=clock,
                ids=OrderIdCodec(),
                symbols=(symbol,),
                pool=pool,
                endpoint=f"http://{name}.test",
                read_only=read_only,
            )

        async def look(_venue: Venue) -> Looked:
            return Looked()

        account = LiveAccount(name, venue=dialect, endpoint="", clock=clock, load=load, make=make, look=look)
        account.read_only = False
        seen = Witnessed(witness, line, lambda: self.trades(name))
        return AdapterSession(account, clock, seen, line, network)

    async def end(self) -> None:
        sessions = list(self.sessions.values())
        await super().end()
        for session in sessions:
            session.die()
            await session.inner.close()
        for name, house in self.houses.items():
            await self.lines[name].close()
            self.fronts[name].dialect.stop()
            await house.stop()
        # ccxt leaves some of its own behind
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def close(self) -> None:
        self._ccxt.restore()
        self._log.removeHandler(self._noting)
        self._log.setLevel(self._was[0])
        self._log.propagate = self._was[1]
        super().close()


class _Noting(logging.Handler):
    """What the adapter says goes to the timeline."""

    def __init__(self, world: AdapterWorld) -> None:
        super().__init__(logging.INFO)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        self._world.note("adapter", record.getMessage())


class InOurTerms:
    """An observer of the exchange who hears of orders by our ids."""

    def __init__(self, world: AdapterWorld, observer: Observer) -> None:
        self._world = world
        self._observer = observer

    def filled(self, account: str, fill: FillReport) -> None:
        self._observer.filled(account, replace(fill, client_order_id=self._world.ours(account, fill.client_order_id)))

    def ended(self, account: str, client_order_id: str) -> None:
        self._observer.ended(account, self._world.ours(account, client_order_id))
