"""The world of a scenario: accounts, prices and connections as its file says, nothing by chance but the latencies."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from cockpit.chaos.gate import ChaosGate
from cockpit.chaos.market import ChaosMarket
from cockpit.chaos.plan import AccountCast, Plan
from cockpit.chaos.scripted_gate import ScriptedGate
from cockpit.chaos.scripted_market import ScriptedMarket
from cockpit.chaos.world import Alter, World
from cockpit.desk.risk import RiskLimits
from venues.model import Instrument


class Entry(msgspec.Struct, frozen=True):
    """One thing that happened."""

    at: int
    """True time, ns."""
    who: str
    what: str


class ScriptedWorld(World):
    """Keeps all that happened, and shows it to `told` at once."""

    def __init__(
        self,
        plan: Plan,
        *,
        price: Decimal,
        depths: dict[str, Decimal],
        limits: dict[str, Decimal],
        alter: Alter | None = None,
    ) -> None:
        self._price = float(price)
        self._depths = depths
        self._own_limits = limits
        self.plan_of: dict[str, dict[str, str]] = {}
        """Loops of the file, as they are launched."""
        self.entries: list[Entry] = []
        self.told: Callable[[Entry], None] = lambda _entry: None
        super().__init__(plan, alter=alter)

    def note(self, who: str, what: object) -> None:
        super().note(who, what)
        entry = Entry(self.now(), who, str(what))
        self.entries.append(entry)
        self.told(entry)

    def scripted_gate(self, account: str) -> ScriptedGate:
        gate = self.gates[account]
        assert isinstance(gate, ScriptedGate)
        return gate

    def scripted_market(self, account: str) -> ScriptedMarket:
        market = self.markets[account]
        assert isinstance(market, ScriptedMarket)
        return market

    def _first_price(self) -> float:
        return self._price

    def _limits(self) -> RiskLimits:
        limits = super()._limits()
        whole = {
            name: int(value) if isinstance(getattr(limits, name), int) else value
            for name, value in self._own_limits.items()
        }
        return msgspec.structs.replace(limits, **whole)

    def _market(self, cast: AccountCast, instrument: Instrument) -> ChaosMarket:
        return ScriptedMarket(
            instrument,
            self.reference,
            self.plan.start_ns,
            step_s=cast.step_s,
            spread_ticks=cast.spread_ticks,
            depth=self._depths[cast.name],
        )

    def _gate(self, name: str) -> ChaosGate:
        return ScriptedGate(name, self.true_clock.now_ns, self.struck)
