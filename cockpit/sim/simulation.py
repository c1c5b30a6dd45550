"""One simulated run: the real desk, the real strategy and journal, on the paper exchange in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from statistics import quantiles

import msgspec

from cockpit.desk.booking import Booked
from cockpit.desk.desk import Desk, DeskOptions
from cockpit.desk.journal import Journal
from cockpit.desk.loops import Loop
from cockpit.desk.risk import RiskLimits
from cockpit.desk.wear import Scope, Wear
from cockpit.sim.loop import MergedFeed, VirtualClock, VirtualLoop
from cockpit.sim.sources import Source
from strategies.registry import STRATEGIES
from venues.model import NS_PER_S, Instrument
from venues.paper.exchange import PaperExchange
from venues.paper.market import Market, MarketSink
from venues.paper.queue import QueueModelKind

ZERO = Decimal(0)
TWO = Decimal(2)

UNLIMITED = RiskLimits(
    max_order_notional_usd=Decimal(10**9),
    max_position_notional_usd=Decimal(10**9),
    max_leverage=Decimal(100),
    max_naked_usd=Decimal(10**9),
)
"""A simulation shows what a strategy does; the operator's limits are for his money."""


class Rate(msgspec.Struct, frozen=True):
    """A funding rate that holds from `ts` (ns) on for an account's market."""

    ts: int
    account: str
    rate: Decimal


class Outcome(msgspec.Struct, frozen=True):
    """What a run came to. Money in USD, quantities in base coin, times as named."""

    strategy: str
    iterations: int
    volume_usd: Decimal
    wear_usd: Decimal
    wear_bps: Decimal | None
    fees_usd: Decimal
    trade_usd: Decimal
    funding_usd: Decimal
    residual_base: Decimal
    tolerance_base: Decimal
    maker_fills: int
    hedge_fills: int
    hedge_latency_ms: dict[str, float | None]
    """From the maker's fill reaching the desk to the hedge's fill reaching the desk."""
    max_naked_ms: float
    final_mid: dict[str, Decimal]
    ended: str
    """Why the run ended: `iterations done`, `capture ended`, `time is up`, `stopped` or `halted: …`."""
    open_base: dict[str, Decimal]
    """Position left on each account, venue units; marked at the final mid, not closed."""
    funding: str
    events: int
    seed: int
    alarms: list[str] = []


class Plan(msgspec.Struct, frozen=True):
    """What to run."""

    strategy: str
    params: dict[str, str]
    seed: int
    queue: QueueModelKind = QueueModelKind.CONSERVATIVE
    max_s: float = 86_400.0
    """Virtual seconds after which a run on endless markets is stopped."""
    rates: tuple[Rate, ...] = ()


class _WithoutRates:
    """A sink that is told no funding rate: those of a run come from its file alone."""

    def __init__(self, sink: MarketSink) -> None:
        self.on_depth = sink.on_depth
        self.on_trade = sink.on_trade
        self.on_mark = sink.on_mark
        self.on_gap = sink.on_gap

    def on_funding_rate(self, market: Market, ts: int, rate: Decimal, interval_s: int, next_ts: int) -> None:
        """What a synthetic market thinks of funding is not asked for."""


