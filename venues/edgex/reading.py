"""edgeX's JSON as values of the model. Field names are those of its V2 documentation and SDK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from venues.edgex.sdk import Raw
from venues.model import (
    BalanceReport,
    FillReport,
    FundingPayment,
    Instrument,
    InstrumentKind,
    LiquiditySide,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
    Side,
    TimeInForce,
    Transfer,
    TransferKind,
)
from venues.model.clock import NS_PER_MS
from venues.model.instrument import ZERO

STATUSES: Mapping[str, OrderStatus] = {
    "PENDING": OrderStatus.OPEN,
    "UNTRIGGERED": OrderStatus.OPEN,
    "OPEN": OrderStatus.OPEN,
    "CANCELING": OrderStatus.OPEN,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
}
"""CANCELING may still fill, so it is no end."""
TIFS: Mapping[str, TimeInForce] = {
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
    "FILL_OR_KILL": TimeInForce.FOK,
}


class BadMessage(ValueError):
    """A message lacks what it must have; the text names the field."""


def figure(raw: Raw, name: str, default: Decimal | None = None) -> Decimal:
    """A decimal of `raw`, which must be text. Raises `BadMessage` where it is missing without a default."""
    value = raw.get(name)
    if value in (None, ""):
        if default is not None:
            return default
        raise BadMessage(f"{name} is missing")
    if not isinstance(value, str):
        raise BadMessage(f"{name} is {type(value).__name__}, must be text")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise BadMessage(f"{name} is {value!r}, must be a number") from None
    if not found.is_finite():
        raise BadMessage(f"{name} is {value!r}, must be a number")
    return found


def instruments_of(metadata: Raw) -> tuple[dict[str, Instrument], dict[str, str]]:
    """(instrument by symbol, contract id by symbol) of the perpetuals that can be traded."""
    coins = {str(coin.get("coinId")): str(coin.get("coinName")) for coin in metadata.get("coinList") or ()}
    found: dict[str, Instrument] = {}
    ids: dict[str, str] = {}
    for contract in metadata.get("contractList") or ():
        if contract.get("enableTrade") is False:
            continue
        symbol = str(contract["contractName"])
        quote = coins.get(str(contract.get("quoteCoinId")), "USD")
        lot = figure(contract, "stepSize")
        found[symbol] = Instrument(
            symbol=symbol,
            base=coins.get(str(contract.get("baseCoinId")), symbol.removesuffix(quote)),
            quote=quote,
            settle=quote,
            kind=InstrumentKind.LINEAR,
            tick=figure(contract, "tickSize"),
            lot=lot,
            min_qty=max(lot, figure(contract, "minOrderSize", lot)),
        )
        ids[symbol] = str(contract["contractId"])
    return found, ids


def fees_of(metadata: Raw, contract_ids: Iterable[str]) -> tuple[Decimal, Decimal]:
    """(maker, taker): the dearest default rates of these contracts."""
    wanted = frozenset(contract_ids)
    rows = [row for row in metadata.get("contractList") or () if str(row.get("contractId")) in wanted]
    maker = max((figure(row, "defaultMakerFeeRate", ZERO) for row in rows), default=ZERO)
    return maker, max((figure(row, "defaultTakerFeeRate", ZERO) for row in rows), default=ZERO)


def order_report(raw: Raw, symbol: str, now_ns: int) -> OrderStatusReport:
    """Raises `BadMessage`."""
    qty, filled = figure(raw, "size"), figure(raw, "cumFillSize", ZERO)
    status = STATUSES.get(str(raw.get("status")))
    if status is None:
        raise BadMessage(f"status is {raw.get('status')!r}, must be one of {', '.join(STATUSES)}")
    if status is OrderStatus.OPEN and filled:
        status = OrderStatus.PARTIALLY_FILLED
    tif = str(raw.get("timeInForce") or "")
    return OrderStatusReport(
        client_order_id=str(raw.get("clientOrderId") or ""),
        venue_order_id=str(raw.get("id") or ""),
        symbol=symbol,
        side=_side(raw, "side"),
        qty=qty,
        price=figure(raw, "price", ZERO),
        filled_qty=filled,
        status=status,
        ts_event=stamp(raw, "updatedTime", now_ns),
        ts_init=now_ns,
        text=str(raw.get("cancelReason") or ""),
        tif=TIFS.get(tif, TimeInForce.GTC),
        post_only=tif == "POST_ONLY",
        reduce_only=raw.get("reduceOnly") is True,
    )


def fill_report(raw: Raw, symbol: str, fee_asset: str, client_order_id: str, now_ns: int) -> FillReport:
    """Raises `BadMessage`. A fill names the venue's order only; `client_order_id` is looked up by the caller."""
    qty = figure(raw, "fillSize")
    price = figure(raw, "fillPrice", ZERO) or (figure(raw, "fillValue") / qty if qty else ZERO)
    if qty <= 0 or price <= 0:
        raise BadMessage(f"fillSize is {qty} at {price}, both must be above 0")
    return FillReport(
        trade_id=str(raw["id"]),
        client_order_id=client_order_id,
        venue_order_id=str(raw.get("orderId") or ""),
        symbol=symbol,
        side=_side(raw, "orderSide"),
        qty=qty,
        price=price,
        fee=figure(raw, "fillFee", ZERO),
        fee_asset=fee_asset,
        liquidity=LiquiditySide.MAKER if raw.get("direction") == "MAKER" else LiquiditySide.TAKER,
        ts_event=stamp(raw, "matchTime", stamp(raw, "createdTime", now_ns)),
        ts_init=now_ns,
        liquidation=raw.get("isLiquidate") is True or raw.get("isDeleverage") is True,
    )


