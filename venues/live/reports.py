"""ccxt's structures, all text, as the reports of the model. What lacks a thing that money depends on is refused."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venues.live.ccxt_types import Raw
from venues.live.dialect import Margin, decimal
from venues.live.order_end import OrderEnd
from venues.model import (
    NS_PER_MS,
    BalanceReport,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
    RejectReason,
    Side,
    TimeInForce,
    Transfer,
    TransferKind,
)

ZERO = Decimal(0)

_STATUS = {
    "open": OrderStatus.OPEN,
    # Binance's for orders that close a position by force, which ccxt hands through
    "NEW_ADL": OrderStatus.OPEN,
    "NEW_INSURANCE": OrderStatus.OPEN,
    "canceling": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "cancelled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
}
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


class BadReport(ValueError):
    """The venue's message lacks something or makes no sense; the text names message, field and value."""


def figure(raw: Raw, key: str, what: str) -> Decimal:
    """A figure that has to be there."""
    value = decimal(raw.get(key))
    if value is None:
        raise BadReport(f"{what} has {key} {raw.get(key)!r}, must be a number")
    return value


def stamp(raw: Raw, now: int, *keys: str) -> int:
    """ns of the first of these ccxt stamps (ms) that is there; `now` where none is."""
    for key in keys or ("timestamp",):
        value = raw.get(key)
        if value is not None:
            return int(value) * NS_PER_MS
    return now


def side_of(raw: Raw, what: str) -> Side:
    try:
        return Side(str(raw.get("side")))
    except ValueError:
        raise BadReport(f"{what} has side {raw.get('side')!r}, must be buy or sell") from None


def order_report(
    raw: Raw,
    *,
    client_order_id: str,
    symbol: str,
    now: int,
    request: OrderRequest | None = None,
    unsaid: OrderStatus = OrderStatus.UNKNOWN,
    end: OrderEnd | None = None,
    word: str = "",
) -> OrderStatusReport:
    """An order as ccxt has it. `request` fills in what venues leave out of an answer to an order of ours, and `unsaid`
    is the state where the message names none. `end` is what `word`, the venue's own, says of the order's end; ccxt's
    status counts where it is None. Raises `BadReport`."""
    what = f"order {client_order_id or raw.get('id')}"
    qty, price = decimal(raw.get("amount")), decimal(raw.get("price"))
    side = request.side if request is not None else side_of(raw, what)
    if request is not None:
        qty, price = request.qty, request.price
    if qty is None:
        raise BadReport(f"{what} has amount {raw.get('amount')!r}, must be a number")
    filled = decimal(raw.get("filled"))
    remaining = decimal(raw.get("remaining"))
    if filled is None:
        filled = qty - remaining if remaining is not None else ZERO
    status = end.status if end is not None else _status(raw, what, qty, filled, unsaid)
    post_only = request.post_only if request is not None else bool(raw.get("postOnly"))
    reason = end.reason if end is not None else None
    if end is None and status in (OrderStatus.EXPIRED, OrderStatus.REJECTED) and post_only and not filled:
        reason = RejectReason.POST_ONLY
    return OrderStatusReport(
        client_order_id=client_order_id,
        venue_order_id=str(raw.get("id") or ""),
        symbol=symbol,
        side=side,
        qty=qty,
        price=price if price is not None else ZERO,
        filled_qty=filled,
        status=status,
        ts_event=stamp(raw, now, "lastUpdateTimestamp", "lastTradeTimestamp", "timestamp"),
        ts_init=now,
        reason=reason,
        text="" if reason is None else word or f"{status.value} by the venue",
        tif=request.tif if request is not None else _tif(raw),
        post_only=post_only,
        reduce_only=request.reduce_only if request is not None else bool(raw.get("reduceOnly")),
    )


def _status(raw: Raw, what: str, qty: Decimal, filled: Decimal, unsaid: OrderStatus) -> OrderStatus:
    said = raw.get("status")
    if said is None:
        status = unsaid
    elif said in _STATUS:
        status = _STATUS[said]
    else:
        raise BadReport(f"{what} has status {said!r}, must be one of {', '.join(_STATUS)}")
    if status is OrderStatus.FILLED and filled < qty:
        # ccxt calls an IOC order closed, too, whose rest was thrown away
        return OrderStatus.CANCELED
    if status is OrderStatus.OPEN and filled > 0:
        return OrderStatus.FILLED if filled >= qty else OrderStatus.PARTIALLY_FILLED
    return status


def _tif(raw: Raw) -> TimeInForce:
    said = str(raw.get("timeInForce") or "").lower()
    return TimeInForce(said) if said in ("ioc", "fok") else TimeInForce.GTC


