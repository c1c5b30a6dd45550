"""Lighter's public channels: order books, trades, market statistics, block height."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from venues.model import NS_PER_S, FundingRate, Side
from venues.served import lighter_shapes as shapes
from venues.served.house import DepthDiff, DepthFeed, House, HouseMarket, PublicTrade
from venues.served.lighter_channels import Channels
from venues.served.lighter_markets import LighterMarket, LighterMarkets
from venues.served.lighter_public import LighterPublic
from venues.served.lighter_shapes import Json, usd

FIRST_TRADES = 50


class _Book:
    """The shared sequence of one market's book. `nonce` of an update is `begin_nonce` of the next."""

    def __init__(self, feed: DepthFeed) -> None:
        self.feed = feed
        self.offset = 1
        self.skip = False
        """Leave the next update out."""


class LighterFeeds:
    """The `MarketListener` of every market."""

    def __init__(self, house: House, markets: LighterMarkets, channels: Channels, public: LighterPublic) -> None:
        self._house = house
        self._markets = markets
        self._channels = channels
        self._public = public
        self._books: dict[int, _Book] = {}

    def start(self) -> None:
        for market in self._markets:
            market.house.listen(self)

    def stop(self) -> None:
        for book in self._books.values():
            book.feed.close()

    def gap(self, symbol: str) -> None:
        """Leave the next update of each book (whose coin `symbol` names; "" all) out of its sequence."""
        for market in self._markets:
            book = self._books.get(market.number)
            if book is not None and symbol in ("", market.symbol, market.instrument.symbol):
                book.skip = True

    def tick(self) -> None:
        """Once a second."""
        for market in self._markets:
            channel = f"market_stats/{market.number}"
            if self._channels.wanted(channel):
                self._channels.publish(channel, self.market_stats(market))
        if self._channels.wanted("market_stats/all"):
            self._channels.publish("market_stats/all", self.market_stats(None))
        self._channels.publish("height", self.height())

    # -- first answers -------------------------------------------------------------------------------------------

    def order_book(self, market: LighterMarket) -> Json:
        """The book as the updates from now on continue it."""
        book = self._books.get(market.number)
        if book is None:
            interval = self._house.profile.book_interval_ms / 1000
            feed = market.house.feed(partial(self._on_diff, market), interval)
            book = self._books[market.number] = _Book(feed)
        book.feed.flush()
        bids, asks = market.house.levels(Side.BUY), market.house.levels(Side.SELL)
        return self._book_json(market, book, bids, asks, 0, book.feed.last)

    def trades(self, market: LighterMarket) -> Json:
        newest = list(market.house.trades)[-FIRST_TRADES:]
        trades = [shapes.public_trade_json(market, trade) for trade in reversed(newest)]
        return {"trades": trades, "liquidation_trades": [], "nonce": market.house.update_id}

    def market_stats(self, market: LighterMarket | None) -> Json:
        """Of one market, or of all."""
        if market is not None:
            return {"market_stats": self._stats(market)} | self._stamp()
        return {"market_stats": {str(one.number): self._stats(one) for one in self._markets}} | self._stamp()

    def height(self) -> Json:
        return {"height": self._house.clock.now_ns() // NS_PER_S} | self._stamp()

    # -- MarketListener ------------------------------------------------------------------------------------------

    def on_depth(self, market: HouseMarket) -> None:
        """The feeds tell it."""

    def on_trade(self, market: HouseMarket, trade: PublicTrade) -> None:
        mine = self._markets.by_symbol(market.symbol)
        channel = f"trade/{mine.number}"
        if self._channels.wanted(channel):
            told = [shapes.public_trade_json(mine, trade)]
            self._channels.publish(channel, {"trades": told, "liquidation_trades": [], "nonce": market.update_id})

    def on_mark(self, market: HouseMarket, price: Decimal, ts: int) -> None:
        """`tick` tells it."""

    def on_funding_rate(self, market: HouseMarket, rate: FundingRate) -> None:
        """`tick` tells it."""

    # -- inside --------------------------------------------------------------------------------------------------

    def _on_diff(self, market: LighterMarket, diff: DepthDiff) -> None:
        book = self._books[market.number]
        channel = f"order_book/{market.number}"
        if not self._channels.wanted(channel):
            book.feed.close()
            del self._books[market.number]
            return
        book.offset += 1
        if book.skip:
            book.skip = False
            return
        body = self._book_json(market, book, diff.bids, diff.asks, diff.previous, diff.last)
        self._channels.publish(channel, body)

    def _book_json(
        self,
        market: LighterMarket,
        book: _Book,
        bids: tuple[tuple[int, int], ...],
        asks: tuple[tuple[int, int], ...],
        begin: int,
        nonce: int,
    ) -> Json:
        micros = self._house.clock.now_ns() // 1_000
        inner = {
            "code": 0,
            "asks": shapes.levels_json(market, asks),
            "bids": shapes.levels_json(market, bids),
            "offset": book.offset,
            "nonce": nonce,
            "last_updated_at": micros,
            "begin_nonce": begin,
        }
        return {"offset": book.offset, "last_updated_at": micros, "order_book": inner} | self._stamp()

    def _stats(self, market: LighterMarket) -> Json:
        mark, funding = market.mark(), market.house.funding()
        bid, ask = market.house.best(Side.BUY), market.house.best(Side.SELL)
        ticks = market.instrument.ticks_to_price
        mid = (ticks(bid[0]) + ticks(ask[0])) / 2 if bid and ask else mark
        daily = self._public.daily(market)
        rate = f"{funding.rate * 100:.4f}"
        return {
            "symbol": market.symbol,
            "market_id": market.number,
            "index_price": market.price_text(mark),
            "mark_price": market.price_text(mark),
            "mid_price": f"{mid:f}",
            "open_interest": usd(Decimal(0)),
            "open_interest_limit": "72057594037927936.000000",
            "funding_clamp_small": "0.0500",
            "funding_clamp_big": "4.0000",
            "last_trade_price": f"{daily.pop('last_trade_price')}",
            "current_funding_rate": rate,
            "funding_rate": rate,
            "funding_timestamp": funding.next_ts // 1_000_000,
        } | {name: value for name, value in daily.items() if name != "daily_trades_count"}

    def _stamp(self) -> Json:
        return {"timestamp": self._house.now_ms()}
