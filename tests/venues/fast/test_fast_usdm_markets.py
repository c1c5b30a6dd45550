from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from fast_kit import LoopbackVenue

from venues.fast.rest import FetchError, fetch
from venues.fast.usdm_markets import usdm_instruments
from venues.model import InstrumentError

MARKET = {
    "symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "marginAsset": "USDT",
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "261.10"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.002"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
    ],
}  # fmt: skip


def answering(body: object):
    async def fetch(url: str) -> bytes:
        assert url == "http://h/fapi/v1/exchangeInfo"
        return body if isinstance(body, bytes) else msgspec.json.encode(body)

    return fetch


async def test_what_does_not_read_and_what_is_not_listed() -> None:
    with pytest.raises(FetchError, match="exchangeInfo does not read"):
        await usdm_instruments(["BTCUSDT"], "http://h", answering(b"<html>"))
    for body in (b'{"symbols": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"x": "\xff"}'):
        with pytest.raises(FetchError, match="exchangeInfo does not read"):
            await usdm_instruments(["BTCUSDT"], "http://h", answering(body))
    with pytest.raises(InstrumentError, match="symbol is 'XUSDT', which binanceusdm does not list"):
        await usdm_instruments(["BTCUSDT", "XUSDT"], "http://h", answering({"symbols": [MARKET]}))
    for filters in ([], [*MARKET["filters"][1:], {"filterType": "PRICE_FILTER", "tickSize": "x"}]):
        with pytest.raises(InstrumentError, match="PRICE_FILTER and LOT_SIZE do not read"):
            await usdm_instruments(["BTCUSDT"], "http://h", answering({"symbols": [{**MARKET, "filters": filters}]}))


async def test_an_instrument() -> None:
    found = (await usdm_instruments(["BTCUSDT"], "http://h", answering({"symbols": [MARKET]})))["BTCUSDT"]
    assert (found.tick, found.lot, found.min_qty) == (Decimal("0.10"), Decimal("0.001"), Decimal("0.002"))
    assert (found.base, found.quote, found.settle) == ("BTC", "USDT", "USDT")


async def test_fetching(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError, match="no answer"):
        await fetch("http://127.0.0.1:1/x")
    async with LoopbackVenue() as venue:
        with pytest.raises(FetchError, match="HTTP 404"):
            await fetch(f"{venue.url}/x")
        venue.on_get = lambda path, query: (200, ["x" * 100])
        assert len(await fetch(f"{venue.url}/x")) == 104
        monkeypatch.setattr("venues.fast.rest.MAX_BODY", 100)
        with pytest.raises(FetchError, match="an answer of more than"):
            await fetch(f"{venue.url}/x")
