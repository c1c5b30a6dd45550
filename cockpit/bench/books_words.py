"""What the venues of the books bench say: lists of markets, and books in each one's own words."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

LEVELS = 20
"""Levels a side that an update changes, or shows where the venue sends whole books."""
NEAR = 40
"""Ticks from the middle within which they lie."""
DEEP = 1000
"""Levels a side of a book that is sent whole."""
START_MS = 1_760_000_000_000

Rows = Sequence[tuple[int, int]]


class Words(Protocol):
    symbols: tuple[str, ...]
    """Names of the markets that move, as the adapter has them."""
    moving: tuple[str, ...]
    """The same as the venue's channels have them."""

    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> bytes: ...

    def asked(self, message: dict[str, Any]) -> tuple[Sequence[str], Sequence[str]]:
        """Markets to send from now on, and what to answer at once. Any JSON: it is a client's."""
        ...

    def update(self, market: str) -> str: ...


class _Base:
    """Names, numbers and levels. Prices are tenths around 60,000; sizes are thousandths."""

    tick = 1
    """Tenths."""

    def __init__(self, listed: int, moving: int, rng: random.Random) -> None:
        self._rng = rng
        self.coins = tuple(["BTC", "ETH", "SOL", "XRP", *(f"C{number:03}" for number in range(listed))][:listed])
        self.symbols = tuple(self.name(number) for number in range(moving))
        self.moving = tuple(self.channel(number) for number in range(moving))
        self._last = dict.fromkeys(self.moving, 1000)

    def name(self, number: int) -> str:
        return f"{self.coins[number]}USDT"

    def channel(self, number: int) -> str:
        return self.name(number)

    def step(self, market: str) -> tuple[int, int]:
        """The number before and the number of the next update."""
        before = self._last[market]
        self._last[market] = now = before + self._rng.randrange(1, 50)
        return before, now

    def side(self, sign: int, count: int = LEVELS, *, whole: bool = False) -> Rows:
        """(tenths, thousandths), from the touch outwards; at random within `NEAR`, or each tick where `whole`."""
        rng = self._rng
        steps = range(1, count + 1) if whole else sorted(rng.sample(range(1, NEAR + 1), count))
        return [(600_000 + sign * step * self.tick, rng.randrange(1, 9000)) for step in steps]


def _pairs(rows: Rows) -> str:
    return ",".join([f'["{ticks // 10}.{ticks % 10}0","{lots // 1000}.{lots % 1000:03}"]' for ticks, lots in rows])


def _objects(rows: Rows, price: str, size: str, more: str = "") -> str:
    return ",".join([f'{{"{price}":"{t // 10}.{t % 10}","{size}":"{q // 1000}.{q % 1000:03}"{more}}}' for t, q in rows])


class Binance(_Base):
    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        if path.endswith("/depth"):
            bids, asks = _pairs(self.side(-1, DEEP, whole=True)), _pairs(self.side(1, DEEP, whole=True))
            last = self._last[query["symbol"]]
            return f'{{"lastUpdateId":{last},"E":{START_MS},"T":{START_MS},"bids":[{bids}],"asks":[{asks}]}}'.encode()
        if path.endswith("/premiumIndex"):
            more = {"lastFundingRate": "0.0001", "nextFundingTime": START_MS, "time": START_MS}
            prices = {"markPrice": "60000.0", "indexPrice": "60000.0", "interestRate": "0.0001"}
            return msgspec.json.encode([{"symbol": symbol, **prices, **more} for symbol in self.symbols])
        return msgspec.json.encode({"timezone": "UTC", "symbols": [self._market(coin) for coin in self.coins]})

    def _market(self, coin: str) -> dict[str, object]:
        return {
            "symbol": f"{coin}USDT", "pair": f"{coin}USDT", "contractType": "PERPETUAL", "status": "TRADING",
            "deliveryDate": 4_133_404_800_000, "onboardDate": 1_569_398_400_000, "baseAsset": coin,
            "quoteAsset": "USDT", "marginAsset": "USDT", "pricePrecision": 2, "quantityPrecision": 3,
            "orderTypes": ["LIMIT", "MARKET"], "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.1", "maxPrice": "4529764", "tickSize": "0.10"},
                {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
                {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "120", "stepSize": "0.001"},
                {"filterType": "MIN_NOTIONAL", "notional": "100"},
            ],
        }  # fmt: skip

    def asked(self, message: dict[str, Any]) -> tuple[Sequence[str], Sequence[str]]:
        if message.get("method") != "SUBSCRIBE":
            return (), ()
        markets = [name.partition("@")[0].upper() for name in message["params"] if "@depth" in name]
        return markets, [f'{{"result":null,"id":{message["id"]}}}']

    def update(self, market: str) -> str:
        before, now = self.step(market)
        return (
            f'{{"e":"depthUpdate","E":{START_MS + now},"T":{START_MS + now},"s":"{market}","U":{before + 1},"u":{now},'
            f'"pu":{before},"b":[{_pairs(self.side(-1))}],"a":[{_pairs(self.side(1))}]}}'
        )


