"""Orders, fills and levels as Hyperliquid writes them. Numbers are decimal strings, stamps ms since the epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TypeAlias

import msgspec

from venues.model import Instrument, Level, OrderStatus, RejectReason, Side, TimeInForce
from venues.served.house import HouseFill, HouseMarket, HouseOrder, PublicTrade

Json: TypeAlias = dict[str, object]

BOOK_LEVELS = 20
CLOID_LENGTH = 34
MAX_DECIMALS = 6
"""Of a perpetual's price: at most this less the size's decimals."""
SIGNIFICANT = 5
ROUNDED = Decimal("1e-8")
"""Averages, which a division made, are rounded to this. Money never is."""

_REJECTED: Mapping[RejectReason, str] = {
    RejectReason.POST_ONLY: "badAloPxRejected",
    RejectReason.REDUCE_ONLY: "reduceOnlyRejected",
    RejectReason.MARGIN: "perpMarginRejected",
    RejectReason.MIN_SIZE: "minTradeNtlRejected",
    RejectReason.PRICE_BAND: "oracleRejected",
}
_CANCELED: Mapping[RejectReason, str] = {
    RejectReason.REDUCE_ONLY: "reduceOnlyCanceled",
    RejectReason.LIQUIDATION: "liquidatedCanceled",
    RejectReason.MARGIN: "marginCanceled",
}


def number(value: Decimal) -> str:
    """Every digit, no exponent, no trailing zeros but one: 60000.0, 0.00125."""
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{'0' if whole == '-0' and not fraction else whole}.{fraction or '0'}"


def average(value: Decimal) -> str:
    return number(value.quantize(ROUNDED))


def ms(ns: int) -> int:
    return ns // 1_000_000


def size_decimals(instrument: Instrument) -> int:
    """Decimals of a size, `szDecimals`."""
    exponent = instrument.lot.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def side_of(side: Side) -> str:
    return "B" if side is Side.BUY else "A"


def is_cloid(text: str) -> bool:
    return len(text) == CLOID_LENGTH and text.startswith("0x") and all(c in "0123456789abcdef" for c in text[2:])


def price_is_valid(price: Decimal, decimals: int) -> bool:
    """At most five significant figures (whole numbers may have more) and `MAX_DECIMALS` − szDecimals decimals."""
    if not price.is_finite() or price <= 0:
        return False
    digits, exponent = price.normalize().as_tuple()[1:]
    if not isinstance(exponent, int) or exponent >= 0:
        return True
    return len(digits) <= SIGNIFICANT and -exponent <= MAX_DECIMALS - decimals


# -- orders ------------------------------------------------------------------------------------------------------------


def status_word(order: HouseOrder) -> str:
    """The venue's word for how an order stands."""
    if order.status is OrderStatus.REJECTED:
        return _REJECTED.get(order.reason, "rejected") if order.reason is not None else "rejected"
    if order.status is OrderStatus.FILLED:
        return "filled"
    if order.status in (OrderStatus.CANCELED, OrderStatus.EXPIRED):
        if order.reason is not None and order.reason in _CANCELED:
            return _CANCELED[order.reason]
        if order.tif is TimeInForce.IOC and not order.filled:
            return "iocCancelRejected"
        return "canceled"
    return "open"


def _sizes(order: HouseOrder) -> tuple[Decimal, Decimal]:
    """(left, whole); what the venue trades by itself has no size but its fills'."""
    if not order.qty.is_finite():
        return Decimal(0), order.filled
    return order.remaining, order.qty


def open_order(order: HouseOrder, coin: str, oid: int, cloid: str | None) -> Json:
    left, whole = _sizes(order)
    row: Json = {
        "coin": coin,
        "side": side_of(order.side),
        "limitPx": number(order.price),
        "sz": number(left),
        "oid": oid,
        "timestamp": ms(order.created),
        "origSz": number(whole),
    }
    if cloid is not None:
        row["cloid"] = cloid
    if order.reduce_only:
        row["reduceOnly"] = True
    return row


def full_order(order: HouseOrder, coin: str, oid: int, cloid: str | None) -> Json:
    """As `frontendOpenOrders`, `orderStatus` and `historicalOrders` have it."""
    return {
        **open_order(order, coin, oid, cloid),
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": order.reduce_only,
        "orderType": "Market" if order.liquidation else "Limit",
        "tif": "Alo" if order.post_only else "Ioc" if order.tif is TimeInForce.IOC else "Gtc",
        "cloid": cloid,
    }


