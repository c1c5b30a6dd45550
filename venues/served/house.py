"""The exchange behind a dialect: one venue of the paper exchange, its markets driven in real time, funded accounts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from venues.model import Clock, Instrument, Side
from venues.paper.capture_replay import CaptureReplay
from venues.paper.captures import open_capture
from venues.paper.exchange import PaperExchange
from venues.paper.host import START_PRICES
from venues.paper.instruments import instrument_for
from venues.paper.latency import Latency, Timers
from venues.paper.limits import Limit
from venues.paper.market import Market
from venues.paper.profiles import Profile, load_profile
from venues.paper.queue import QueueModelKind
from venues.paper.realtime import RealTimeDriver, ShiftedMarket
from venues.paper.spec import SpecError
from venues.paper.synthetic import SyntheticMarket
from venues.paper.synthetic_character import character_of
from venues.paper.synthetic_world import SyntheticWorld
from venues.served.account import AccountListener, HouseAccount, HouseFill, HouseOrder, number_of
from venues.served.market import (
    DepthDiff,
    DepthFeed,
    DepthSnapshot,
    HouseMarket,
    MarketListener,
    PublicTrade,
)

__all__ = [
    "AccountListener",
    "DepthDiff",
    "DepthFeed",
    "DepthSnapshot",
    "House",
    "HouseAccount",
    "HouseFill",
    "HouseMarket",
    "HouseOrder",
    "HouseSpec",
    "MarketListener",
    "PublicTrade",
    "number_of",
]

ACCOUNTS = ("one", "two")
FUNDS = Decimal(100_000)


class HouseSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is served. Amounts are in the settle asset of the venue's markets."""

    venue: str
    """Name of a profile of the paper exchange."""
    accounts: Mapping[str, Decimal] = msgspec.field(default_factory=lambda: dict.fromkeys(ACCOUNTS, FUNDS))
    """Opening cash by account."""
    bases: tuple[str, ...] = ("BTC", "ETH", "SOL")
    """Coins of the synthetic markets, where there is no capture."""
    captures: tuple[str, ...] = ()
    """Recorded markets, replayed once from now at their own speed."""
    seed: int = 1
    event_rate: float | None = None
    """Book events a second on each synthetic market when calm; None for the venue's own."""
    funding_interval_s: int | None = None
    """Seconds between settlements; None for the venue's own."""
    profile: Profile | None = None
    """In place of the built-in one: another fee tier, other speed bumps."""


class House:
    """Everything that a dialect serves. The venue's speed bumps and order limit hold; the delays of its network do not,
    for here there is a real one. Raises `SpecError`, `ProfileError` or `CaptureError`."""

    def __init__(
        self,
        spec: HouseSpec,
        clock: Clock,
        markets: Iterable[Market] | None = None,
        *,
        exchange: PaperExchange | None = None,
    ) -> None:
        """`markets`: sources that the caller steps by himself, in place of what the spec names. `exchange`: one on the
        same clock that other houses may share, each with another venue and other accounts."""
        self.spec = spec
        self.clock = clock
        self.timers = Timers(clock)
        self.rng = random.Random(spec.seed)
        self.profile = _without_network(spec.profile or load_profile(spec.venue), spec.funding_interval_s)
        self.exchange = exchange or PaperExchange(clock, self.rng, QueueModelKind.CONSERVATIVE)
        self.exchange.add_venue(spec.venue, self.profile)
        self.driver = RealTimeDriver(clock)
        self._captures: list[CaptureReplay] = []
        self.markets: dict[str, HouseMarket] = {}
        """By the venue's symbol."""
        for source in self._sources() if markets is None else markets:
            self.exchange.add_market(spec.venue, source)
            market = HouseMarket(source, self.timers)
            self.markets[market.symbol] = market
        if not self.markets:
            raise SpecError("served exchange: no market: expected a base or a capture at least")
        settle = next(iter(self.markets.values())).instrument.settle
        self.accounts: dict[str, HouseAccount] = {}
        for name, cash in spec.accounts.items():
            if not name or not cash.is_finite() or cash < 0:
                raise SpecError(
                    f"served exchange: account {name!r} with {cash} {settle}: expected a name and 0 or more"
                )
            self.exchange.add_account(name, spec.venue, {settle: cash})
            self.accounts[name] = HouseAccount(self.exchange.venue_for(name), {settle: cash})

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return {symbol: market.instrument for symbol, market in self.markets.items()}

    async def start(self) -> None:
        """Open every account's connection and let the markets run."""
        for account in self.accounts.values():
            await account.venue.connect(account)
        self.driver.start()

    async def stop(self) -> None:
        self.driver.stop()
        for account in self.accounts.values():
            await account.venue.close()
        self.exchange.stop()
        for capture in self._captures:
            capture.close()

    def now_ms(self) -> int:
        """The venue's stamp, ms since the epoch."""
        return self.clock.now_ns() // 1_000_000

    def bounding_price(self, symbol: str, side: Side) -> Decimal | None:
        """The worst price that the venue's band lets an order have: what a market order is sent with. None while the
        market has no price."""
        market = self.markets[symbol]
        mark = market.mark()
        if mark is None:
            return None
        limit = mark * (1 + self.profile.price_band * side.sign)
        return market.instrument.round_price(limit, up=side is Side.SELL)

    # -- markets -------------------------------------------------------------------------------------------------

    def _sources(self) -> Iterable[Market]:
        spec, now = self.spec, self.clock.now_ns()
        for path in spec.captures:
            capture = open_capture(path)
            self._captures.append(capture)
            first = capture.next_ts()
            yield self._driven(ShiftedMarket(capture, 0 if first is None else now - first))
        if spec.captures:
            return
        for base in spec.bases:
            if base not in START_PRICES:
                raise SpecError(f"served exchange: base {base!r}: expected one of {', '.join(START_PRICES)}")
        world = SyntheticWorld(self.rng, now, {base: START_PRICES[base] for base in spec.bases})
        character = character_of(spec.venue)
        if spec.event_rate is not None:
            character = replace(character, events_per_s=spec.event_rate)
        if spec.funding_interval_s is not None:
            character = replace(character, funding_interval_s=spec.funding_interval_s)
        for base in spec.bases:
            instrument = instrument_for(self.profile, base)
            yield self._driven(
                ShiftedMarket(SyntheticMarket(world, instrument, character, spec.venue, start_ts=now), 0)
            )

    def _driven(self, market: ShiftedMarket) -> ShiftedMarket:
        self.driver.add(market)
        return market


def _without_network(profile: Profile, funding_interval_s: int | None) -> Profile:
    none = Latency(0.0)
    return replace(
        profile,
        submit=none, cancel=none, ack=none, fill=none, data=none, query=none,
        rest_limit=Limit(0),
        funding_interval_s=funding_interval_s or profile.funding_interval_s,
    )  # fmt: skip
