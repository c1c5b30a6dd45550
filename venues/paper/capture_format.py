"""The format of a recorded capture: `<local receive time, ns> <raw Binance message>`, one a line.

Messages are those of the combined stream (`{"stream": …, "data": …}`: depthUpdate, bookTicker, trade) and REST depth
snapshots, recognised by `lastUpdateId`. What market it is, is read from the content: spot depth has no `pu`, COIN-M
symbols read `BTCUSD_PERP` or `BTCUSD_240927`, everything else with `pu` is USD-M.
Source: Binance API documentation, "Diff. Book Depth Streams" of Spot, USD-M and COIN-M.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path

import msgspec

from venues.model import Instrument, InstrumentKind
from venues.paper.capture_file import CaptureError

STAMP_DIGITS = 19
"""Nanoseconds since the epoch have 19 digits from 2001 to 2286."""
BODY_AT = STAMP_DIGITS + 1
"""Where the message begins in a line."""

TextLevel = tuple[str, str]

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises on a line that is no message: of a wrong shape, with text that is none, nested too deeply."""

MAX_DIGITS = 40
"""Of a price or a quantity; a longer one is damage."""


class BinanceMarket(StrEnum):
    """Binance's three markets, which number their updates and size their contracts differently."""

    SPOT = "spot"
    USDM = "usdm"
    COINM = "coinm"


class DepthData(msgspec.Struct, gc=False):
    first: int = msgspec.field(name="U")
    last: int = msgspec.field(name="u")
    bids: list[TextLevel] = msgspec.field(name="b")
    asks: list[TextLevel] = msgspec.field(name="a")
    previous: int = msgspec.field(name="pu", default=0)
    """Final update id of the event before; futures only."""


class TickerData(msgspec.Struct, gc=False):
    update_id: int = msgspec.field(name="u")
    bid: str = msgspec.field(name="b")
    bid_qty: str = msgspec.field(name="B")
    ask: str = msgspec.field(name="a")
    ask_qty: str = msgspec.field(name="A")


class TradeData(msgspec.Struct, gc=False):
    price: str = msgspec.field(name="p")
    qty: str = msgspec.field(name="q")
    buyer_maker: bool = msgspec.field(name="m")
    """The buyer's order was resting: the aggressor sold."""
    kind: str = msgspec.field(name="X", default="MARKET")
    """Futures say here when a print never touched the book (INSURANCE_FUND, ADL, NA)."""


class DepthMessage(msgspec.Struct, gc=False):
    data: DepthData


class TickerMessage(msgspec.Struct, gc=False):
    data: TickerData


class TradeMessage(msgspec.Struct, gc=False):
    data: TradeData


class Snapshot(msgspec.Struct, gc=False):
    last_update_id: int = msgspec.field(name="lastUpdateId")
    bids: list[TextLevel]
    asks: list[TextLevel]


class _Tag(msgspec.Struct, gc=False):
    """Just enough of any data message to say what it is. Spot tickers carry no `e`."""

    symbol: str = msgspec.field(name="s")
    event: str = msgspec.field(name="e", default="bookTicker")
    pair: str = msgspec.field(name="ps", default="")
    previous: int | None = msgspec.field(name="pu", default=None)


class _Tagged(msgspec.Struct, gc=False):
    stream: str
    data: _Tag


decode_depth = msgspec.json.Decoder(DepthMessage).decode
decode_ticker = msgspec.json.Decoder(TickerMessage).decode
decode_trade = msgspec.json.Decoder(TradeMessage).decode
decode_snapshot = msgspec.json.Decoder(Snapshot).decode
_decode_tagged = msgspec.json.Decoder(_Tagged).decode
_decode_any = msgspec.json.Decoder().decode


class Kind(StrEnum):
    """What a line is to the replay."""

    DEPTH = "depthUpdate"
    TICKER = "bookTicker"
    TRADE = "trade"
    SNAPSHOT = "snapshot"
    OTHER = "other"
    """A stream that does not move the book (aggTrade beside trade, marks, klines), or another symbol's."""


def stamp_of(line: bytes) -> int | None:
    """The local receive time, ns, or None where the line has none."""
    if line[STAMP_DIGITS:BODY_AT] != b" ":
        return None
    stamp = line[:STAMP_DIGITS]
    return int(stamp) if stamp.isdigit() else None