def position_reports(asset: Raw, symbols: Mapping[str, str], now_ns: int) -> tuple[PositionStatusReport, ...]:
    """Of `getAccountAsset`; `symbols` maps contract ids. Positions of contracts that are not traded are left out."""
    figures = {str(row.get("contractId")): row for row in asset.get("positionAssetList") or ()}
    found = []
    for row in asset.get("positionList") or ():
        contract = str(row.get("contractId"))
        qty = figure(row, "openSize", ZERO)
        if contract not in symbols or not qty:
            continue
        extra = figures.get(contract, {})
        value = figure(extra, "positionValue", ZERO)
        found.append(
            PositionStatusReport(
                symbol=symbols[contract],
                qty=qty,
                entry_price=figure(extra, "avgEntryPrice", ZERO),
                mark_price=abs(value / qty),
                unrealised=figure(extra, "unrealizePnl", ZERO),
                ts_event=now_ns,
                liq_price=figure(extra, "liquidatePrice", ZERO) or None,
            )
        )
    return tuple(found)


def balance_reports(asset: Raw, coins: Mapping[str, str], now_ns: int) -> tuple[BalanceReport, ...]:
    """Of `getAccountAsset`: equity and margin by collateral coin; `coins` maps coin ids to names."""
    profit = sum((figure(row, "unrealizePnl", ZERO) for row in asset.get("positionAssetList") or ()), ZERO)
    kept = sum(
        (figure(row, "maintenanceMarginRequirement", ZERO) for row in asset.get("positionAssetList") or ()), ZERO
    )
    found = []
    for row in asset.get("collateralAssetModelList") or ():
        equity = figure(row, "totalEquity")
        found.append(
            BalanceReport(
                asset=coins.get(str(row.get("coinId")), str(row.get("coinId"))),
                cash=equity - profit,
                equity=equity,
                free=figure(row, "availableAmount", ZERO),
                maintenance=kept,
                ts_event=now_ns,
            )
        )
    return tuple(found)


def funding_payment(raw: Raw, symbol: str, asset: str, now_ns: int) -> FundingPayment:
    """Of a collateral transaction of type `POSITION_FUNDING`, which names neither rate nor price: those are 0."""
    return FundingPayment(
        payment_id=str(raw["id"]),
        symbol=symbol,
        cost=-figure(raw, "deltaAmount"),
        asset=asset,
        rate=ZERO,
        qty=ZERO,
        price=ZERO,
        ts_event=stamp(raw, "createdTime", now_ns),
        ts_init=now_ns,
    )


def transfer_of(raw: Raw, kind: TransferKind, asset: str, now_ns: int) -> Transfer:
    """Of a collateral transaction that brought or took money."""
    return Transfer(
        str(raw["id"]), kind, asset, abs(figure(raw, "deltaAmount")), stamp(raw, "createdTime", now_ns), now_ns
    )


def _side(raw: Raw, name: str) -> Side:
    value = str(raw.get(name) or "").lower()
    if value not in ("buy", "sell"):
        raise BadMessage(f"{name} is {raw.get(name)!r}, must be BUY or SELL")
    return Side(value)


def stamp(raw: Raw, name: str, default: int) -> int:
    """A stamp in ms as ns."""
    value = str(raw.get(name) or "")
    return int(value) * NS_PER_MS if value.isdecimal() and int(value) else default
