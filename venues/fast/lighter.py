"""Books of Lighter: each market's channel sends its book on subscribing, then changes numbered without a hole.

Source: Lighter API documentation, "WebSocket", "Order Book" (`begin_nonce` of a change is the `nonce` of the one
before) and "Market data" (something must be sent every two minutes).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial

import msgspec

from venues.fast.endpoint import Endpoint
from venues.fast.ladder import Number, NumberLevel
from venues.fast.rest import UNREADABLE
from venues.fast.shown import Liveness, ShownBook
from venues.fast.socket import FrameSocket
from venues.live.book_source import BookListener
from venues.model import NS_PER_MS, Instrument

HTTP, WS = "https://mainnet.zklighter.elliot.ai", "wss://mainnet.zklighter.elliot.ai"
SILENCE_S = 15.0
PING = b'{"type":"ping"}'
PONG = b'{"type":"pong"}'
PING_S = 60.0
ANSWER_S = 5.0
"""A book that was asked for and has not come by then is asked for again."""
LONGEST_ANSWER_S = 60.0
STEADY_CHANGES = 100
"""In sequence, after which the next loss is a first one."""

CHANNEL = "order_book"
OPENING, UPDATE = f"subscribed/{CHANNEL}", f"update/{CHANNEL}"


class PriceSize(msgspec.Struct, gc=False):
    price: Number
    size: Number


class Changes(msgspec.Struct, gc=False):
    bids: list[PriceSize]
    asks: list[PriceSize]
    nonce: int
    begin_nonce: int = -1
    """Nonce of the change before; -1 where the venue does not say, which no change may follow from."""


class Opening(msgspec.Struct, gc=False, tag_field="type", tag=OPENING):
    channel: str
    order_book: Changes
    timestamp: int = 0


class Update(msgspec.Struct, gc=False, tag_field="type", tag=UPDATE):
    channel: str
    order_book: Changes
    timestamp: int = 0


class VenuePing(msgspec.Struct, gc=False, tag_field="type", tag="ping"):
    pass


class Refusal(msgspec.Struct):
    code: int = 0
    message: str = ""


class Failure(msgspec.Struct):
    error: Refusal


class _Channel(msgspec.Struct):
    channel: str
    type: str = ""


_decode_channel = msgspec.json.Decoder(_Channel).decode
decode_message = msgspec.json.Decoder(Opening | Update | VenuePing, strict=False).decode
_decode_failure = msgspec.json.Decoder(Failure).decode


def _pairs(levels: Iterable[PriceSize]) -> list[NumberLevel]:
    return [(level.price, level.size) for level in levels]


class LighterBook:
    """One market's book in sequence; no sockets, no clock. Loses the book at the first hole in the nonces."""

    def __init__(self, book: ShownBook, ask_again: Callable[[], None]) -> None:
        """`ask_again` is called when the book is needed anew."""
        self.book = book
        self._ask_again = ask_again
        self._nonce: int | None = None  # of the last change; None: no book
        self._ts_ms = 0
        self.in_sequence = 0
        self.dirty = False

    @property
    def standing(self) -> bool:
        return self._nonce is not None

    def restart(self) -> None:
        """The connection is new, or gone."""
        self.book.drop()
        self._forget()

    def show(self) -> None:
        self.dirty = False
        if self._nonce is not None and not self.book.show(self._ts_ms * NS_PER_MS):
            self._ask_again()
            self._forget()

    def on_opening(self, message: Opening) -> None:
        """The whole book."""
        told = message.order_book
        self.book.ladder.replace(_pairs(told.bids), _pairs(told.asks))
        self._nonce = told.nonce
        self._ts_ms = message.timestamp
        self.dirty = True

    def on_update(self, message: Update) -> None:
        told, nonce = message.order_book, self._nonce
        if nonce is None:
            return  # a change of a book that was lost; the new one comes whole
        if told.begin_nonce != nonce:
            if told.nonce > nonce:
                self._lose(f"after nonce {nonce} came {told.begin_nonce} to {told.nonce}")
            return  # otherwise told before
        self.book.ladder.apply(_pairs(told.bids), _pairs(told.asks))
        self._nonce = told.nonce
        self._ts_ms = message.timestamp
        self.in_sequence += 1
        self.dirty = True

    def on_damage(self, text: str, *, opening: bool) -> None:
        """A message of the book came of which no more is known; a change of a book that was lost is no news."""
        if opening or self._nonce is not None:
            self._lose(text)

    def _forget(self) -> None:
        self._nonce = None
        self.in_sequence = 0
        self.dirty = False

    def _lose(self, text: str) -> None:
        self.book.lose(text)
        self._ask_again()
        self._forget()