def kind_of(body: bytes, symbol: str | None = None) -> Kind | None:
    """What a message is, by decoding it; None where it is neither a snapshot nor a combined-stream message.

    With `symbol`, another symbol's messages are `OTHER`."""
    if is_snapshot(body):
        return Kind.SNAPSHOT
    try:
        tagged = _decode_tagged(body)
    except UNREADABLE:
        return _kind_of_untagged(body)
    if symbol is not None and tagged.data.symbol != symbol:
        return Kind.OTHER
    event = tagged.data.event
    return Kind(event) if event in (Kind.DEPTH, Kind.TICKER, Kind.TRADE) else Kind.OTHER


def _kind_of_untagged(body: bytes) -> Kind | None:
    """A stream whose data is a list, or has no symbol, is a stream all the same."""
    try:
        message = _decode_any(body)
    except UNREADABLE:
        return None
    if isinstance(message, dict) and "stream" in message and "data" in message:
        data = message["data"]
        known = isinstance(data, dict) and data.get("e") in (Kind.DEPTH, Kind.TICKER, Kind.TRADE)
        return None if known else Kind.OTHER
    return None


def is_snapshot(body: bytes) -> bool:
    return b'"lastUpdateId"' in body[:200]


class GridError(ValueError):
    """A price or quantity that is no whole, not negative number of steps."""


class Grid(dict[str, int]):
    """Decimal text to whole steps of a power of ten; what was seen before costs one look-up.

    A value between two steps raises `GridError`, or is rounded down with `floor`. Forgets all it has seen when it
    holds `limit` texts.
    """

    def __init__(self, step: Decimal, *, floor: bool = False, limit: int = 1 << 16) -> None:
        super().__init__()
        self._places = _places(step)
        if step != Decimal(1).scaleb(-self._places):
            raise ValueError(f"step is {step}, must be 1, 0.1, 0.01 …")
        self._floor = floor
        self._limit = limit

    def __missing__(self, text: str) -> int:
        whole, _, fraction = text.partition(".")
        digits = whole + fraction
        if not (digits.isdecimal() and digits.isascii() and len(digits) <= MAX_DIGITS):
            raise GridError(f"{text[:60]!r} is not a plain decimal number")
        steps = int(digits)
        extra = len(fraction) - self._places
        if extra > 0:
            steps, rest = divmod(steps, 10**extra)
            if rest and not self._floor:
                raise GridError(f"{text!r} is finer than {self._places} decimal places")
        elif extra:
            steps *= 10**-extra
        if len(self) >= self._limit:
            self.clear()
        self[text] = steps
        return steps


def _places(value: Decimal) -> int:
    """Decimal places that a value needs, zeros behind left out, at least 0."""
    return max(0, -int(value.normalize().as_tuple().exponent))


# -- instruments -------------------------------------------------------------------------------------------------

_COINM = re.compile(r"(?P<base>[A-Z0-9]+)(?P<quote>USD)_(?:PERP|\d{6})")
_QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "USD1", "DAI", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL")
_PAIR = re.compile(rf"(?P<base>[A-Z0-9]+?)(?P<quote>{'|'.join(_QUOTES)})(?:_\d{{6}})?")

# Smallest order value, quote currency, which no market stream tells. exchangeInfo, filters MIN_NOTIONAL/NOTIONAL,
# as listed in 2024; COIN-M has no such filter (an order is at least one contract).
_MIN_NOTIONAL = {BinanceMarket.USDM: Decimal(5), BinanceMarket.SPOT: Decimal(5), BinanceMarket.COINM: Decimal(0)}
_MIN_NOTIONAL_OF = {(BinanceMarket.USDM, "BTCUSDT"): Decimal(100), (BinanceMarket.USDM, "ETHUSDT"): Decimal(20)}

# USD of one COIN-M contract: 100 for BTC, 10 for every other coin (exchangeInfo, contractSize).
_FACE_BTC = Decimal(100)
_FACE_OTHER = Decimal(10)

_STRAY_SIZES = 0.01
"""Share of different quantities that may be finer than the lot; they are read rounded down."""

_KINDS = {
    BinanceMarket.SPOT: InstrumentKind.SPOT,
    BinanceMarket.USDM: InstrumentKind.LINEAR,
    BinanceMarket.COINM: InstrumentKind.INVERSE,
}


