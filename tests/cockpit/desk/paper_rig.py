"""The real desk over the paper exchange, with markets that the test moves by hand. Needs `tests/venues/paper` on the
path."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from desk_kit import D, Rig
from fake_venue import linear
from scripted_market import ScriptedMarket

from cockpit.desk.desk import DeskOptions
from cockpit.desk.loops import Loop
from cockpit.sim.loop import VirtualClock
from venues.model import Instrument, Venue
from venues.paper.exchange import PaperExchange
from venues.paper.latency import Latency
from venues.paper.profiles import load_profile

MID = 200_000
"""Ticks of 0.5: a price of 100,000."""


class PaperRig(Rig):
    """Accounts `mk` and `tk` on venues of their own, 5 ms away. `at` quotes both books around a mid in ticks."""

    def __init__(
        self,
        *,
        maker: Instrument | None = None,
        taker: Instrument | None = None,
        journal: str | Path = ":memory:",
        options: DeskOptions | None = None,
        **changes: Any,
    ) -> None:
        self.markets = {"mk": ScriptedMarket(maker or linear()), "tk": ScriptedMarket(taker or linear())}
        profile = load_profile("binance").with_latency(Latency(5.0)).with_fees(D(1), D(4))
        self.exchange: PaperExchange

        def venues(clock: VirtualClock) -> list[Venue]:
            self.exchange = PaperExchange(clock, random.Random(1))
            for name, market in self.markets.items():
                self.exchange.add_venue(name, profile)
                self.exchange.add_market(name, market)
                self.exchange.add_account(name, name, {"USDT": D(1_000_000), "BTC": D(50)})
            return [self.exchange.venue_for(name) for name in self.markets]

        super().__init__(venues, journal=journal, options=options, **changes)
        self.mid = MID

    def __enter__(self) -> PaperRig:
        self.start()
        self.at(MID, seconds=6.5)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        super().__exit__(kind)
        self.exchange.stop()

    def at(self, mid: int, *, seconds: float = 0.5, only: str = "", lots: int = 10**6, width: int = 1) -> None:
        """Both markets (or `only` one) quote `mid` ± `width` ticks, five levels deep."""
        self.mid = mid

        def quote() -> None:
            for name, market in self.markets.items():
                if name == (only or name):
                    levels = range(width, width + 5)
                    market.replace({mid - n: lots for n in levels}, {mid + n: lots for n in levels})

        self.call(quote, seconds=seconds)

    def swing(self, times: int = 1, by: int = 20) -> None:
        """Down and up again: what rests on either side is traded through."""
        for _ in range(times):
            self.at(self.mid - by)
            self.at(self.mid + by)

    def swing_until(self, true: Callable[[], object], times: int = 120) -> None:
        for half in range(times):
            if true():
                return
            self.at(self.mid + (20 if half % 2 else -20))
        raise AssertionError(f"not within {times} swings; {self.phases}; alarms: {self.alarms}; {self.log[-5:]}")

    @property
    def phases(self) -> list[tuple[str, str, str]]:
        return [(loop.state.value, loop.phase, loop.detail) for loop in self.desk.loops.all.values()]

    def hedge(self, seconds: float = 0.2, **params: object) -> Loop:
        return self.launch(
            "hedge", seconds, **({"maker": "mk", "taker": "tk", "ticker": "BTC", "size": "0.05"} | params)
        )

    def truth(self, account: str) -> Decimal:
        """What the exchange's own books say is held, venue units."""
        instrument = self.markets[account].instrument
        return instrument.lots_to_qty(self.exchange.account_state(account).lots(instrument.symbol))
