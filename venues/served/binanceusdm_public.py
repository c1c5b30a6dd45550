"""Binance USDⓈ-M futures: public market data over REST."""

from __future__ import annotations

import asyncio
from collections import deque
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from venues.model import NS_PER_MS, FundingRate, Instrument, Level, Side
from venues.served.binanceusdm_words import Params, Refused, ms, plain, price_text, qty_text
from venues.served.house import House, HouseMarket, PublicTrade

Row: TypeAlias = dict[str, object]
DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
FOR_EVER_MS = 4_133_404_800_000
"""Delivery date of a perpetual."""
KEEP_RATES = 1_000


def digits(step: Decimal) -> int:
    """Decimal places of a step."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def level_rows(instrument: Instrument, levels: tuple[Level, ...]) -> list[tuple[str, str]]:
    return [(price_text(instrument, ticks), qty_text(instrument, lots)) for ticks, lots in levels]


def depth_weight(limit: int) -> int:
    return 2 if limit <= 50 else 5 if limit <= 100 else 10 if limit <= 500 else 20


class FundingHistory:
    """The rates that were settled: a `MarketListener` of every market, with a timer to each next settlement."""

    def __init__(self, house: House) -> None:
        self.settled: dict[str, deque[tuple[int, Decimal, Decimal]]] = {}
        """By symbol: (stamp ns, rate, mark), oldest first."""
        self._house = house
        self._due: dict[str, tuple[int, asyncio.TimerHandle]] = {}
        """By symbol: the settlement's stamp, and the timer to it."""

    def start(self) -> None:
        for market in self._house.markets.values():
            market.listen(self)
            self._arm(market)

    def stop(self) -> None:
        for _stamp, timer in self._due.values():
            timer.cancel()
        self._due.clear()

    def on_funding_rate(self, market: HouseMarket, rate: FundingRate) -> None:
        due = self._due.get(market.symbol)
        if due is not None and due[0] != rate.next_ts:
            due[1].cancel()
            self._arm(market)

    def on_mark(self, market: HouseMarket, price: Decimal, ts: int) -> None:
        """Marks do not settle."""

    def on_depth(self, market: HouseMarket) -> None:
        """Books have nothing to do with funding."""

    def on_trade(self, market: HouseMarket, trade: PublicTrade) -> None:
        """Nor have trades."""

    def _arm(self, market: HouseMarket) -> None:
        stamp = market.funding().next_ts
        wait = stamp - self._house.clock.now_ns()
        self._due[market.symbol] = (stamp, self._house.timers.after(wait, partial(self._settled, market, stamp)))

    def _settled(self, market: HouseMarket, stamp: int) -> None:
        now = market.funding()
        if now.next_ts <= stamp:
            # the engine's own timer comes in a moment
            wait = max(NS_PER_MS, stamp - self._house.clock.now_ns())
            timer = self._house.timers.after(wait, partial(self._settled, market, stamp))
            self._due[market.symbol] = (stamp, timer)
            return
        kept = self.settled.setdefault(market.symbol, deque(maxlen=KEEP_RATES))
        kept.append((stamp, now.rate, market.mark() or Decimal(0)))
        self._arm(market)