def step_of(texts: Iterable[str], *, stray: float = 0.0) -> Decimal:
    """The step that decimal texts are on: a power of ten up to 1, as Binance's tick and step sizes are.

    `"61800.20", "61800.30"` give 0.1 whatever the zeros behind. Of different values above 0, the share `stray` may
    be finer: orders that were there before a venue made its step coarser (spot BTCUSDT still shows a few).
    Raises ValueError where no value is above 0.
    """
    values = {value for text in texts if (value := Decimal(text)) > 0}
    if not values:
        raise ValueError("no value above 0")
    places = sorted(_places(value) for value in values)
    return Decimal(1).scaleb(-places[len(places) - 1 - int(len(places) * stray)])


class Head(msgspec.Struct):
    """What the first lines of a capture say of the whole."""

    market: BinanceMarket
    instrument: Instrument
    has_snapshot: bool


def read_head(path: Path, lines: Iterable[bytes]) -> Head:
    """Recognise a capture by its first lines. Raises `CaptureError` for anything that is not one."""
    symbol, market = "", None
    prices: set[str] = set()
    sizes: set[str] = set()
    has_snapshot = False
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        body = line[BODY_AT:]
        kind = kind_of(body) if stamp_of(line) is not None else None
        if kind is None:
            if symbol or has_snapshot:
                continue  # the replay counts it; damage in one line does not make the rest unreadable
            shown = line[:60].decode("utf-8", "replace")
            raise CaptureError(
                path,
                f"is {shown!r}; expected '<{STAMP_DIGITS} digits of local receive time, ns> "
                '{"stream":…,"data":…}\' or a depth snapshot with lastUpdateId',
                number,
            )
        try:
            if kind is Kind.SNAPSHOT:
                snapshot = decode_snapshot(body)
                has_snapshot = True
                _gather(prices, sizes, snapshot.bids, snapshot.asks)
            elif kind is Kind.DEPTH:
                depth = decode_depth(body).data
                tag = _decode_tagged(body).data
                if symbol and tag.symbol != symbol:
                    raise CaptureError(path, f"is of {tag.symbol}, lines before of {symbol}; expected one", number)
                symbol, market = tag.symbol, _market_of(tag)
                _gather(prices, sizes, depth.bids, depth.asks)
            elif kind is Kind.TRADE:
                trade = decode_trade(body).data
                _gather(prices, sizes, ((trade.price, trade.qty),))
        except UNREADABLE as error:
            if symbol:
                continue
            raise CaptureError(path, f"is a {kind} message that does not read: {error}", number) from None
    if not number:
        raise CaptureError(path, "is empty; expected a recorded capture")
    if market is None:
        raise CaptureError(path, f"no depthUpdate in the first {number} lines, so no book can be kept")
    try:
        tick, lot = step_of(prices), step_of(sizes, stray=_STRAY_SIZES)
    except (ValueError, InvalidOperation) as error:
        raise CaptureError(path, f"tick and lot cannot be told from the first {number} lines: {error}") from None
    return Head(market, _instrument(path, symbol, market, tick, lot), has_snapshot)


def _gather(prices: set[str], sizes: set[str], *sides: Iterable[TextLevel]) -> None:
    for side in sides:
        for price, size in side:
            prices.add(price)
            sizes.add(size)


def _market_of(tag: _Tag) -> BinanceMarket:
    if tag.previous is None:
        return BinanceMarket.SPOT
    return BinanceMarket.COINM if _COINM.fullmatch(tag.symbol) else BinanceMarket.USDM


def _instrument(path: Path, symbol: str, market: BinanceMarket, tick: Decimal, lot: Decimal) -> Instrument:
    match = (_COINM if market is BinanceMarket.COINM else _PAIR).fullmatch(symbol)
    if match is None:
        known = ", ".join(_QUOTES)
        raise CaptureError(path, f"symbol {symbol!r}: base and quote cannot be told; known quotes: {known}")
    base, quote = match["base"], match["quote"]
    inverse = market is BinanceMarket.COINM
    face = _FACE_BTC if base == "BTC" else _FACE_OTHER
    return Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        settle=base if inverse else quote,
        kind=_KINDS[market],
        tick=tick,
        lot=lot,
        min_qty=lot,
        min_notional=_MIN_NOTIONAL_OF.get((market, symbol), _MIN_NOTIONAL[market]),
        contract_size=face if inverse else Decimal(1),
    )
