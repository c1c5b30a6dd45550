"""One venue of the paper exchange: it admits orders, books fills, settles funding, liquidates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol, TypeAlias

from venues.model import (
    CancelReport,
    Clock,
    FillReport,
    FundingPayment,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    RejectReason,
    Side,
    TimeInForce,
    VenueBusy,
    VenueRejected,
)
from venues.paper.account import Account
from venues.paper.admission import refusal
from venues.paper.dead_man import DeadMan
from venues.paper.execution import Booker, Execution
from venues.paper.funding import funding_cost
from venues.paper.latency import Timers
from venues.paper.link import AccountLink
from venues.paper.margin import Margin, notional, pool
from venues.paper.market import Market
from venues.paper.orders import PaperOrder, unplaced_report
from venues.paper.paper_market import PaperMarket
from venues.paper.profiles import Profile
from venues.paper.publisher import HEARTBEAT_NS

BPS = Decimal(10_000)
COIN_STEP = Decimal("1e-12")
"""Fees that a division made (in coin) are rounded to this."""


class Observer(Protocol):
    """Who sees the exchange's own books move, whatever reaches the accounts."""

    def filled(self, account: str, fill: FillReport) -> None: ...
    def ended(self, account: str, client_order_id: str) -> None:
        """An order can fill no more: done, cancelled or refused."""
        ...


ExecutionFactory: TypeAlias = Callable[[Market, Booker], Execution]