class Public:
    """Handlers without an account."""

    def __init__(self, house: House, history: FundingHistory) -> None:
        self._house = house
        self._history = history

    async def ping(self, params: Params) -> object:
        return {}

    async def time(self, params: Params) -> object:
        return {"serverTime": self._house.now_ms()}

    async def exchange_info(self, params: Params) -> object:
        profile = self._house.profile
        orders, weights = profile.order_limit, 2400
        return {
            "exchangeFilters": [],
            "rateLimits": [
                {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weights},
                {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": orders.count},
            ],
            "serverTime": self._house.now_ms(),
            "timezone": "UTC",
            "futuresType": "U_MARGINED",
            "assets": [
                {"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"}
                for asset in sorted({market.instrument.settle for market in self._house.markets.values()})
            ],
            "symbols": [self._symbol(market.instrument) for market in self._house.markets.values()],
        }

    def _symbol(self, instrument: Instrument) -> Row:
        profile = self._house.profile
        tick, lot, least = plain(instrument.tick), plain(instrument.lot), plain(instrument.min_qty)
        band = profile.price_band
        return {
            "symbol": instrument.symbol,
            "pair": instrument.symbol,
            "contractType": "PERPETUAL",
            "deliveryDate": FOR_EVER_MS,
            "onboardDate": 1_569_398_400_000,
            "status": "TRADING",
            "maintMarginPercent": plain(profile.maintenance_rate * 100),
            "requiredMarginPercent": plain(100 / profile.max_leverage),
            "baseAsset": instrument.base,
            "quoteAsset": instrument.quote,
            "marginAsset": instrument.settle,
            "pricePrecision": digits(instrument.tick),
            "quantityPrecision": digits(instrument.lot),
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "underlyingType": "COIN",
            "underlyingSubType": [],
            "triggerProtect": "0.0500",
            "liquidationFee": plain(profile.liquidation_bps / 10_000),
            "marketTakeBound": plain(band),
            "maxMoveOrderLimit": 10000,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "4529764", "tickSize": tick},
                {"filterType": "LOT_SIZE", "minQty": least, "maxQty": "1000000", "stepSize": lot},
                {"filterType": "MARKET_LOT_SIZE", "minQty": least, "maxQty": "1000000", "stepSize": lot},
                {"filterType": "MAX_NUM_ORDERS", "limit": 200},
                {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
                {"filterType": "MIN_NOTIONAL", "notional": plain(instrument.min_notional)},
                {
                    "filterType": "PERCENT_PRICE",
                    "multiplierUp": plain(1 + band),
                    "multiplierDown": plain(1 - band),
                    "multiplierDecimal": "4",
                },
            ],
            "orderTypes": ["LIMIT", "MARKET"],
            "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
            "permissionSets": ["GRID", "COPY"],
        }

    async def depth(self, params: Params) -> object:
        market, limit = params.market(self._house.markets), params.whole("limit", 500)
        if limit not in DEPTHS:
            raise Refused(-4021, f"{limit} is not valid depth limit.")
        book, instrument = market.snapshot(limit), market.instrument
        return {
            "lastUpdateId": book.last,
            "E": ms(book.ts),
            "T": ms(book.ts),
            "bids": level_rows(instrument, book.bids),
            "asks": level_rows(instrument, book.asks),
        }

    async def trades(self, params: Params) -> object:
        market = params.market(self._house.markets)
        instrument = market.instrument
        return [
            {
                "id": trade.number,
                "price": price_text(instrument, trade.ticks),
                "qty": qty_text(instrument, trade.lots),
                "quoteQty": plain(instrument.ticks_to_price(trade.ticks) * instrument.lots_to_qty(trade.lots)),
                "time": ms(trade.ts),
                "isBuyerMaker": trade.aggressor is Side.SELL,
            }
            for trade in list(market.trades)[-params.limit(500, 1000) :]
        ]

    async def agg_trades(self, params: Params) -> object:
        market, first = params.market(self._house.markets), params.whole("fromId", 0)
        instrument, limit = market.instrument, params.limit(500, 1000)
        found = [trade for trade in market.trades if trade.number >= first]
        return [
            {
                "a": trade.number,
                "p": price_text(instrument, trade.ticks),
                "q": qty_text(instrument, trade.lots),
                "f": trade.number,
                "l": trade.number,
                "T": ms(trade.ts),
                "m": trade.aggressor is Side.SELL,
            }
            for trade in (found[:limit] if first else found[-limit:])
        ]

    async def premium_index(self, params: Params) -> object:
        rows = []
        for market in params.markets(self._house.markets):
            mark, rate = plain(market.mark() or Decimal(0)), market.funding()
            rows.append(
                {
                    "symbol": market.symbol,
                    "markPrice": mark,
                    "indexPrice": mark,
                    "estimatedSettlePrice": mark,
                    "lastFundingRate": plain(rate.rate),
                    "interestRate": "0.00010000",
                    "nextFundingTime": ms(rate.next_ts),
                    "time": self._house.now_ms(),
                }
            )
        return rows[0] if "symbol" in params else rows

    async def funding_rate(self, params: Params) -> object:
        """Settled rates, oldest first."""
        start, end, limit = params.whole("startTime", 0), params.whole("endTime", 1 << 62), params.limit(100, 1000)
        rows = [
            {"symbol": market.symbol, "fundingTime": ms(ts), "fundingRate": plain(rate), "markPrice": plain(mark)}
            for market in params.markets(self._house.markets)
            for ts, rate, mark in self._history.settled.get(market.symbol, ())
            if start <= ms(ts) <= end
        ]
        return rows[:limit] if start else rows[-limit:]

    async def funding_info(self, params: Params) -> object:
        return [
            {
                "symbol": market.symbol,
                "adjustedFundingRateCap": "0.02000000",
                "adjustedFundingRateFloor": "-0.02000000",
                "fundingIntervalHours": max(1, market.funding().interval_s // 3600),
                "disclaimer": False,
            }
            for market in self._house.markets.values()
        ]

    async def book_ticker(self, params: Params) -> object:
        rows = [book_ticker_row(market) for market in params.markets(self._house.markets)]
        return rows[0] if "symbol" in params else rows

    async def ticker_price(self, params: Params) -> object:
        rows = [
            {"symbol": market.symbol, "price": last_price(market), "time": self._house.now_ms()}
            for market in params.markets(self._house.markets)
        ]
        return rows[0] if "symbol" in params else rows

    async def ticker_day(self, params: Params) -> object:
        """Of the trades that are still known: the newest thousand."""
        rows = [self._day(market) for market in params.markets(self._house.markets)]
        return rows[0] if "symbol" in params else rows

    def _day(self, market: HouseMarket) -> Row:
        instrument, trades = market.instrument, list(market.trades)
        prices = [trade.ticks for trade in trades] or [0]
        volume = sum(trade.lots for trade in trades)
        value = sum((instrument.ticks_to_price(t.ticks) * instrument.lots_to_qty(t.lots) for t in trades), Decimal(0))
        now = self._house.now_ms()
        return {
            "symbol": market.symbol,
            "priceChange": price_text(instrument, prices[-1] - prices[0]),
            "priceChangePercent": "0",
            "weightedAvgPrice": last_price(market),
            "lastPrice": last_price(market),
            "lastQty": qty_text(instrument, trades[-1].lots if trades else 0),
            "openPrice": price_text(instrument, prices[0]),
            "highPrice": price_text(instrument, max(prices)),
            "lowPrice": price_text(instrument, min(prices)),
            "volume": qty_text(instrument, volume),
            "quoteVolume": plain(value),
            "openTime": ms(trades[0].ts) if trades else now,
            "closeTime": now,
            "firstId": trades[0].number if trades else -1,
            "lastId": trades[-1].number if trades else -1,
            "count": len(trades),
        }


def last_price(market: HouseMarket) -> str:
    """Of the last trade, or the mark before there was one."""
    if market.trades:
        return price_text(market.instrument, market.trades[-1].ticks)
    return plain(market.mark() or Decimal(0))


def book_ticker_row(market: HouseMarket) -> Row:
    instrument = market.instrument
    bid, ask = market.best(Side.BUY) or (0, 0), market.best(Side.SELL) or (0, 0)
    return {
        "symbol": market.symbol,
        "bidPrice": price_text(instrument, bid[0]),
        "bidQty": qty_text(instrument, bid[1]),
        "askPrice": price_text(instrument, ask[0]),
        "askQty": qty_text(instrument, ask[1]),
        "time": ms(market.now()),
        "lastUpdateId": market.update_id,
    }