class Bybit(_Base):
    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        if path.endswith("/tickers"):
            rate = {"fundingRate": "0.0001", "nextFundingTime": str(START_MS), "fundingIntervalHour": "8"}
            prices = {"markPrice": "60000.0", "indexPrice": "60000.0", "lastPrice": "60000.0"}
            tickers = [{"symbol": symbol, **prices, **rate} for symbol in self.symbols]
            return msgspec.json.encode({"retCode": 0, "result": {"category": "linear", "list": tickers}})
        found = [] if query.get("status") == "PreLaunch" else [self._market(coin) for coin in self.coins]
        result = {"category": "linear", "list": found, "nextPageCursor": ""}
        return msgspec.json.encode({"retCode": 0, "retMsg": "OK", "result": result, "time": START_MS})

    def _market(self, coin: str) -> dict[str, object]:
        return {
            "symbol": f"{coin}USDT", "contractType": "LinearPerpetual", "status": "Trading", "baseCoin": coin,
            "quoteCoin": "USDT", "settleCoin": "USDT", "launchTime": "1585526400000", "deliveryTime": "0",
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": "0.1", "maxPrice": "1999999", "tickSize": "0.10"},
            "lotSizeFilter": {"maxOrderQty": "1190", "minOrderQty": "0.001", "qtyStep": "0.001",
                              "minNotionalValue": "5"},
            "fundingInterval": 480, "unifiedMarginTrade": True,
        }  # fmt: skip

    def asked(self, message: dict[str, Any]) -> tuple[Sequence[str], Sequence[str]]:
        if message.get("op") == "ping":
            return (), ['{"success":true,"ret_msg":"pong","op":"ping"}']
        if message.get("op") != "subscribe":
            return (), ()
        markets = [name.rpartition(".")[2] for name in message["args"] if name.startswith("orderbook")]
        answers = ['{"success":true,"ret_msg":"","op":"subscribe"}']
        return markets, answers + [self._message("snapshot", market) for market in markets]

    def update(self, market: str) -> str:
        return self._message("delta", market)

    def _message(self, kind: str, market: str) -> str:
        self._last[market] = now = self._last[market] + 1
        whole = kind == "snapshot"
        bids, asks = (_pairs(self.side(sign, 50 if whole else LEVELS, whole=whole)) for sign in (-1, 1))
        return (
            f'{{"topic":"orderbook.50.{market}","type":"{kind}","ts":{START_MS + now},"data":{{"s":"{market}",'
            f'"b":[{bids}],"a":[{asks}],"u":{now},"seq":{now}}},"cts":{START_MS + now}}}'
        )


