"""Orders and cancels of Hyperliquid's `/exchange`, in the venue's words. Who signed them is settled before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

from venues.model import OrderRequest, OrderStatus, RejectReason, Side, TimeInForce
from venues.served.house import HouseMarket, HouseOrder
from venues.served.hyperliquid_state import States
from venues.served.hyperliquid_wallet import Wallet
from venues.served.hyperliquid_wire import Json, average, is_cloid, number, price_is_valid, size_decimals

Rejected: TypeAlias = Callable[[Wallet, HouseOrder], None]

BAND = Decimal("0.95")
"""How far from the mark a price may be, as a fraction; the paper exchange's own band is narrower."""

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")

MISSING = "Order was never placed, already canceled, or filled."
CLOSED = "Cannot modify canceled or filled order"
BAD_PRICE = "Order has invalid price."
BAD_SIZE = "Order has invalid size."
NO_SIZE = "Order has zero size."
TOO_FAR = "Order price cannot be more than 95% away from the reference price"
DUPLICATE = "Order has a cloid that was used before."
"""Assumed: the venue's own words, and whether it refuses at all, are not on record."""

_WORDS = {
    RejectReason.MIN_SIZE: "Order must have minimum value of $10.",
    RejectReason.MARGIN: "Insufficient margin to place order.",
    RejectReason.REDUCE_ONLY: "Reduce only order would increase position.",
    RejectReason.PRICE_BAND: "Price too far from oracle",
    RejectReason.DUPLICATE_ID: DUPLICATE,
    RejectReason.OTHER: "Price must be divisible by tick size.",
}


class LimitWire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tif: str


class TypeWire(msgspec.Struct, frozen=True):
    limit: LimitWire | None = None
    trigger: dict[str, object] | None = None


class OrderWire(msgspec.Struct, frozen=True):
    a: int
    b: bool
    p: str
    s: str
    r: bool
    t: TypeWire
    c: str | None = None


class CancelWire(msgspec.Struct, frozen=True):
    a: int
    o: int


class CancelByCloidWire(msgspec.Struct, frozen=True):
    asset: int
    cloid: str


class ModifyWire(msgspec.Struct, frozen=True):
    oid: int | str
    order: OrderWire


class _Sound(msgspec.Struct, frozen=True):
    """An order whose form is right."""

    market: HouseMarket
    wire: OrderWire
    price: Decimal
    qty: Decimal
    tif: TimeInForce
    post_only: bool
    cloid: str | None

    @property
    def side(self) -> Side:
        return Side.BUY if self.wire.b else Side.SELL


class _Unsound(ValueError):
    """What is wrong with an order by its form alone."""