def order_state(order: HouseOrder, row: Json) -> Json:
    return {"order": row, "status": status_word(order), "statusTimestamp": ms(order.updated)}


# -- fills -------------------------------------------------------------------------------------------------------------


def direction(before: Decimal, after: Decimal) -> str:
    """What a fill did to a position."""
    if before >= 0 and after >= 0:
        return "Open Long" if after > before else "Close Long"
    if before <= 0 and after <= 0:
        return "Open Short" if after < before else "Close Short"
    return "Long > Short" if before > 0 else "Short > Long"


class FillIds(msgspec.Struct, frozen=True):
    oid: int
    tid: int
    cloid: str | None
    user: str


def fill_row(told: HouseFill, coin: str, ids: FillIds, mark: Decimal | None) -> Json:
    fill = told.fill
    before = told.position - fill.qty * fill.side.sign
    row: Json = {
        "coin": coin,
        "px": number(fill.price),
        "sz": number(fill.qty),
        "side": side_of(fill.side),
        "time": ms(fill.ts_event),
        "startPosition": number(before),
        "dir": direction(before, told.position),
        "closedPnl": number(told.realised),
        "hash": f"0x{ids.tid:064x}",
        "oid": ids.oid,
        "crossed": fill.liquidity.value == "taker",
        "fee": number(fill.fee),
        "tid": ids.tid,
        "feeToken": fill.fee_asset,
        "twapId": None,
    }
    if ids.cloid is not None:
        row["cloid"] = ids.cloid
    if fill.liquidation:
        row["liquidation"] = {"liquidatedUser": ids.user, "markPx": number(mark or fill.price), "method": "market"}
    return row


# -- public ------------------------------------------------------------------------------------------------------------


def book_row(market: HouseMarket, figures: int | None = None, mantissa: int | None = None) -> Json:
    """The best levels; with `figures` (2 to 5) prices are rounded outwards to as many significant figures, in steps of
    `mantissa` (1, 2 or 5; with five figures only)."""
    instrument = market.instrument
    sides = []
    for side in (Side.BUY, Side.SELL):
        if figures is None:
            levels = market.levels(side, BOOK_LEVELS)
            sides.append([_level(instrument.ticks_to_price(t), instrument.lots_to_qty(n), 1) for t, n in levels])
        else:
            sides.append(list(_grouped(instrument, market.levels(side), side, figures, mantissa or 1)))
    return {"coin": instrument.base, "time": ms(market.now()), "levels": sides}


def _level(price: Decimal, size: Decimal, count: int) -> Json:
    # the book has sizes, not orders: each level is told as one
    return {"px": number(price), "sz": number(size), "n": count}


def _grouped(
    instrument: Instrument, levels: Iterable[Level], side: Side, figures: int, mantissa: int
) -> Iterable[Json]:
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    sums: dict[Decimal, tuple[Decimal, int]] = {}
    for ticks, lots in levels:
        price = instrument.ticks_to_price(ticks)
        step = Decimal(mantissa).scaleb(price.adjusted() - figures + 1)
        group = (price / step).to_integral_value(rounding=rounding) * step
        if group not in sums and len(sums) == BOOK_LEVELS:
            break
        size, count = sums.get(group, (Decimal(0), 0))
        sums[group] = (size + instrument.lots_to_qty(lots), count + 1)
    return (_level(price, size, count) for price, (size, count) in sums.items())


def bbo_row(market: HouseMarket) -> Json:
    instrument = market.instrument
    best = [market.best(side) for side in (Side.BUY, Side.SELL)]
    levels = [
        None if level is None else _level(instrument.ticks_to_price(level[0]), instrument.lots_to_qty(level[1]), 1)
        for level in best
    ]
    return {"coin": instrument.base, "time": ms(market.now()), "bbo": levels}


def mid(market: HouseMarket) -> Decimal | None:
    bid, ask = market.best(Side.BUY), market.best(Side.SELL)
    if bid is None or ask is None:
        return None
    return market.instrument.tick * (bid[0] + ask[0]) / 2


def trade_row(market: HouseMarket, trade: PublicTrade) -> Json:
    instrument = market.instrument
    return {
        "coin": instrument.base,
        "side": side_of(trade.aggressor),
        "px": number(instrument.ticks_to_price(trade.ticks)),
        "sz": number(instrument.lots_to_qty(trade.lots)),
        "time": ms(trade.ts),
        "hash": f"0x{trade.number:064x}",
        "tid": trade.number,
        "users": ["0x" + "0" * 39 + "1", "0x" + "0" * 39 + "2"],
    }
