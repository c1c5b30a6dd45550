"""Binance USDⓈ-M futures: the public websocket streams."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from functools import partial

import msgspec

from venues.model import NS_PER_S, FundingRate, Level, Side
from venues.served.binanceusdm_public import level_rows
from venues.served.binanceusdm_words import ms, plain, price_text, qty_text
from venues.served.dialect import WsSession
from venues.served.house import DepthDiff, DepthFeed, House, HouseMarket, PublicTrade

MARK_NS = NS_PER_S
"""Marks go out once a second, also to those who asked for the slower stream."""
DEPTH = re.compile(r"depth(5|10|20)?(?:@(0|100|250|500)ms)?$")
DEFAULT_DEPTH_MS = 250


class PublicStreams:
    """Who listens to which stream. A `MarketListener` of every market; names of streams are in lower case."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._subscribers: dict[str, dict[WsSession, None]] = {}
        self._feeds: dict[str, DepthFeed] = {}
        self._combined: set[WsSession] = set()
        self._touch: dict[str, tuple[Level | None, Level | None]] = {}
        self._leave_out: set[str] = set()
        """Depth streams whose next update goes missing."""
        self._mark_timer: asyncio.TimerHandle | None = None

    # -- sessions ------------------------------------------------------------------------------------------------

    def combine(self, session: WsSession, on: bool) -> None:
        """Should this session's data come as `{"stream": …, "data": …}`?"""
        (self._combined.add if on else self._combined.discard)(session)

    def is_combined(self, session: WsSession) -> bool:
        return session in self._combined

    def subscribe(self, session: WsSession, stream: str) -> None:
        """A stream of a symbol that is not here is taken and stays silent, as the venue does it."""
        self._subscribers.setdefault(stream, {})[session] = None
        market, kind = self._parse(stream)
        if market is None:
            return
        depth = DEPTH.match(kind)
        if depth is not None and stream not in self._feeds:
            interval_ms = int(depth[2]) if depth[2] is not None else DEFAULT_DEPTH_MS
            on_diff = partial(self._on_diff, stream, int(depth[1] or 0))
            self._feeds[stream] = market.feed(on_diff, interval_ms / 1000)
        elif kind.startswith("markprice") and self._mark_timer is None:
            self._mark_timer = self._house.timers.after(MARK_NS, self._marks)

    def unsubscribe(self, session: WsSession, stream: str) -> None:
        sessions = self._subscribers.get(stream, {})
        if session in sessions:
            del sessions[session]
            if not sessions:
                self._end(stream)

    def drop(self, session: WsSession) -> None:
        for stream in [stream for stream, sessions in self._subscribers.items() if session in sessions]:
            self.unsubscribe(session, stream)
        self._combined.discard(session)

    def subscriptions(self, session: WsSession) -> list[str]:
        return [stream for stream, sessions in self._subscribers.items() if session in sessions]

    def leave_out(self, symbol: str) -> None:
        """The next update of each depth stream (of symbols that contain `symbol`) is not sent: a gap."""
        self._leave_out.update(stream for stream in self._feeds if symbol.lower() in stream)

    def close(self) -> None:
        for stream in list(self._subscribers):
            self._end(stream)

    def _end(self, stream: str) -> None:
        self._subscribers.pop(stream, None)
        feed = self._feeds.pop(stream, None)
        if feed is not None:
            feed.close()
        if self._mark_timer is not None and not any("@markprice" in name for name in self._subscribers):
            self._mark_timer.cancel()
            self._mark_timer = None

    def _parse(self, stream: str) -> tuple[HouseMarket | None, str]:
        symbol, _, kind = stream.partition("@")
        return self._house.markets.get(symbol.upper()), kind

    # -- sending -------------------------------------------------------------------------------------------------

    def _publish(self, stream: str, data: dict[str, object]) -> None:
        sessions = self._subscribers.get(stream)
        if not sessions:
            return
        text = msgspec.json.encode(data).decode()
        wrapped = ""
        for session in list(sessions):
            if session in self._combined:
                wrapped = wrapped or f'{{"stream":"{_spelled(stream)}","data":{text}}}'
                session.send(wrapped)
            else:
                session.send(text)

    def _on_diff(self, stream: str, top: int, diff: DepthDiff) -> None:
        if stream in self._leave_out:
            self._leave_out.discard(stream)
            return
        market = self._house.markets[diff.symbol]
        bids, asks = diff.bids, diff.asks
        if top:
            bids, asks = market.levels(Side.BUY, top), market.levels(Side.SELL, top)
        data: dict[str, object] = {
            "e": "depthUpdate",
            "E": ms(diff.ts),
            "T": ms(diff.ts),
            "s": diff.symbol,
            "U": diff.first,
            "u": diff.last,
            "pu": diff.previous,
            "b": level_rows(market.instrument, bids),
            "a": level_rows(market.instrument, asks),
        }
        self._publish(stream, data)

    # -- MarketListener ------------------------------------------------------------------------------------------

    def on_depth(self, market: HouseMarket) -> None:
        stream = f"{market.symbol.lower()}@bookticker"
        if stream not in self._subscribers:
            return
        bid, ask = market.best(Side.BUY), market.best(Side.SELL)
        if self._touch.get(market.symbol) == (bid, ask) or bid is None or ask is None:
            return
        self._touch[market.symbol] = (bid, ask)
        instrument, now = market.instrument, ms(market.now())
        self._publish(
            stream,
            {
                "e": "bookTicker",
                "u": market.update_id,
                "s": market.symbol,
                "b": price_text(instrument, bid[0]),
                "B": qty_text(instrument, bid[1]),
                "a": price_text(instrument, ask[0]),
                "A": qty_text(instrument, ask[1]),
                "T": now,
                "E": now,
            },
        )

    def on_trade(self, market: HouseMarket, trade: PublicTrade) -> None:
        name, instrument, stamp = market.symbol.lower(), market.instrument, ms(trade.ts)
        price, qty = price_text(instrument, trade.ticks), qty_text(instrument, trade.lots)
        sold = trade.aggressor is Side.SELL
        if f"{name}@trade" in self._subscribers:
            self._publish(
                f"{name}@trade",
                {
                    "e": "trade", "E": stamp, "T": stamp, "s": market.symbol, "t": trade.number,
                    "p": price, "q": qty, "X": "MARKET", "m": sold,
                },
            )  # fmt: skip
        if f"{name}@aggtrade" in self._subscribers:
            self._publish(
                f"{name}@aggtrade",
                {
                    "e": "aggTrade", "E": stamp, "a": trade.number, "s": market.symbol, "p": price, "q": qty,
                    "nq": qty, "f": trade.number, "l": trade.number, "T": stamp, "m": sold,
                },
            )  # fmt: skip

    def on_mark(self, market: HouseMarket, price: Decimal, ts: int) -> None:
        """Marks have a timer of their own: recordings bring none."""

    def on_funding_rate(self, market: HouseMarket, rate: FundingRate) -> None:
        """Goes out with the next mark."""

    def _marks(self) -> None:
        self._mark_timer = self._house.timers.after(MARK_NS, self._marks)
        for market in self._house.markets.values():
            mark = market.mark()
            if mark is None:
                continue
            funding = market.funding()
            data: dict[str, object] = {
                "e": "markPriceUpdate",
                "E": self._house.now_ms(),
                "s": market.symbol,
                "p": plain(mark),
                "i": plain(mark),
                "P": plain(mark),
                "r": plain(funding.rate),
                "T": ms(funding.next_ts),
            }
            for speed in ("", "@1s", "@3s"):
                self._publish(f"{market.symbol.lower()}@markprice{speed}", data)


def _spelled(stream: str) -> str:
    """A stream's name as the venue spells it."""
    for name in ("bookTicker", "aggTrade", "markPrice"):
        stream = stream.replace(name.lower(), name)
    return stream