class LighterBooks:
    """A `BookSource`. One connection for all markets; a lost book is subscribed to anew."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        market_ids: Mapping[str, str],
        listener: BookListener,
        *,
        rng: random.Random,
        endpoint: str = "",
        silence_s: float = SILENCE_S,
        answer_s: float = ANSWER_S,
        beside: tuple[str, ...] = (),
        tap: Callable[[str, bytes], None] | None = None,
    ) -> None:
        """`market_ids` are Lighter's market indexes. `tap` gets every message of a market's channels, those `beside`
        its book too (`trade`), with its symbol, before anything is made of it. Raises `ValueError` for `endpoint`."""
        self._instruments = instruments
        self._ids = market_ids
        self._listener = listener
        self._liveness = Liveness(listener)
        self._answer_s = answer_s
        base = Endpoint.of(endpoint, http=HTTP, ws=WS)
        url = f"{base.ws}/stream?readonly=true"
        self._socket = FrameSocket(url, self, rng=rng, silence_s=silence_s, keepalive=PING, keepalive_s=PING_S)
        self._books: dict[str, LighterBook] = {}  # by channel as messages name it: order_book:1
        self._dirty: list[LighterBook] = []
        self._tries: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._some = asyncio.Event()
        self._beside = beside
        self._tap = tap
        self._symbols: dict[str, str] = {}  # by market number, of what is subscribed to

    # -- BookSource ----------------------------------------------------------------------------------------------

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Raises `KeyError` for a symbol that is not among the instruments."""
        for symbol in symbols:
            channel = f"{CHANNEL}:{self._ids[symbol]}"
            if channel in self._books:
                continue
            book = ShownBook(self._instruments[symbol], self._listener, self._liveness)
            self._books[channel] = LighterBook(book, partial(self._ask_again, channel))
            self._symbols[self._ids[symbol]] = symbol
            self._some.set()
            self._ask(channel)
            self._ask_beside(channel)

    async def run(self) -> None:
        await self._some.wait()
        await self._socket.run()

    # -- Ears ----------------------------------------------------------------------------------------------------

    def on_open(self) -> None:
        for channel in self._books:
            self._tries[channel] = 0
            self._ask(channel)
            self._ask_beside(channel)

    def on_frame(self, frame: memoryview | bytes) -> None:
        if self._tap is not None:
            self._hand_on(bytes(frame), self._tap)
        try:
            message = decode_message(frame)
        except UNREADABLE as error:
            self._on_other(bytes(frame), error)
            return
        if type(message) is VenuePing:
            self._socket.send(PONG)
            return
        book = self._books.get(message.channel)
        if book is None:
            return
        if not book.dirty:
            self._dirty.append(book)
        if type(message) is Update:
            book.on_update(message)
        else:
            book.on_opening(message)

    def on_drained(self) -> None:
        for book in self._dirty:
            if book.dirty:
                book.show()
        self._dirty.clear()

    def on_closed(self, text: str) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._dirty.clear()
        for book in self._books.values():
            book.restart()
        self._liveness.set(False, text)

    def _hand_on(self, raw: bytes, tap: Callable[[str, bytes], None]) -> None:
        try:
            number = _decode_channel(raw).channel.rpartition(":")[2]
        except UNREADABLE:
            return  # an answer, or damage, which shows as the gap it is
        if number in self._symbols:
            tap(self._symbols[number], raw)

    # -- subscriptions -------------------------------------------------------------------------------------------

    def _on_other(self, raw: bytes, error: Exception) -> None:
        """Channels and answers that move no book, a refusal, or damage. Where it cannot even be told whose book it
        was, it shows as the gap it is."""
        with suppress(*UNREADABLE):
            damaged = _decode_channel(raw)
            if damaged.type in (OPENING, UPDATE) and damaged.channel in self._books:
                text = f"a message does not read: {error}"
                self._books[damaged.channel].on_damage(text, opening=damaged.type == OPENING)
            return
        try:
            failure = _decode_failure(raw)
        except UNREADABLE:
            return
        self._socket.cut(f"the venue refused: {failure.error.code} {failure.error.message[:200]}")

    def _ask(self, channel: str) -> None:
        """Subscribe, and look again later whether the book has come."""
        if not self._socket.is_open:
            return  # `on_open` asks for all
        self._send("subscribe", channel)
        self._look_later(channel, self._wait(channel))

    def _ask_beside(self, channel: str) -> None:
        if self._socket.is_open:
            for name in self._beside:
                self._send("subscribe", channel.replace(CHANNEL, name))

    def _ask_again(self, channel: str) -> None:
        """A lost book comes whole on a new subscription: the first time at once, each further time later."""
        if self._books[channel].in_sequence >= STEADY_CHANGES:
            self._tries[channel] = 0
        if self._tries.get(channel, 0) == 0:
            self._resubscribe(channel)
        else:
            self._look_later(channel, self._wait(channel))

    def _resubscribe(self, channel: str) -> None:
        self._tries[channel] = self._tries.get(channel, 0) + 1
        self._send("unsubscribe", channel)
        self._ask(channel)

    def _look_later(self, channel: str, delay_s: float) -> None:
        if (timer := self._timers.pop(channel, None)) is not None:
            timer.cancel()
        self._timers[channel] = asyncio.get_running_loop().call_later(delay_s, self._look, channel)

    def _look(self, channel: str) -> None:
        if not self._books[channel].standing:
            self._resubscribe(channel)

    def _wait(self, channel: str) -> float:
        return min(LONGEST_ANSWER_S, self._answer_s * 2.0 ** min(self._tries.get(channel, 0), 16))

    def _send(self, what: str, channel: str) -> None:
        """Requests name a channel with a slash where messages have a colon."""
        request = {"type": what, "channel": channel.replace(":", "/")}
        self._socket.send(msgspec.json.encode(request))