class Hyperliquid(_Base):
    tick = 10  # five significant figures

    def name(self, number: int) -> str:
        return self.coins[number]

    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        if not body.startswith(b"{") or b"metaAndAssetCtxs" not in body:
            return b"[]"
        universe = [{"name": coin, "szDecimals": 3, "maxLeverage": 50} for coin in self.coins]
        price = {"funding": "0.00001", "openInterest": "100.0", "prevDayPx": "60000.0", "dayNtlVlm": "1000.0"}
        contexts = [{**price, "markPx": "60000.0", "midPx": "60000.0", "oraclePx": "60000.0"} for _ in self.coins]
        return msgspec.json.encode([{"universe": universe, "collateralToken": 0}, contexts])

    def asked(self, message: dict[str, Any]) -> tuple[Sequence[str], Sequence[str]]:
        if message.get("method") == "ping":
            return (), ['{"channel":"pong"}']
        if message.get("method") != "subscribe" or message["subscription"].get("type") != "l2Book":
            return (), ()
        answer = {"channel": "subscriptionResponse", "data": message}
        return [message["subscription"]["coin"]], [msgspec.json.encode(answer).decode()]

    def update(self, market: str) -> str:
        _, now = self.step(market)
        bids, asks = (_objects(self.side(sign), "px", "sz", ',"n":3') for sign in (-1, 1))
        levels = f"[{bids}],[{asks}]"
        return f'{{"channel":"l2Book","data":{{"coin":"{market}","time":{START_MS + now},"levels":[{levels}]}}}}'


class Lighter(_Base):
    def name(self, number: int) -> str:
        return self.coins[number]

    def channel(self, number: int) -> str:
        return str(number)

    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        if path.endswith("funding-rates"):
            rates = [{"market_id": int(at), "exchange": "lighter", "rate": 0.0001} for at in self.moving]
            return msgspec.json.encode({"code": 200, "funding_rates": rates})
        if not path.endswith("orderBookDetails"):
            return b'{"code":200}'
        found = [self._market(number, coin) for number, coin in enumerate(self.coins)]
        return msgspec.json.encode({"code": 200, "order_book_details": found, "spot_order_book_details": []})

    def _market(self, number: int, coin: str) -> dict[str, object]:
        return {
            "symbol": coin, "market_id": number, "market_type": "perp", "status": "active", "taker_fee": "0.0000",
            "maker_fee": "0.0000", "liquidation_fee": "1.0000", "min_base_amount": "0.005",
            "min_quote_amount": "10.000000", "supported_size_decimals": 3, "supported_price_decimals": 1,
            "supported_quote_decimals": 6, "size_decimals": 3, "price_decimals": 1, "quote_multiplier": 1,
            "default_initial_margin_fraction": 500, "min_initial_margin_fraction": 200,
            "maintenance_margin_fraction": 120, "closeout_margin_fraction": 80,
        }  # fmt: skip

    def asked(self, message: dict[str, Any]) -> tuple[Sequence[str], Sequence[str]]:
        kind, _, market = str(message.get("channel", "")).partition("/")
        if message.get("type") == "ping":
            return (), ['{"type":"pong"}']
        if message.get("type") != "subscribe" or kind != "order_book":
            return (), ()
        return [market], [self._message("subscribed", market, 0, self._last[market], DEEP)]

    def update(self, market: str) -> str:
        before, now = self.step(market)
        return self._message("update", market, before, now, LEVELS)

    def _message(self, kind: str, market: str, before: int, now: int, count: int) -> str:
        whole = count > NEAR
        bids, asks = (_objects(self.side(sign, count, whole=whole), "price", "size") for sign in (-1, 1))
        return (
            f'{{"channel":"order_book:{market}","offset":{now},"order_book":{{"code":0,"asks":[{asks}],"bids":[{bids}],'
            f'"offset":{now},"nonce":{now},"begin_nonce":{before}}},"timestamp":{START_MS + now},'
            f'"type":"{kind}/order_book"}}'
        )


WORDS: Mapping[str, Callable[[int, int, random.Random], Words]] = {
    "binanceusdm": Binance,
    "bybit": Bybit,
    "hyperliquid": Hyperliquid,
    "lighter": Lighter,
}
