"""Instruments of Binance USD-M futures from its public REST, for whoever has no account there."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from venues.fast.binanceusdm import HTTP, WS
from venues.fast.endpoint import Endpoint
from venues.fast.rest import UNREADABLE, Fetch, FetchError, fetch
from venues.model import Instrument, InstrumentError, InstrumentKind


class Filter(msgspec.Struct):
    kind: str = msgspec.field(name="filterType")
    tick: str = msgspec.field(name="tickSize", default="")
    lot: str = msgspec.field(name="stepSize", default="")
    min_qty: str = msgspec.field(name="minQty", default="")


class MarketInfo(msgspec.Struct):
    symbol: str
    base: str = msgspec.field(name="baseAsset")
    quote: str = msgspec.field(name="quoteAsset")
    settle: str = msgspec.field(name="marginAsset")
    filters: list[Filter]


class ExchangeInfo(msgspec.Struct):
    symbols: list[MarketInfo]


_decode = msgspec.json.Decoder(ExchangeInfo).decode


async def usdm_instruments(symbols: Iterable[str], endpoint: str = "", fetch: Fetch = fetch) -> dict[str, Instrument]:
    """By symbol, in the order asked for. Raises `FetchError` where the venue does not say, and `InstrumentError` for a
    symbol that it does not list."""
    base = Endpoint.of(endpoint, http=HTTP, ws=WS)
    try:
        listed = {market.symbol: market for market in _decode(await fetch(f"{base.http}/fapi/v1/exchangeInfo")).symbols}
    except UNREADABLE as error:
        raise FetchError(f"exchangeInfo does not read: {error}") from None
    found = {}
    for symbol in symbols:
        if symbol not in listed:
            raise InstrumentError(f"symbol is {symbol!r}, which binanceusdm does not list; expected one like BTCUSDT")
        found[symbol] = _instrument(listed[symbol])
    return found


def _instrument(market: MarketInfo) -> Instrument:
    filters = {told.kind: told for told in market.filters}
    try:
        price, size = filters["PRICE_FILTER"], filters["LOT_SIZE"]
        tick, lot, least = Decimal(price.tick), Decimal(size.lot), Decimal(size.min_qty)
    except (KeyError, ArithmeticError):
        raise InstrumentError(f"{market.symbol}: PRICE_FILTER and LOT_SIZE do not read") from None
    return Instrument(
        symbol=market.symbol,
        base=market.base,
        quote=market.quote,
        settle=market.settle,
        kind=InstrumentKind.LINEAR,
        tick=tick,
        lot=lot,
        min_qty=max(lot, least),
    )
