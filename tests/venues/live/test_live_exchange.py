"""What the adapter does to a ccxt instance: addresses, markets, figures, logs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from test_recorded_messages import Heard

from venues.live.dialect import Dialect
from venues.live.dialects.binanceusdm import BinanceUsdm
from venues.live.exchange import Exchange, as_text, choose_markets, retarget
from venues.live.markets import Markets
from venues.live.order_book_feed import DEPTH, levels
from venues.live.pool import VenuePool
from venues.model import VenueRejected, VenueUnavailable
from venues.model.secret import Secret


def market(id_: str, base: str, quote: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_, "symbol": f"{base}/{quote}:{quote}", "base": base, "quote": quote, "settle": quote, "swap": True,
        "active": True, "precision": {"price": "0.1", "amount": "1"}, "limits": {}, "maker": "0.001", "taker": "0.002",
        **changes,
    }  # fmt: skip


def made(**options: Any) -> Exchange:
    given: dict[str, Any] = {
        "credentials": {}, "symbols": frozenset({"BTC"}), "pool": VenuePool(), "endpoint": "", "taps": Heard(),
        **options,
    }  # fmt: skip
    return Exchange(BinanceUsdm(), **given)


@pytest.mark.parametrize("endpoint", ["localhost:1", "ftp://x", "http://x|http://y"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(VenueRejected, match="endpoint is"):
        retarget({"api": {}}, endpoint)


def test_every_address_is_retargeted_and_its_path_stays() -> None:
    urls: dict[str, Any] = {
        "api": {"public": "https://a.b/v1", "ws": {"x": "wss://s.b:443/ws"}, "list": ["https://{hostname}/y"], "n": 1},
        "www": "https://a.b",
    }
    retarget(urls, "http://127.0.0.1:8/")
    assert urls["api"] == {
        "public": "http://127.0.0.1:8/v1",
        "ws": {"x": "ws://127.0.0.1:8/ws"},
        "list": ["http://127.0.0.1:8/y"],
        "n": 1,
    }
    assert urls["www"] == "https://a.b"
    urls = {"api": {"a": "https://a/v", "w": "wss://a/w"}}
    retarget(urls, "https://t|wss://u")
    assert urls["api"] == {"a": "https://t/v", "w": "wss://u/w"}


def test_a_coin_means_one_market_and_a_name_means_that_market() -> None:
    class Plain(Dialect):
        name = ccxt_id = "x"

    listed = [
        market("BTCUSDC", "BTC", "USDC"),
        market("BTCUSDT", "BTC", "USDT"),
        market("ETHUSDC", "ETH", "USDC"),
        market("BTCDEAD", "BTC", "USDT", active=False),
        market("BTCSPOT", "BTC", "USDT", swap=False),
    ]

    def chosen(*symbols: str) -> list[str]:
        return sorted(str(found["id"]) for found in choose_markets(Plain(), listed, frozenset(symbols)))

    assert chosen("BTC") == ["BTCUSDT"]
    assert chosen("BTCUSDC") == ["BTCUSDC"]
    assert chosen("BTC", "BTCUSDC") == ["BTCUSDC"]
    assert chosen("ETH", "BTC/USDC:USDC") == ["BTCUSDC", "ETHUSDC"]
    assert chosen("DOGE") == []


def test_markets_know_their_names_and_refuse_others() -> None:
    class Plain(Dialect):
        name = ccxt_id = "x"

    markets = Markets(
        Plain(), [market("BTCUSDT", "BTC", "USDT"), market("NOSTEP", "X", "USDT", precision={})], frozenset()
    )
    assert markets.ccxt_symbol("BTCUSDT") == "BTC/USDT:USDT"
    assert markets.find({"symbol": "ETH/USDT:USDT"}) is None
    with pytest.raises(VenueRejected, match="unknown symbol 'X': this account trades BTCUSDT"):
        markets.instrument("X")
    with pytest.raises(VenueRejected, match="x lists none of DOGE"):
        Markets(Plain(), [], frozenset({"DOGE"}))


async def test_an_exchange_that_ccxt_lacks_is_refused() -> None:
    class Gone(Dialect):
        name = ccxt_id = "bitmex"

    with pytest.raises(VenueRejected, match="has no exchange 'bitmex'"):
        Exchange(
            Gone(), credentials={}, symbols=frozenset(), pool=VenuePool(), endpoint="", taps=Heard()
        )  # fmt: skip


async def test_figures_are_text_fees_for_others_are_off_and_logs_are_silent(caplog: pytest.LogCaptureFixture) -> None:
    exchange = made(credentials={"apiKey": Secret("canary-key"), "secret": Secret("canary-secret")})
    raw: Any = exchange.ccxt
    assert raw.parse_number("0.1") == "0.1"
    assert raw.fees["linear"]["trading"]["taker"] == "0.0005"
    assert raw.options["builderFee"] is False
    assert raw.options["approvedBuilderFee"] is False
    assert raw.has["fetchCurrencies"] is False
    with caplog.at_level(logging.DEBUG):
        raw.logger.debug("request with %s", "canary-secret")
        retarget(raw.urls, "http://127.0.0.1:9")
        with pytest.raises(VenueUnavailable):
            await exchange.load_markets()
    assert "canary" not in caplog.text
    await exchange.close()


async def test_a_future_that_ccxt_cancels_is_a_lost_connection_and_our_cancel_stays_one() -> None:
    exchange = made()
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    gone.cancel()
    with pytest.raises(VenueUnavailable, match="orders: the connection was closed"):
        await exchange.ask("orders", gone)
    task = asyncio.create_task(exchange.ask("orders", asyncio.get_running_loop().create_future()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await exchange.close()


def test_floats_of_a_book_are_snapped_and_what_is_less_than_half_a_lot_is_none() -> None:
    side = [[100.1, 0.3], [100.0, 0.0004], [99.9000001, 2.0]]
    assert levels(side, 0.1, 0.001) == ((1001, 300), (999, 2000))
    assert len(levels([[100.0 - n, 1.0] for n in range(50)], 0.1, 0.1)) == DEPTH
    assert levels([], 0.1, 0.1) == ()


def test_constants_become_text() -> None:
    assert as_text({"a": [0.0002, {"b": 1}], "c": None}) == {"a": ["0.0002", {"b": 1}], "c": None}


async def test_a_dialect_says_what_a_request_takes_of_the_budget() -> None:
    class Weighed(BinanceUsdm):
        def request_cost(self, path: str, cost: float) -> float:
            return cost * 10 if path == "ping" else cost

    exchange = Exchange(
        Weighed(), credentials={}, symbols=frozenset({"BTC"}), pool=VenuePool(), endpoint="", taps=Heard()
    )
    try:
        cost: Any = exchange.ccxt.calculate_rate_limiter_cost  # type: ignore[attr-defined]  # ccxt's own
        assert cost("fapiPublic", "GET", "ping", {}, {"cost": 1}) == 10 * cost(
            "fapiPublic", "GET", "time", {}, {"cost": 1}
        )
    finally:
        await exchange.close()