def fill_report(
    raw: Raw, *, client_order_id: str, symbol: str, settle: str, now: int, liquidation: bool = False
) -> FillReport:
    """A trade of the account. Raises `BadReport`."""
    trade_id = str(raw.get("id") or "")
    what = f"trade {trade_id} of {symbol}"
    if not trade_id:
        raise BadReport(f"a trade of {symbol} has no id")
    fee = raw.get("fee") or next(iter(raw.get("fees") or ()), None) or {}
    said = raw.get("takerOrMaker")
    qty = figure(raw, "amount", what)
    if qty <= 0:
        raise BadReport(f"{what} has amount {qty}, must be above 0")
    return FillReport(
        trade_id=trade_id,
        client_order_id=client_order_id,
        venue_order_id=str(raw.get("order") or ""),
        symbol=symbol,
        side=side_of(raw, what),
        qty=qty,
        price=figure(raw, "price", what),
        fee=decimal(fee.get("cost")) or ZERO,
        fee_asset=str(fee.get("currency") or settle),
        liquidity=LiquiditySide.MAKER if said == "maker" else LiquiditySide.TAKER,
        ts_event=stamp(raw, now),
        ts_init=now,
        liquidation=liquidation,
    )


def position_report(raw: Raw, *, symbol: str, now: int) -> PositionStatusReport:
    """A position; ccxt gives its size without sign, and the side beside it. Raises `BadReport`."""
    what = f"position in {symbol}"
    qty = abs(figure(raw, "contracts", what))
    side = raw.get("side")
    if qty and side not in ("long", "short"):
        raise BadReport(f"{what} has side {side!r}, must be long or short")
    liq = decimal(raw.get("liquidationPrice"))
    return PositionStatusReport(
        symbol=symbol,
        qty=-qty if side == "short" else qty,
        entry_price=decimal(raw.get("entryPrice")) or ZERO,
        mark_price=decimal(raw.get("markPrice")) or ZERO,
        unrealised=decimal(raw.get("unrealizedPnl")) or ZERO,
        ts_event=stamp(raw, now),
        liq_price=liq if liq else None,
    )


def balance_reports(margins: Mapping[str, Margin], now: int) -> tuple[BalanceReport, ...]:
    return tuple(
        BalanceReport(
            asset=asset,
            cash=money.cash,
            equity=money.equity,
            free=money.free,
            maintenance=money.maintenance,
            ts_event=now,
        )
        for asset, money in margins.items()
    )


def funding_rate(raw: Raw, *, symbol: str, now: int, interval_s: int) -> FundingRate:
    """The rate of the next settlement; `interval_s` where ccxt names none. Raises `BadReport`."""
    interval = _interval(raw.get("interval")) or interval_s
    due = stamp(raw, 0, "fundingTimestamp", "nextFundingTimestamp")
    if due <= now:  # unknown, or the last one: settlements fall on whole intervals of the day
        step = interval * 1_000_000_000
        due = (now // step + 1) * step
    return FundingRate(
        symbol=symbol,
        rate=figure(raw, "fundingRate", f"funding rate of {symbol}"),
        interval_s=interval,
        next_ts=due,
        ts_event=stamp(raw, now),
    )


def _interval(text: object) -> int:
    """Seconds of `8h`; 0 for what is no such text."""
    if not isinstance(text, str) or text[-1:] not in _SECONDS or not text[:-1].isdigit():
        return 0
    return int(text[:-1]) * _SECONDS[text[-1]]


def funding_payment(raw: Raw, *, instrument: Instrument, now: int) -> FundingPayment:
    """One settlement. ccxt's amount is positive where it was received. Rate, quantity and price are 0 where the venue
    does not tell them. Raises `BadReport`."""
    what = f"funding of {instrument.symbol}"
    ts = stamp(raw, 0)
    if not ts:
        raise BadReport(f"{what} has no timestamp")
    return FundingPayment(
        payment_id=str(raw.get("id") or f"{instrument.symbol}-{ts // NS_PER_MS}"),
        symbol=instrument.symbol,
        cost=-figure(raw, "amount", what),
        asset=str(raw.get("code") or instrument.settle),
        rate=decimal(raw.get("rate")) or ZERO,
        qty=decimal(raw.get("qty")) or ZERO,
        price=decimal(raw.get("price")) or ZERO,
        ts_event=ts,
        ts_init=now,
    )


def transfer(raw: Raw, *, now: int) -> Transfer | None:
    """Money in or out; None for what has not happened (yet). Raises `BadReport`."""
    if raw.get("status") not in (None, "ok"):
        return None
    what = f"transfer {raw.get('id')}"
    ts = stamp(raw, 0)
    try:
        kind = TransferKind(str(raw.get("type")))
    except ValueError:
        raise BadReport(f"{what} has type {raw.get('type')!r}, must be one of {', '.join(TransferKind)}") from None
    if not ts or not raw.get("id"):
        raise BadReport(f"{what} has id {raw.get('id')!r} and timestamp {raw.get('timestamp')!r}, needs both")
    amount = figure(raw, "amount", what)
    if amount <= 0:
        raise BadReport(f"{what} has amount {amount}, must be above 0")
    return Transfer(str(raw["id"]), kind, str(raw.get("currency") or ""), amount, ts, now)
