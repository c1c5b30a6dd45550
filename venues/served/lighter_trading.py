"""What a signed transaction does on the served Lighter.

As on the venue, the API answers once a transaction is sound in itself, and what the matching engine makes of it shows
later in the order's status. An error of the API leaves the nonce unused; what the engine refuses has used it up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from decimal import Decimal
from functools import partial

import msgspec

from venues.model import (
    NS_PER_MS,
    InstrumentError,
    OrderRequest,
    OrderStatus,
    Side,
    TimeInForce,
)
from venues.paper.limits import RollingWindow
from venues.served import lighter_errors as errors
from venues.served.house import House
from venues.served.lighter_errors import LighterError, too_many_requests
from venues.served.lighter_keys import KeyRing
from venues.served.lighter_markets import LighterMarket, LighterMarkets
from venues.served.lighter_orders import AccountOrders, LighterOrder, ended_status
from venues.served.lighter_tx import NIL_MARKET, Attribute, Tx, TxKind

MAX_CLIENT_INDEX = (1 << 48) - 1
MAX_PRICE = (1 << 32) - 1
MIN_PERIOD_MS = 5 * 60 * 1000
MAX_CANCEL_ALL_MS = 15 * 24 * 3600 * 1000
MAX_EXPIRY_MS = 30 * 24 * 3600 * 1000
FRACTION_ONE = 10_000
"""An initial margin fraction of 1."""
LIMIT, MARKET = 0, 1
IOC, GTT, POST_ONLY = 0, 1, 2
_TIF_WORDS = {IOC: "immediate-or-cancel", GTT: "good-till-time", POST_ONLY: "post-only"}
IMMEDIATE, SCHEDULED, ABORT = 0, 1, 2


class TxAnswer(msgspec.Struct, frozen=True):
    tx_hash: str
    predicted_ms: int
    """When the engine will have it, ms since the epoch."""


class LighterTrading:
    """Takes transactions for every account. Needs a running loop."""

    def __init__(
        self,
        house: House,
        keys: KeyRing,
        markets: LighterMarkets,
        orders: Mapping[str, AccountOrders],
        accounts: tuple[str, ...],
    ) -> None:
        """`orders` may be filled later, for each of `accounts`."""
        self._house = house
        self._keys = keys
        self._markets = markets
        self._orders = orders
        self._limits = {name: RollingWindow(house.profile.order_limit) for name in accounts}
        self._fractions: dict[tuple[str, int], int] = {}
        self._cancel_all: dict[str, tuple[int, asyncio.TimerHandle]] = {}
        self._locks = {name: asyncio.Lock() for name in accounts}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, tx: Tx) -> TxAnswer:
        """Check and execute one transaction; those of one account one after the other. Raises `LighterError`."""
        name = self._keys.owner(tx.account_index).name
        async with self._locks[name]:
            self._keys.check(tx)
            if not self._limits[name].admit(self._house.clock.monotonic_ns()):
                raise too_many_requests()
            await self._execute(self._orders[name], tx)
            self._keys.use(tx)
        profile = self._house.profile
        bump = profile.taker_bump_ms if tx.kind is TxKind.CREATE_ORDER else profile.cancel_bump_ms
        return TxAnswer(tx.hash_text(), self._house.now_ms() + int(bump))

    async def _execute(self, orders: AccountOrders, tx: Tx) -> None:
        if tx.kind is TxKind.CREATE_ORDER:
            await self._create(orders, tx)
        elif tx.kind is TxKind.CANCEL_ORDER:
            self._cancel(orders, tx)
        elif tx.kind is TxKind.CANCEL_ALL:
            self._cancel_everything(orders, tx)
        elif tx.kind is TxKind.MODIFY_ORDER:
            self._modify(orders, tx)
        elif tx.kind is TxKind.UPDATE_LEVERAGE:
            self._leverage(orders, tx)
        # an integrator's approval changes nothing here: nobody but the venue takes fees

    def fraction(self, account: str, market: LighterMarket) -> int:
        """Initial margin that the account chose for the market, in hundredths of a percent."""
        return self._fractions.get((account, market.number), self.least_fraction)

    @property
    def least_fraction(self) -> int:
        return int(FRACTION_ONE / self._house.profile.max_leverage)

    def cancel_all_time(self, account: str) -> int:
        """When everything is to be cancelled, ms since the epoch; 0: it is not."""
        armed = self._cancel_all.get(account)
        return armed[0] if armed is not None else 0

    def stop(self) -> None:
        for _, timer in self._cancel_all.values():
            timer.cancel()
        for orders in self._orders.values():
            for order in orders.active():
                if order.timer is not None:
                    order.timer.cancel()
        for task in self._tasks:
            task.cancel()

    # -- create --------------------------------------------------------------------------------------------------

    async def _create(self, orders: AccountOrders, tx: Tx) -> None:
        market = self._market(tx["MarketIndex"])
        client_index = tx["ClientOrderIndex"]
        if client_index > MAX_CLIENT_INDEX:
            raise LighterError(errors.INVALID_CLIENT_INDEX, "invalid client order index")
        kind, tif = tx["Type"], tx["TimeInForce"]
        self._check_form(tx, kind, tif)
        side = Side.SELL if tx["IsAsk"] else Side.BUY
        reduce_only = bool(tx["ReduceOnly"])
        qty, price = market.size(tx["BaseAmount"]), market.price(tx["Price"])
        if reduce_only and not qty:
            qty = abs(orders.account.position(market.instrument).qty)
        bound = self._house.bounding_price(market.instrument.symbol, side)
        if kind == MARKET and bound is not None:
            price = min(price, bound) if side is Side.BUY else max(price, bound)
        elif bound is not None and (price - bound) * side.sign > 0:
            raise LighterError(errors.ACCIDENTAL_PRICE, "order price flagged as an accidental price")
        self._check_amount(market, qty, price, reduce_only=reduce_only)
        if tif != IOC and not reduce_only:
            await self._check_margin(orders, market, side, qty, price)
        if client_index and orders.knows_client_index(client_index):
            raise LighterError(errors.DUPLICATE_CLIENT_INDEX, "client order index already exists")
        now = self._house.clock.now_ns()
        order = LighterOrder(
            index=orders.next_index(),
            client_index=client_index,
            market=market,
            side=side,
            base_amount=qty,
            price=price,
            order_type="market" if kind == MARKET else "limit",
            time_in_force=_TIF_WORDS[tif],
            reduce_only=reduce_only,
            expiry=tx["OrderExpiry"],
            nonce=tx.nonce,
            tx_hash=tx.hash_text(),
            created=now,
            updated=now,
        )
        orders.add(order)
        self._send(orders, order, str(client_index or f"n{order.index}"), qty, price)

    def _check_form(self, tx: Tx, kind: int, tif: int) -> None:
        if kind not in (LIMIT, MARKET):
            if 2 <= kind <= 6:
                raise LighterError(errors.UNSUPPORTED_ORDER_TYPE, f"unsupported order type {kind}: expected 0 or 1")
            raise LighterError(errors.INVALID_ORDER_TYPE, "invalid OrderType")
        if tif not in _TIF_WORDS or (kind == MARKET and tif != IOC):
            raise LighterError(errors.INVALID_TIME_IN_FORCE, "invalid OrderTimeInForce")
        if tx["IsAsk"] > 1:
            raise LighterError(errors.INVALID_IS_ASK, "invalid isAsk")
        if tx["ReduceOnly"] > 1:
            raise LighterError(errors.INVALID_REDUCE_ONLY, "invalid reduce only mode")
        if not 1 <= tx["Price"] <= MAX_PRICE:
            raise LighterError(errors.INVALID_PRICE, "invalid price")
        if tx["TriggerPrice"]:
            raise LighterError(errors.UNSUPPORTED_ORDER_TYPE, "trigger price of an order without a trigger")
        expiry, now = tx["OrderExpiry"], self._house.now_ms()
        if (tif == IOC) != (expiry == 0):
            raise LighterError(errors.INVALID_EXPIRY, "invalid expiry")
        if expiry and not now + MIN_PERIOD_MS <= expiry <= now + MAX_EXPIRY_MS:
            raise LighterError(errors.INVALID_EXPIRY, "invalid expiry")

    def _check_amount(self, market: LighterMarket, qty: Decimal, price: Decimal, *, reduce_only: bool) -> None:
        if qty <= 0:
            raise LighterError(errors.INVALID_BASE_AMOUNT, "invalid base amount")
        try:
            market.instrument.price_to_ticks(price)
        except InstrumentError:
            raise LighterError(errors.INVALID_PRICE, "invalid price") from None
        try:
            market.instrument.check_order(qty, price, reduce_only=reduce_only)
        except InstrumentError:
            raise LighterError(errors.INVALID_AMOUNT, "invalid order base or quote amount") from None

    async def _check_margin(
        self, orders: AccountOrders, market: LighterMarket, side: Side, qty: Decimal, price: Decimal
    ) -> None:
        """The API itself refuses an order that is to rest and that the account cannot carry."""
        held = orders.account.position(market.instrument).qty * side.sign
        added = qty if held >= 0 else max(Decimal(0), qty + held)
        balances = await orders.account.venue.balances()
        free = next((report.free for report in balances if report.asset == market.instrument.settle), Decimal(0))
        if added * price / self._house.profile.max_leverage > free:
            raise LighterError(errors.NOT_ENOUGH_MARGIN, "not enough margin to create the order")

    def _send(self, orders: AccountOrders, order: LighterOrder, house_id: str, qty: Decimal, price: Decimal) -> None:
        orders.sent(order, house_id)
        resting = order.time_in_force != _TIF_WORDS[IOC]
        request = OrderRequest(
            client_order_id=house_id,
            symbol=order.market.instrument.symbol,
            side=order.side,
            qty=qty,
            price=price,
            tif=TimeInForce.GTC if resting else TimeInForce.IOC,
            post_only=order.time_in_force == _TIF_WORDS[POST_ONLY],
            reduce_only=order.reduce_only,
        )
        if order.expiry and order.timer is None:
            left = order.expiry * NS_PER_MS - self._house.clock.now_ns()
            order.timer = self._house.timers.after(left, partial(self._expire, orders, order))
        self._spawn(self._submit(orders, order, request))

    async def _submit(self, orders: AccountOrders, order: LighterOrder, request: OrderRequest) -> None:
        answer = await orders.account.submit(request, market=order.order_type == "market")
        if answer.status is OrderStatus.REJECTED:
            orders.end(order, ended_status(answer.reason), self._house.clock.now_ns())

    def _expire(self, orders: AccountOrders, order: LighterOrder) -> None:
        order.timer = None
        order.expired = True
        orders.cancel(order)

    # -- cancel and modify ---------------------------------------------------------------------------------------

    def _order(self, orders: AccountOrders, tx: Tx) -> LighterOrder:
        order = orders.find(tx["Index"])
        if order is None or order.market.number != tx["MarketIndex"]:
            raise LighterError(errors.ORDER_EMPTY, "order is empty")
        if order.ended:
            raise LighterError(errors.ORDER_INACTIVE, "order is inactive")
        return order

    def _cancel(self, orders: AccountOrders, tx: Tx) -> None:
        self._market(tx["MarketIndex"])
        orders.cancel(self._order(orders, tx))

    def _cancel_everything(self, orders: AccountOrders, tx: Tx) -> None:
        tif, time = tx["TimeInForce"], tx["Time"]
        number = tx.attributes.get(Attribute.CANCEL_ALL_MARKET, NIL_MARKET)
        if tif not in (IMMEDIATE, SCHEDULED, ABORT) or (number != NIL_MARKET and tif != IMMEDIATE):
            raise LighterError(errors.INVALID_CANCEL_ALL_TIF, "invalid cancel all time in force")
        now = self._house.now_ms()
        if tif == SCHEDULED and not now + MIN_PERIOD_MS <= time <= now + MAX_CANCEL_ALL_MS:
            raise LighterError(errors.INVALID_CANCEL_ALL_TIME, "invalid cancel all time")
        if tif != SCHEDULED and time:
            raise LighterError(errors.INVALID_CANCEL_ALL_TIME, "invalid cancel all time")
        symbol = None if number == NIL_MARKET else self._market(number).instrument.symbol
        name = orders.account.name
        if tif == IMMEDIATE:
            self._cancel_now(orders, symbol)
            return
        armed = self._cancel_all.pop(name, None)
        if armed is not None:
            armed[1].cancel()
        if tif == SCHEDULED:
            left = time * NS_PER_MS - self._house.clock.now_ns()
            self._cancel_all[name] = (time, self._house.timers.after(left, partial(self._strike, orders)))

    def _strike(self, orders: AccountOrders) -> None:
        del self._cancel_all[orders.account.name]
        self._cancel_now(orders, None)

    def _cancel_now(self, orders: AccountOrders, symbol: str | None) -> None:
        """Cancel what is open when the engine hears of it, and every order that came before and is still on its way."""
        for order in orders.on_their_way():
            if symbol in (None, order.market.instrument.symbol):
                order.cancel_wanted = True
        delay = int(self._house.profile.cancel_bump_ms * NS_PER_MS)
        self._house.timers.after(delay, lambda: self._spawn(self._cancel_open(orders, symbol)))

    async def _cancel_open(self, orders: AccountOrders, symbol: str | None) -> None:
        await orders.account.cancel_all(symbol)

    def _modify(self, orders: AccountOrders, tx: Tx) -> None:
        market = self._market(tx["MarketIndex"])
        order = self._order(orders, tx)
        qty, price = market.size(tx["BaseAmount"]), market.price(tx["Price"])
        if not order.open or order.replacing or order.order_type != "limit":
            raise LighterError(errors.ORDER_INACTIVE, "order is inactive")
        if not 1 <= tx["Price"] <= MAX_PRICE:
            raise LighterError(errors.INVALID_PRICE, "invalid price")
        self._check_amount(market, qty, price, reduce_only=order.reduce_only)
        order.replacing = True
        self._spawn(self._replace(orders, order, qty, price, tx))

    async def _replace(self, orders: AccountOrders, order: LighterOrder, qty: Decimal, price: Decimal, tx: Tx) -> None:
        """The engine has no change of an order: cancel it, and send what is left of the new amount."""
        assert order.house is not None
        if await orders.account.cancel(order.house):
            order.replacing = False  # it ended meanwhile: there is nothing left to change
            return
        order.base_amount, order.price, order.nonce = qty, price, tx.nonce
        order.updated = self._house.clock.now_ns()
        if order.remaining <= 0 or order.cancel_wanted:
            order.base_amount = max(order.base_amount, order.filled)
            orders.end(order, "canceled-expired" if order.expired else "canceled", order.updated)
            return
        self._send(orders, order, f"n{orders.next_index()}", order.remaining, price)

    # -- leverage ------------------------------------------------------------------------------------------------

    def _leverage(self, orders: AccountOrders, tx: Tx) -> None:
        market = self._market(tx["MarketIndex"])
        fraction = tx["InitialMarginFraction"]
        if not self.least_fraction <= fraction <= FRACTION_ONE:
            raise LighterError(errors.INVALID_MARGIN_FRACTION, "invalid margin fractions for market")
        if tx["MarginMode"] != 0:
            raise LighterError(errors.INVALID_MARGIN_MODE, "invalid margin mode: expected 0, cross")
        self._fractions[orders.account.name, market.number] = fraction

    # -- inside --------------------------------------------------------------------------------------------------

    def _market(self, number: int) -> LighterMarket:
        return self._markets.by_number(number)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