class VenueEngine:
    """The `Booker` of its markets. Everything here happens at the venue; links carry it to the accounts."""

    def __init__(self, name: str, profile: Profile, clock: Clock, timers: Timers) -> None:
        self.name = name
        self.profile = profile
        self.markets: dict[str, PaperMarket] = {}
        self.accounts: dict[str, Account] = {}
        self.links: dict[str, AccountLink] = {}
        self.tiers: dict[str, Profile] = {}
        """The profile at an account's own fee tier, where it is not the venue's."""
        self.fee_asset: tuple[str, Decimal] | None = None
        """(asset, its price in the settle currency) that linear fees are paid in, where not the settle asset."""
        self.dead_man = DeadMan(timers, lambda account: self.cancel_all(self.accounts[account], None))
        self.observers: list[Observer] = []
        self.heartbeat_ns = HEARTBEAT_NS
        """How often a market that stands still is published again; for markets added from then on."""
        self._clock = clock
        self._timers = timers

    def add_market(self, market: Market, execution: ExecutionFactory) -> PaperMarket:
        symbol = market.instrument.symbol
        if symbol in self.markets:
            raise ValueError(f"{self.name} has a market {symbol!r} already")
        self.markets[symbol] = paper = PaperMarket(
            market,
            execution(market, self),
            self._timers,
            book_interval_ms=self.profile.book_interval_ms,
            funding_interval_s=self.profile.funding_interval_s,
            heartbeat_ns=self.heartbeat_ns,
            settle=self._settle,
            check=self._check_margins,
        )
        return paper

    def now(self) -> int:
        """The venue's stamp, ns."""
        return self._clock.now_ns()

    def mark(self, symbol: str) -> Decimal | None:
        market = self.markets.get(symbol)
        return market.mark() if market is not None else None

    def margin(self, account: Account, asset: str, extra: PaperOrder | None = None) -> Margin:
        """The account's pool of `asset`, as if `extra` were open besides."""
        return pool(account, asset, self.profile.max_leverage, self.profile.maintenance_rate, self.mark, extra)

    # -- orders --------------------------------------------------------------------------------------------------

    def submit(self, account: Account, request: OrderRequest) -> None:
        """An order has arrived."""
        link = self.links[account.name]
        no = self._refused(account, link, request)
        if no is not None:
            self._reject(link, request, *no)
            return
        market = self.markets[request.symbol]
        instrument, execution = market.instrument, market.execution
        order = PaperOrder(
            account.name,
            instrument,
            "",
            request.client_order_id,
            request.side,
            instrument.qty_to_lots(request.qty),
            instrument.price_to_ticks(request.price),
            tif=request.tif,
            post_only=request.post_only,
            reduce_only=request.reduce_only,
            ts_event=self._clock.now_ns(),
        )
        crosses = execution.crosses(order)
        if request.post_only and crosses:
            self._reject(link, request, RejectReason.POST_ONLY, "post-only order would take")
            return
        if request.tif is TimeInForce.FOK and execution.available(order) < self.room(order):
            self._reject(link, request, RejectReason.FOK, "not enough within the price to fill whole")
            return
        if not self._covered(account, order):
            self._reject(link, request, RejectReason.MARGIN, "not enough free margin")
            return
        order.order_id = account.next_id("o")
        account.add(order)
        if crosses:
            execution.take(order)
        if not order.open:
            return
        if request.tif is not TimeInForce.GTC:
            self.finish(order, OrderStatus.CANCELED)
        else:
            execution.rest(order)
            link.order(order.report(order.ts_event))

    def _refused(self, account: Account, link: AccountLink, request: OrderRequest) -> tuple[RejectReason, str] | None:
        no = link.gate.refusal(request)
        if no is not None:
            return no
        if not link.orders.admit(self._clock.monotonic_ns()):
            return RejectReason.RATE_LIMIT, "too many orders"
        return refusal(request, account, self.markets.get(request.symbol), self.profile)

    def _reject(self, link: AccountLink, request: OrderRequest, reason: RejectReason, text: str) -> None:
        link.order(unplaced_report(request, OrderStatus.REJECTED, self._clock.now_ns(), reason, text))
        for observer in self.observers:
            observer.ended(link.account, request.client_order_id)

    def _covered(self, account: Account, order: PaperOrder) -> bool:
        """Is there margin for it? What lowers the need for margin is always welcome."""
        if order.reduce_only:
            return True
        asset = order.instrument.settle
        after = self.margin(account, asset, order)
        return after.equity >= after.initial or after.initial <= self.margin(account, asset).initial

    def cancel(self, account: Account, client_order_id: str, symbol: str) -> None:
        """A cancel has arrived."""
        link = self.links[account.name]
        admitted = link.orders.admit(self._clock.monotonic_ns())
        order = account.open_order(client_order_id)
        if admitted and order is not None and order.symbol == symbol:
            share = link.gate.races(client_order_id)
            if share > 0:
                self.trade_against(account, client_order_id, max(1, int(order.remaining * share)))
                order = account.open_order(client_order_id)
        if not admitted:
            text = "too many requests"
        elif order is None or order.symbol != symbol:
            known = account.find(client_order_id, "", 0)
            text = f"order is {known.status.value}" if known is not None and order is None else "unknown order"
        else:
            self.finish(order, OrderStatus.CANCELED)
            return
        link.cancel_failed(CancelReport(client_order_id, symbol, True, text, self._clock.now_ns()))

    def trade_against(self, account: Account, client_order_id: str, lots: int) -> int:
        """Fill up to `lots` of a resting order at its own price; returns how many there were to fill."""
        order = account.open_order(client_order_id)
        lots = 0 if order is None else min(lots, self.room(order))
        if order is not None and lots > 0:
            self.fill(order, lots, order.ticks, LiquiditySide.MAKER)
        return lots

    def cancel_all(self, account: Account, symbol: str | None, reason: RejectReason | None = None) -> None:
        for order in list(account.orders.values()):
            if symbol is None or order.symbol == symbol:
                self.finish(order, OrderStatus.CANCELED, reason)

    def cancel_all_after(self, account: Account, seconds: float) -> None:
        """See `Venue.cancel_all_after`."""
        if not self.profile.dead_man_switch:
            raise VenueRejected(f"{self.name} has no cancel-all-after")
        if not self.links[account.name].orders.admit(self._clock.monotonic_ns()):
            raise VenueBusy(f"{account.name}: cancel-all-after: too many orders (429)")
        self.dead_man.arm(account.name, seconds)

    def finish(
        self, order: PaperOrder, status: OrderStatus, reason: RejectReason | None = None, text: str = ""
    ) -> None:
        """End an open order and say so."""
        account = self.accounts[order.account]
        order.status, order.reason, order.text = status, reason, text
        order.ts_event = self._clock.now_ns()
        self.markets[order.symbol].execution.remove(order)
        account.close(order, order.ts_event)
        for observer in self.observers:
            observer.ended(account.name, order.client_order_id)
        self.links[account.name].order(order.report(order.ts_event))

    # -- Booker --------------------------------------------------------------------------------------------------

    def room(self, order: PaperOrder) -> int:
        if not order.open:
            return 0
        if order.reduce_only:
            return min(order.remaining, self.accounts[order.account].reducible(order.symbol, order.side))
        return order.remaining

    def fill(self, order: PaperOrder, lots: int, ticks: int, liquidity: LiquiditySide) -> None:
        self._book(order, lots, ticks, liquidity)
        account = self.accounts[order.account]
        if order.remaining == 0:
            self.finish(order, OrderStatus.FILLED)
        else:
            order.status = OrderStatus.PARTIALLY_FILLED
            self.links[account.name].order(order.report(order.ts_event))
        self._review_reduce_only(account, order.symbol)

    def _review_reduce_only(self, account: Account, symbol: str) -> None:
        """Reduce-only orders that have nothing left to reduce are cancelled by the venue."""
        for order in list(account.orders.values()):
            if order.reduce_only and order.symbol == symbol and not account.reducible(symbol, order.side):
                self.finish(order, OrderStatus.CANCELED, RejectReason.REDUCE_ONLY, "nothing left to reduce")

    def _book(self, order: PaperOrder, lots: int, ticks: int, liquidity: LiquiditySide) -> None:
        """Enter a fill into the account's books and send the notice."""
        account, instrument = self.accounts[order.account], order.instrument
        price = instrument.ticks_to_price(ticks)
        position = account.position(instrument)
        realised = position.apply(lots * order.side.sign, price)
        account.pay(instrument.settle, -realised)
        fee_asset, fee = self._fee(order, lots, price, liquidity)
        account.pay(fee_asset, fee)
        holders = self.markets[order.symbol].holders
        (holders.add if position.lots else holders.discard)(account.name)
        order.filled += lots
        order.ts_event = now = self._clock.now_ns()
        report = FillReport(
            trade_id=account.next_id("t"),
            client_order_id=order.client_order_id,
            venue_order_id=order.order_id,
            symbol=order.symbol,
            side=order.side,
            qty=instrument.lots_to_qty(lots),
            price=price,
            fee=fee,
            fee_asset=fee_asset,
            liquidity=liquidity,
            ts_event=now,
            ts_init=now,
            liquidation=order.liquidation,
        )
        account.fills.append(report)
        for observer in self.observers:
            observer.filled(account.name, report)
        self.links[account.name].fill(report)

    def profile_of(self, account: str) -> Profile:
        """The venue's profile at the account's fee tier."""
        return self.tiers.get(account, self.profile)

    def _fee(self, order: PaperOrder, lots: int, price: Decimal, liquidity: LiquiditySide) -> tuple[str, Decimal]:
        """Rate × notional in the settle asset (inverse: rate × contracts × face ÷ price, in coin)."""
        profile, instrument = self.profile_of(order.account), order.instrument
        bps = profile.maker_bps if liquidity is LiquiditySide.MAKER else profile.taker_bps
        if order.liquidation:
            bps += profile.liquidation_bps
        fee = bps * notional(instrument, lots, price) / BPS
        if instrument.inverse:
            return instrument.settle, fee.quantize(COIN_STEP)
        if self.fee_asset is not None:
            asset, worth = self.fee_asset
            return asset, (fee / worth).quantize(COIN_STEP)
        return instrument.settle, fee

    # -- trades without an order of the desk ---------------------------------------------------------------------

    def trade_at_market(self, account: Account, symbol: str, side: Side, lots: int, *, liquidation: bool) -> int:
        """Trade at whatever price there is, without a client id; returns the lots that found a price."""
        market = self.markets[symbol]
        instrument = market.instrument
        mark = market.mark() or instrument.tick
        order = PaperOrder(
            account.name,
            instrument,
            account.next_id("o"),
            "",
            side,
            lots,
            instrument.price_to_ticks(instrument.round_price(mark, up=side is Side.BUY)),
            tif=TimeInForce.IOC,
            ts_event=self._clock.now_ns(),
        )
        order.liquidation = liquidation
        account.add(order)
        market.execution.sweep(order)
        if order.open:
            self.finish(order, OrderStatus.CANCELED)
        return order.filled

    # -- margin and funding --------------------------------------------------------------------------------------

    def _check_margins(self, market: PaperMarket) -> None:
        for name in sorted(market.holders):
            account = self.accounts[name]
            asset = market.instrument.settle
            if self.margin(account, asset).liquidated:
                self.liquidate(account, asset)

    def liquidate(self, account: Account, asset: str) -> None:
        """Cancel what is open in the pool and close its positions at the market. What finds no price now is tried again
        at the next check; a loss beyond the account's money stays in its books as negative cash."""
        for order in list(account.orders.values()):
            if order.instrument.settle == asset:
                self.finish(order, OrderStatus.CANCELED, RejectReason.LIQUIDATION, "liquidation")
        for symbol, position in list(account.positions.items()):
            if position.lots and position.instrument.settle == asset:
                side = Side.of(-position.lots)
                self.trade_at_market(account, symbol, side, abs(position.lots), liquidation=True)

    def _settle(self, market: PaperMarket, ts: int) -> None:
        """Funding is due: charge every position at the mark."""
        rate, mark = market.funding.rate, market.mark()
        for name in sorted(market.holders) if rate and mark else ():
            account = self.accounts[name]
            position = account.positions[market.symbol]
            assert mark is not None
            cost = funding_cost(position, rate, mark)
            asset = market.instrument.settle
            account.pay(asset, cost)
            payment = FundingPayment(
                payment_id=account.next_id("f"),
                symbol=market.symbol,
                cost=cost,
                asset=asset,
                rate=rate,
                qty=position.qty,
                price=mark,
                ts_event=ts,
                ts_init=ts,
            )
            account.funding.append(payment)
            self.links[name].funding(payment)
        market.publisher.announce_rate()
        self._check_margins(market)