class Orders:
    """`rejected` is told of each order that the venue refused after it had looked at book or account."""

    def __init__(self, states: States, rejected: Rejected) -> None:
        self._states = states
        self._rejected = rejected

    # -- placing -------------------------------------------------------------------------------------------------

    async def place(self, wallet: Wallet, wires: Sequence[OrderWire]) -> list[object]:
        """One status an order; where the form of one is wrong, a single error for all of them, and none is placed."""
        try:
            sound = [self._sound(wallet, wire) for wire in wires]
        except _Unsound as error:
            return [{"error": str(error)}]
        wallet.requests += len(wires)
        return [await self._submit(wallet, order) for order in sound]

    async def modify(self, wallet: Wallet, wires: Sequence[ModifyWire]) -> list[object]:
        """Each order is cancelled, and placed anew with a new oid and the cloid that the new one names."""
        statuses: list[object] = []
        wallet.requests += len(wires)
        for wire in wires:
            old = wallet.find(wire.oid.lower() if isinstance(wire.oid, str) else wire.oid)
            try:
                new = self._sound(wallet, wire.order, instead_of=old)
            except _Unsound as error:
                statuses.append({"error": str(error)})
                continue
            if old is None or not old.open or await wallet.house.cancel(old):
                statuses.append({"error": CLOSED})
            else:
                statuses.append(await self._submit(wallet, new))
        return statuses

    def _sound(self, wallet: Wallet, wire: OrderWire, instead_of: HouseOrder | None = None) -> _Sound:
        if not 0 <= wire.a < len(self._states.assets):
            raise _Unsound(f"Order has invalid asset. asset={wire.a}")
        market = self._states.assets[wire.a]
        decimals = size_decimals(market.instrument)
        price, qty = _decimal(wire.p), _decimal(wire.s)
        if price is None or not price_is_valid(price, decimals):
            raise _Unsound(BAD_PRICE)
        if qty is None or qty < 0 or qty != round(qty, decimals):
            raise _Unsound(BAD_SIZE)
        if not qty:
            raise _Unsound(NO_SIZE)
        if wire.t.limit is None or wire.t.limit.tif not in ("Alo", "Ioc", "Gtc"):
            # trigger orders are not served
            raise _Unsound("Invalid TP/SL price." if wire.t.trigger is not None else "Order has invalid tif.")
        cloid = None if wire.c is None else wire.c.lower()
        if cloid is not None and not is_cloid(cloid):
            raise _Unsound("Order has invalid cloid.")
        if cloid is not None and wallet.knows(cloid) and (instead_of is None or wallet.cloid(instead_of) != cloid):
            raise _Unsound(DUPLICATE)
        tif = TimeInForce.IOC if wire.t.limit.tif == "Ioc" else TimeInForce.GTC
        return _Sound(market, wire, price, qty, tif, wire.t.limit.tif == "Alo", cloid)

    async def _submit(self, wallet: Wallet, order: _Sound) -> object:
        mark = order.market.mark()
        if mark and abs(order.price - mark) > mark * BAND:
            return {"error": TOO_FAR}
        before = wallet.newest(order.cloid)
        request = OrderRequest(
            wallet.client_id(order.cloid),
            order.market.symbol,
            order.side,
            order.qty,
            order.price,
            order.tif,
            order.post_only,
            order.wire.r,
        )
        if order.wire.r or await self._states.covers(wallet, order.market, order.side, order.qty, order.price):
            sent = await wallet.house.submit(request)
        else:
            sent = self._uncovered(request)
        if sent.status is OrderStatus.REJECTED:
            return self._refused(wallet, order, sent, before)
        return self._status(wallet, order, sent)

    def _uncovered(self, request: OrderRequest) -> HouseOrder:
        now = self._states.house.clock.now_ns()
        return HouseOrder(
            request.client_order_id, request.symbol, request.side, request.qty, request.price, request.tif,
            request.post_only, request.reduce_only, now, now,
            status=OrderStatus.REJECTED, reason=RejectReason.MARGIN,
        )  # fmt: skip

    def _refused(self, wallet: Wallet, order: _Sound, sent: HouseOrder, before: str | None) -> Json:
        wallet.forget(order.cloid, before)
        if order.cloid is not None:
            sent.client_order_id = order.cloid
        sent.updated = sent.updated or sent.created
        wallet.keep_rejected(sent)
        self._rejected(wallet, sent)
        return {"error": self._words(wallet, order, sent)}

    def _words(self, wallet: Wallet, order: _Sound, sent: HouseOrder) -> str:
        asset = f" asset={order.wire.a}"
        if sent.reason is RejectReason.POST_ONLY:
            instrument = order.market.instrument
            best = [order.market.best(side) for side in (Side.BUY, Side.SELL)]
            bbo = "@".join("" if level is None else _plain(instrument.ticks_to_price(level[0])) for level in best)
            return f"Post only order would have immediately matched, bbo was {bbo}.{asset}"
        if sent.reason is RejectReason.RATE_LIMIT:
            return (
                f"Too many cumulative requests sent ({wallet.requests} > {wallet.requests - 1}) for cumulative volume "
                f"traded ${_plain(wallet.volume)}. Place taker orders to free up 1 request per USDC traded."
            )
        words = _WORDS.get(sent.reason) if sent.reason is not None else None
        return f"{words}{asset}" if words is not None else f"{sent.text}{asset}"

    def _status(self, wallet: Wallet, order: _Sound, sent: HouseOrder) -> Json:
        oid = wallet.oid(sent)
        named: Json = {} if order.cloid is None else {"cloid": order.cloid}
        if sent.open:
            return {"resting": {"oid": oid, **named}}
        if sent.filled:
            return {"filled": {"totalSz": number(sent.filled), "avgPx": average(sent.average), "oid": oid, **named}}
        if order.tif is TimeInForce.IOC:
            text = "Order could not immediately match against any resting orders."
            return {"error": f"{text} asset={order.wire.a}"}
        # cancelled by the venue or by another request before this was answered
        return {"resting": {"oid": oid, **named}}

    # -- cancelling ----------------------------------------------------------------------------------------------

    async def cancel(self, wallet: Wallet, wires: Sequence[CancelWire]) -> list[object]:
        return [await self._cancel(wallet, wire.a, wallet.find(wire.o)) for wire in wires]

    async def cancel_by_cloid(self, wallet: Wallet, wires: Sequence[CancelByCloidWire]) -> list[object]:
        return [await self._cancel(wallet, wire.asset, wallet.find(wire.cloid)) for wire in wires]

    async def _cancel(self, wallet: Wallet, asset: int, order: HouseOrder | None) -> object:
        wallet.requests += 1
        missing: Json = {"error": f"{MISSING} asset={asset}"}
        if order is None or not 0 <= asset < len(self._states.assets):
            return missing
        if order.symbol != self._states.assets[asset].symbol or await wallet.house.cancel(order):
            return missing
        return "success"


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _plain(value: Decimal) -> str:
    return number(value).removesuffix(".0")
