"""Messages that real venues have sent, through real ccxt and the adapter's readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from adapter_kit import D, Ids
from aiohttp import WSMessage, WSMsgType

from tests.market_data import data_path
from venues.live.dialects import DIALECTS
from venues.live.exchange import Exchange
from venues.live.markets import Markets
from venues.live.order_track import OrderTrack
from venues.live.pool import VenuePool
from venues.live.reading import Reading
from venues.model import FillReport, LiquiditySide, ManualClock, OrderStatus, OrderStatusReport, Side

FIXTURES = "adapter_fixtures"
MARKETS = {
    "binanceusdm": (("ETHUSDT", "ETH", "USDT"), ("BTCUSDT", "BTC", "USDT")),
    "lighter": (("0", "ETH", "USDC"), ("1", "BTC", "USDC")),
    "hyperliquid": (("0", "BTC", "USDC"),),
}
SOCKETS = {
    "binanceusdm": "wss://fstream.binance.com/private/ws?listenKey=k",
    "lighter": "wss://mainnet.zklighter.elliot.ai/stream",
    "hyperliquid": "wss://api.hyperliquid.xyz/ws",
}
FOLDERS = {"binanceusdm": "binance/futures", "lighter": "lighter", "hyperliquid": "hyperliquid"}


class Heard:
    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.bad: list[str] = []
        self.gaps: list[str] = []

    def on_raw_order(self, raw: Any) -> None:
        self.orders.append(raw)

    def on_raw_trade(self, raw: Any) -> None:
        self.trades.append(raw)

    def on_bad_message(self, text: str) -> None:
        self.bad.append(text)

    def on_gap(self, market: str, text: str) -> None:
        self.gaps.append(text)

    def on_open(self, stream: str) -> None: ...
    def on_missed(self, stream: str) -> None: ...


class Listening:
    """An exchange with markets of two coins, a socket that leads nowhere, and the readers."""

    def __init__(self, name: str) -> None:
        dialect = DIALECTS[name]()
        self.heard = Heard()
        self.exchange = Exchange(
            dialect, credentials={}, symbols=frozenset(), pool=VenuePool(), endpoint="", taps=self.heard
        )
        raw: Any = self.exchange.ccxt
        raw.set_markets([_market(raw, *market) for market in MARKETS[name]])
        self.books = raw.orderbooks
        self.socket = raw.client(SOCKETS[name])
        # the handlers of Binance's account messages look up for what type of account the socket is
        self.socket.subscriptions["linear"] = True
        raw.balance["linear"] = {}
        if name == "binanceusdm":
            raw.set_positions_cache(self.socket, "linear")
        markets = Markets(dialect, raw.markets.values(), frozenset())
        self.reading = Reading(dialect, self.exchange, markets, OrderTrack(), Ids(), ManualClock())

    def hear(self, path: Path) -> None:
        messages = json.loads(path.read_text())
        for message in messages if isinstance(messages, list) else [messages]:
            self.socket.handle_message(WSMessage(WSMsgType.TEXT, json.dumps(message), None))

    def orders(self) -> list[OrderStatusReport]:
        return [report for raw in self.heard.orders if (report := self.reading.order(raw)) is not None]

    def fills(self) -> list[FillReport]:
        return [report for raw in self.heard.trades if (report := self.reading.fill(raw, "")) is not None]


def _market(raw: Any, id_: str, base: str, quote: str) -> dict[str, Any]:
    market: dict[str, Any] = raw.safe_market_structure(
        {
            "id": id_, "symbol": f"{base}/{quote}:{quote}", "base": base, "quote": quote, "settle": quote,
            "type": "swap", "swap": True, "spot": False, "contract": True, "linear": True, "inverse": False,
            "active": True, "contractSize": "1", "precision": {"amount": "0.0001", "price": "0.01"},
            "limits": {"amount": {"min": "0.0001"}, "cost": {"min": "5"}, "price": {}, "leverage": {}}, "info": {},
        }
    )  # fmt: skip
    return market


def _files(name: str) -> list[Path]:
    folder = data_path(FIXTURES) / FOLDERS[name]
    found = folder.glob("*_data_json/*.json") if name == "binanceusdm" else folder.glob("ws_*.json")
    return sorted(found)


@pytest.fixture
def data() -> Path:
    return data_path(FIXTURES)


@pytest.mark.parametrize("name", sorted(MARKETS))
async def test_no_recorded_message_breaks_the_way_it_goes(name: str, data: Path) -> None:
    files = _files(name)
    assert files
    for path in files:
        listening = Listening(name)
        listening.hear(path)
        assert listening.heard.bad == [], path.name
        listening.orders()
        listening.fills()
        await listening.exchange.close()


@pytest.mark.parametrize(
    ("file", "status", "filled"),
    [
        ("order_update_new", OrderStatus.OPEN, "0"),
        ("order_update_trade_partial", OrderStatus.PARTIALLY_FILLED, "0.001"),
        ("order_update_calculated", OrderStatus.FILLED, "0.014"),
        ("order_update_adl", OrderStatus.FILLED, "0.005"),
        ("order_update_insurance", OrderStatus.FILLED, "0.020"),
    ],
)
async def test_binance_orders_are_what_the_message_says(
    file: str, status: OrderStatus, filled: str, data: Path
) -> None:
    listening = Listening("binanceusdm")
    listening.hear(data / f"binance/futures/user_data_json/{file}.json")
    (report,) = listening.orders()
    assert (report.status, report.filled_qty, report.client_order_id) == (status, D(filled), "")
    await listening.exchange.close()


async def test_a_binance_fill_has_the_figures_of_the_message(data: Path) -> None:
    listening = Listening("binanceusdm")
    path = data / "binance/futures/user_data_json/order_update_trade.json"
    listening.hear(path)
    said = json.loads(path.read_text())["o"]
    (fill,) = listening.fills()
    assert (fill.trade_id, fill.qty, fill.price) == (str(said["t"]), D(said["l"]), D(said["L"]))
    assert (fill.fee, fill.fee_asset) == (D(said["n"]), said["N"])
    assert fill.liquidity is (LiquiditySide.MAKER if said["m"] else LiquiditySide.TAKER)
    await listening.exchange.close()


async def test_lighter_account_messages_are_what_they_say(data: Path) -> None:
    listening = Listening("lighter")
    listening.hear(data / "lighter/ws_account_orders_update.json")
    (order,) = listening.orders()
    assert (order.side, order.qty, order.filled_qty, order.price) == (Side.SELL, D("0.0050"), D("0.0020"), D("2352.74"))
    assert (order.status, order.client_order_id) == (OrderStatus.PARTIALLY_FILLED, "t42")
    listening.hear(data / "lighter/ws_account_all_trades_update.json")
    (fill,) = listening.fills()
    assert (fill.trade_id, fill.qty, fill.price) == ("19209006902", D("0.1336"), D("2352.73"))
    await listening.exchange.close()


async def test_a_lighter_change_that_follows_nothing_known_is_a_gap(data: Path) -> None:
    listening = Listening("lighter")
    listening.hear(data / "lighter/ws_order_book_subscribed.json")
    book = listening.books["ETH/USDC:USDC"]
    said = json.loads((data / "lighter/ws_order_book_subscribed.json").read_text())["order_book"]
    assert [D(str(level[0])) for level in book["asks"]] == sorted(D(level["price"]) for level in said["asks"])
    listening.hear(data / "lighter/ws_order_book_update.json")
    assert listening.heard.gaps
    assert listening.socket.error is not None
    await listening.exchange.close()