class Simulation:
    """Wires one run; `run` blocks until it is over."""

    def __init__(self, plan: Plan, sources: Mapping[str, Source]) -> None:
        self.plan = plan
        self.sources = sources
        self.fills: list[Booked] = []
        self._maker_fills = 0
        self._hedge_fills = 0

    def run(self, progress: Callable[[float], None] | None = None) -> Outcome:
        """Run to the end. Raises `ParamError` or `LaunchError` where the launch is refused."""
        feed = MergedFeed([source.market for source in self.sources.values()])
        start = max(source.start_ts for source in self.sources.values())
        while (ts := feed.next_ts()) is not None and ts < start:
            feed.step()
        loop = VirtualLoop(start, feed)
        try:
            return loop.run_until_complete(self._main(loop, feed, progress))
        finally:
            loop.close()

    async def _main(self, loop: VirtualLoop, feed: MergedFeed, progress: Callable[[float], None] | None) -> Outcome:
        clock = VirtualClock(loop)
        exchange = PaperExchange(clock, random.Random(f"exchange/{self.plan.seed}"), self.plan.queue)
        for account, source in self.sources.items():
            exchange.add_venue(account, source.profile)
            exchange.add_market(account, source.market)
            exchange.add_account(account, account, source.cash)
            assert source.market.sink is not None, "the exchange listens to what was added"
            source.market.sink = _WithoutRates(source.market.sink)
        desk = Desk(
            clock=clock,
            journal=Journal.open(":memory:"),
            venues=[exchange.venue_for(account) for account in self.sources],
            strategies=STRATEGIES,
            limits=UNLIMITED,
            options=DeskOptions(),
        )
        desk.booking.on_booked.append(self._booked)
        ended = asyncio.Event()
        loop.set_feed(feed, ended.set)
        await desk.start()
        self._schedule(loop, clock, exchange)
        await self._priced(desk, ended)
        hedge = desk.loops.launch(self.plan.strategy, self.plan.params)
        reporter = loop.create_task(self._report(progress)) if progress is not None else None
        why = await self._wait(hedge, ended)
        if reporter is not None:
            reporter.cancel()
        await desk.stop()
        outcome = self._outcome(desk, hedge, exchange, feed, why)
        exchange.stop()
        desk.journal.close()
        return outcome

    async def _priced(self, desk: Desk, ended: asyncio.Event) -> None:
        """Until every account's book is sound, or the markets have ended."""
        for _look in range(36_000):
            markets = [desk.markets.get(name, s.market.instrument.symbol) for name, s in self.sources.items()]
            if ended.is_set() or all(market is not None and market.book is not None for market in markets):
                return
            await asyncio.sleep(0.1)

    async def _wait(self, hedge: Loop, ended: asyncio.Event) -> str:
        assert hedge.task is not None
        over = asyncio.ensure_future(ended.wait())
        await asyncio.wait({hedge.task, over}, timeout=self.plan.max_s, return_when=asyncio.FIRST_COMPLETED)
        done, market_over = hedge.task.done(), over.done()
        over.cancel()
        if done:
            return f"halted: {hedge.halt_reason}" if hedge.halt_reason else "iterations done"
        return "capture ended" if market_over else "time is up"

    async def _report(self, progress: Callable[[float], None]) -> None:
        captures = [source.capture for source in self.sources.values() if source.capture is not None]
        while True:
            await asyncio.sleep(2.0)
            if captures:
                progress(max(capture.fraction_read for capture in captures))

    def _schedule(self, loop: VirtualLoop, clock: VirtualClock, exchange: PaperExchange) -> None:
        for rate in sorted(self.plan.rates, key=lambda rate: rate.ts):
            symbol = self.sources[rate.account].market.instrument.symbol
            delay = (rate.ts - clock.now_ns()) / NS_PER_S
            if delay <= 0:
                # At once and in order: of several that lie in the past the newest holds.
                exchange.set_funding_rate(rate.account, symbol, rate.rate)
            else:
                loop.call_later(delay, exchange.set_funding_rate, rate.account, symbol, rate.rate)

    def _booked(self, booked: Booked) -> None:
        self.fills.append(booked)
        if booked.role in ("open", "close"):
            self._maker_fills += 1
        elif booked.role == "hedge":
            self._hedge_fills += 1

    # -- what it came to

    def _outcome(self, desk: Desk, hedge: Loop, exchange: PaperExchange, feed: MergedFeed, why: str) -> Outcome:
        mids = {name: self._final_mid(desk, name, source) for name, source in self.sources.items()}
        wear = self._wear(desk, hedge, mids)
        (book,) = hedge.books.values()
        spread = sorted(book.latencies_ms)
        held = {
            name: desk.booking.position(name, source.market.instrument.symbol) for name, source in self.sources.items()
        }
        if why == "capture ended" and any(held.values()):
            why = "capture ended in mid-cycle: what is open is marked at the final mid, not closed"
        residual = sum((f.base_qty * f.fill.side.sign for f in self.fills), ZERO)
        return Outcome(
            strategy=self.plan.strategy,
            iterations=hedge.iterations_done,
            volume_usd=wear.volume_usd,
            wear_usd=wear.wear_usd,
            wear_bps=wear.wear_bps,
            fees_usd=wear.fees_usd,
            trade_usd=wear.trade_usd,
            funding_usd=wear.funding_usd,
            residual_base=residual,
            tolerance_base=max(
                source.market.instrument.tolerance_base(mids[name]) for name, source in self.sources.items()
            ),
            maker_fills=self._maker_fills,
            hedge_fills=self._hedge_fills,
            hedge_latency_ms={"p50": _quantile(spread, 0.5), "p99": _quantile(spread, 0.99)},
            max_naked_ms=book.max_naked_ms,
            final_mid=mids,
            ended=why,
            open_base=held,
            funding="rates from the file" if self.plan.rates else "0: no funding file was given",
            events=feed.steps,
            seed=self.plan.seed,
            alarms=[alarm.text for alarm in desk.alarms.active.values()],
        )

    def _wear(self, desk: Desk, hedge: Loop, mids: Mapping[str, Decimal]) -> Wear:
        coin = {
            source.market.instrument.settle: mids[name]
            for name, source in self.sources.items()
            if source.market.instrument.inverse
        }
        return desk.ledger.wear(Scope.LOOP, hedge.id, lambda account, _symbol: mids[account], coin.get)

    def _final_mid(self, desk: Desk, account: str, source: Source) -> Decimal:
        book, instrument = source.market.book, source.market.instrument
        bid, ask = book.best_bid(), book.best_ask()
        if bid is not None and ask is not None:
            return (instrument.ticks_to_price(bid[0]) + instrument.ticks_to_price(ask[0])) / TWO
        value = desk.markets.value(account, instrument.symbol)
        assert value is not None, "a run that launched has seen a price"
        return value


def _quantile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    if len(ordered) == 1:
        return round(ordered[0], 3)
    return round(quantiles(ordered, n=1000, method="inclusive")[round(share * 1000) - 1], 3)


def pair_symbol(maker: Instrument, taker: Instrument) -> str:
    """The hedge loop's ticker for two exact symbols."""
    return f"{maker.symbol}:{taker.symbol}"
