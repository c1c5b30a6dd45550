"""A capture of Lighter's streams as a market: the listing of one market, then its book and its trades as they came.

Lines are `<local receive time, ns> <raw message>`: first `orderBookDetails` of that market alone, then the messages of
its channels. Source: Lighter API documentation, "Order Book" (the whole book on subscribing, then changes whose
`begin_nonce` is the `nonce` of the one before) and "Trade" of the websocket.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import msgspec

from venues.lighter_market import decode_listing
from venues.model import Instrument, InstrumentError, Level, Side
from venues.paper.capture_file import CaptureError, CaptureFile
from venues.paper.capture_format import BODY_AT, UNREADABLE, Grid, stamp_of
from venues.paper.capture_replay import CaptureReplay

LISTING = b'"order_book_details"'
"""What a first line of such a capture has near its beginning."""
NEAR = 200
MOVING = ("subscribed/order_book", "update/order_book", "update/trade")
"""Messages that make up the market; any other is beside it."""
PRINTS = ("trade", "liquidation")
"""Kinds of trades that met the book."""


class _Level(msgspec.Struct, gc=False):
    price: str
    size: str


class _Changes(msgspec.Struct, gc=False):
    bids: list[_Level]
    asks: list[_Level]
    nonce: int
    begin_nonce: int = -1


class _Opening(msgspec.Struct, gc=False, tag_field="type", tag="subscribed/order_book"):
    channel: str
    order_book: _Changes


class _Update(msgspec.Struct, gc=False, tag_field="type", tag="update/order_book"):
    channel: str
    order_book: _Changes


class _Print(msgspec.Struct, gc=False):
    trade_id: int
    price: str
    size: str
    is_maker_ask: bool
    type: str = "trade"


class _Trades(msgspec.Struct, gc=False, tag_field="type", tag="update/trade"):
    channel: str
    trades: list[_Print] | None = None


class _Tag(msgspec.Struct):
    type: str = ""


_decode = msgspec.json.Decoder(_Opening | _Update | _Trades).decode
_decode_tag = msgspec.json.Decoder(_Tag).decode


def is_lighter(line: bytes) -> bool:
    """Whether a capture that begins with `line` is one of Lighter's."""
    return LISTING in line[BODY_AT : BODY_AT + NEAR]


class LighterCapture(CaptureReplay):
    """Replays one market. Raises `CaptureError` when the file is missing, empty, damaged or no such capture; a hole in
    the nonces drops the book until the whole of it comes again."""

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        file = CaptureFile(path)
        try:
            lines = iter(file)
            first = next(lines, b"")
            market, instrument = _listed(path, first)
        except CaptureError:
            file.close()
            raise
        super().__init__(path, file, chain((first,), lines), instrument)
        self._market = market
        self._prices = Grid(instrument.tick)
        self._sizes = Grid(instrument.lot, floor=True)
        self._nonce: int | None = None
        """Of the last change; None: no book."""

    def _apply(self, line: bytes, ts: int) -> None:
        body = line[BODY_AT:]
        try:
            message = _decode(body)
        except msgspec.ValidationError:
            if _decode_tag(body).type in MOVING:
                raise
            self.stats.other += 1
            return
        if message.channel.rpartition(":")[2] != self._market:
            self.stats.other += 1
        elif type(message) is _Update:
            self._on_update(message.order_book, ts)
        elif type(message) is _Opening:
            self._on_opening(message.order_book, ts)
        elif type(message) is _Trades:
            self._on_trades(message.trades or [], ts)

    def _on_opening(self, told: _Changes, ts: int) -> None:
        self.stats.snapshots += 1
        self._book.reset(told.nonce, self._levels(told.bids), self._levels(told.asks))
        if self._book.depth.crossed:
            self._drop(f"the book at nonce {told.nonce} is crossed", crossed=True)
            return
        self._nonce = told.nonce
        self._book.show()
        if self.sink is not None:
            self.sink.on_depth(self, ts)

    def _on_update(self, told: _Changes, ts: int) -> None:
        self.stats.depth += 1
        nonce = self._nonce
        if nonce is None or told.nonce <= nonce:
            return  # of a book that was lost, or told before
        if told.begin_nonce != nonce:
            self._drop(f"after nonce {nonce} came {told.begin_nonce} to {told.nonce}")
            return
        if not self._book.update(told.nonce, self._levels(told.bids), self._levels(told.asks)):
            self._drop(f"the change to nonce {told.nonce} left the book crossed", crossed=True)
            return
        self._nonce = told.nonce
        if self.sink is not None:
            self.sink.on_depth(self, ts)

    def _on_trades(self, told: list[_Print], ts: int) -> None:
        for trade in sorted(told, key=lambda trade: trade.trade_id):
            ticks, lots = self._prices[trade.price], self._sizes[trade.size]
            if trade.type not in PRINTS or not ticks or not lots:
                self.stats.other += 1
                continue
            self.stats.trades += 1
            if self.sink is not None:
                self.sink.on_trade(self, ts, ticks, lots, Side.BUY if trade.is_maker_ask else Side.SELL)

    def _levels(self, levels: list[_Level]) -> list[Level]:
        prices, sizes = self._prices, self._sizes
        return [(prices[level.price], sizes[level.size]) for level in levels]

    def _drop(self, text: str, *, crossed: bool = False) -> None:
        self._book.drop()
        self._nonce = None
        self._dropped(text, crossed)


def _listed(path: Path, line: bytes) -> tuple[str, Instrument]:
    """Market number and instrument from the first line."""
    if stamp_of(line) is None or not is_lighter(line):
        shown = line[:60].decode("utf-8", "replace")
        raise CaptureError(path, f"is {shown!r}; expected a stamp and orderBookDetails of one market", 1)
    try:
        (details,) = decode_listing(line[BODY_AT:]).markets
        return str(details.market_id), details.instrument()
    except (*UNREADABLE, InstrumentError, ValueError) as error:
        raise CaptureError(path, f"orderBookDetails of one market does not read: {error}", 1) from None
