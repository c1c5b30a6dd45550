"""Books of Binance USD-M futures: depth diffs over one websocket, a REST snapshot to start each book from.

Source: Binance API documentation, "How to manage a local order book correctly" and "Websocket Market Streams" of
USD-M futures; public streams are under `/public` since 2026.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeAlias

import msgspec

from venues.fast.endpoint import Endpoint
from venues.fast.ladder import NumberLevel
from venues.fast.rest import UNREADABLE, Fetch, FetchError, fetch
from venues.fast.shown import Liveness, ShownBook
from venues.fast.socket import FrameSocket
from venues.live.book_source import BookListener
from venues.model import NS_PER_MS, Instrument

HTTP, WS = "https://fapi.binance.com", "wss://fstream.binance.com"
SILENCE_S = 15.0
DEPTH_STREAM = "depth@100ms"
DEPTH_EVENT = "depthUpdate"
SNAPSHOT_LEVELS = 1000
BUFFERED_DIFFS = 1024
"""Of one market, kept for a snapshot on its way: 100 s of them."""
STREAMS_A_REQUEST = 100
RETRY_S, LONGEST_RETRY_S = 0.5, 30.0
STEADY_DIFFS = 100
"""In sequence, after which a book's delays before the next snapshot start anew."""

Tap: TypeAlias = Callable[[str, str, bytes], None]
"""Hears the venue's words as they came: our symbol, what it is (the event's name, or `snapshot`), the message."""


class Depth(msgspec.Struct, gc=False, tag_field="e", tag=DEPTH_EVENT):
    symbol: str = msgspec.field(name="s")
    first: int = msgspec.field(name="U")
    last: int = msgspec.field(name="u")
    previous: int = msgspec.field(name="pu")
    ts_ms: int = msgspec.field(name="E")
    bids: list[NumberLevel] = msgspec.field(name="b")
    asks: list[NumberLevel] = msgspec.field(name="a")


class Ticker(msgspec.Struct, gc=False, tag_field="e", tag="bookTicker"):
    symbol: str = msgspec.field(name="s")


class Trade(msgspec.Struct, gc=False, tag_field="e", tag="trade"):
    symbol: str = msgspec.field(name="s")


class Damaged(msgspec.Struct):
    """What must read of an event that does not as a whole."""

    kind: str = msgspec.field(name="e")
    symbol: str = msgspec.field(name="s")


class Snapshot(msgspec.Struct, gc=False):
    last_update_id: int = msgspec.field(name="lastUpdateId")
    bids: list[NumberLevel]
    asks: list[NumberLevel]
    ts_ms: int = msgspec.field(name="E", default=0)


class Refusal(msgspec.Struct):
    code: int = 0
    msg: str = ""


class Answer(msgspec.Struct):
    """To a request of ours; `id` tells to which."""

    id: int | None = None
    error: Refusal | None = None


decode_event = msgspec.json.Decoder(Depth | Ticker | Trade, strict=False).decode
decode_snapshot = msgspec.json.Decoder(Snapshot, strict=False).decode
_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_damaged = msgspec.json.Decoder(Damaged).decode


class UsdmBook:
    """One market's book in sequence; no sockets, no clock.

    Events with u < lastUpdateId are dropped; the first that counts has U <= lastUpdateId <= u, or follows the snapshot
    itself (pu = lastUpdateId); from then on each pu is the u before. Whatever else comes loses the book.
    """

    def __init__(self, book: ShownBook, ask_snapshot: Callable[[], None]) -> None:
        """`ask_snapshot` is called each time a snapshot is needed; it comes by `on_snapshot`."""
        self.book = book
        self._ask_snapshot = ask_snapshot
        self._buffer: deque[Depth] | None = deque(maxlen=BUFFERED_DIFFS)  # None: the book stands
        self._snapshot_id = 0
        self._last = 0  # u of the diff before; 0: none since the snapshot
        self._ts_ms = 0
        self.in_sequence = 0
        """Diffs since the last snapshot."""
        self.dirty = False
        """Changed since it was shown."""

    @property
    def waiting(self) -> bool:
        """For a snapshot."""
        return self._buffer is not None

    def restart(self) -> None:
        """The connection is new, or gone: nothing known holds any more."""
        self.book.drop()
        self._forget()

    def show(self) -> None:
        """Tell what has changed."""
        self.dirty = False
        if self._buffer is None and not self.book.show(self._ts_ms * NS_PER_MS):
            self._ask_snapshot()
            self._forget()

    def on_depth(self, diff: Depth) -> None:
        if self._buffer is not None:
            self._buffer.append(diff)
            return
        if self._last:
            if diff.previous != self._last:
                if diff.last > self._last:
                    self._lose(f"after update {self._last} came U {diff.first}, u {diff.last}, pu {diff.previous}")
                    self._keep(diff)
                return  # otherwise told before
        elif diff.last < self._snapshot_id:
            return
        elif not self._follows(diff):
            self._lose(f"after snapshot {self._snapshot_id} came U {diff.first}, u {diff.last}, pu {diff.previous}")
            self._keep(diff)
            return
        self.book.ladder.apply(diff.bids, diff.asks)
        self._last = diff.last
        self._ts_ms = diff.ts_ms
        self.in_sequence += 1
        self.dirty = True

    def on_damage(self, text: str) -> None:
        """A diff came of which no more is known; one that was to wait shows as a gap once there is a snapshot."""
        if self._buffer is None:
            self._lose(text)

    def on_snapshot(self, snapshot: Snapshot) -> bool:
        """False where it is too old to start from, and another is needed."""
        if self._buffer is None:
            return True  # the book stands; it can tell nothing new
        pending = [diff for diff in self._buffer if diff.last >= snapshot.last_update_id]
        self._snapshot_id = snapshot.last_update_id
        if pending and not self._follows(pending[0]):
            return False
        self.book.ladder.replace(snapshot.bids, snapshot.asks)
        self._buffer = None
        self._last = 0
        self._ts_ms = snapshot.ts_ms
        self.dirty = snapshot.ts_ms > 0  # without a stamp the first diff shows it
        for diff in pending:
            self.on_depth(diff)
        return True

    def _follows(self, diff: Depth) -> bool:
        return diff.first <= self._snapshot_id or diff.previous == self._snapshot_id

    def _keep(self, diff: Depth) -> None:
        if self._buffer is not None:
            self._buffer.append(diff)

    def _forget(self) -> None:
        self._buffer = deque(maxlen=BUFFERED_DIFFS)
        self._last = 0
        self.in_sequence = 0
        self.dirty = False

    def _lose(self, text: str) -> None:
        self.book.lose(text)
        self._ask_snapshot()
        self._forget()


class BinanceUsdmBooks:
    """A `BookSource`. One connection for all markets; snapshots are asked for one at a time, a lost book again and
    again with growing delays (its weight is 20 of the 2,400 a minute that an address may use)."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        market_ids: Mapping[str, str],
        listener: BookListener,
        *,
        rng: random.Random,
        endpoint: str = "",
        streams: Sequence[str] = (DEPTH_STREAM,),
        tap: Tap | None = None,
        fetch: Fetch = fetch,
        silence_s: float = SILENCE_S,
    ) -> None:
        """`streams` must hold the depth stream; others are for the `tap` only. Raises `ValueError` for `endpoint`."""
        self._instruments = instruments
        self._ids = market_ids
        self._listener = listener
        self._liveness = Liveness(listener)
        self._streams = streams
        self._tap = tap
        self._fetch = fetch
        self._rng = rng
        base = Endpoint.of(endpoint, http=HTTP, ws=WS)
        self._snapshot_url = f"{base.http}/fapi/v1/depth?symbol={{}}&limit={SNAPSHOT_LEVELS}"
        self._socket = FrameSocket(f"{base.ws}/public/ws", self, rng=rng, silence_s=silence_s)
        self._books: dict[str, UsdmBook] = {}  # by market id
        self._dirty: list[UsdmBook] = []
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        self._asked: dict[str, asyncio.TimerHandle | None] = {}  # market ids whose snapshot is due, or soon will be
        self._connection = 0  # counted: what was asked on one is no answer on the next
        self._tries: dict[str, int] = {}
        self._requests: dict[int, list[str]] = {}  # market ids by the request that was sent for them
        self._serial = 0
        self._some = asyncio.Event()

    # -- BookSource ----------------------------------------------------------------------------------------------

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Raises `KeyError` for a symbol that is not among the instruments."""
        new = [symbol for symbol in symbols if self._ids[symbol] not in self._books]
        for symbol in new:
            market = self._ids[symbol]
            book = ShownBook(self._instruments[symbol], self._listener, self._liveness)
            self._books[market] = UsdmBook(book, partial(self._ask, market))
        if new:
            self._some.set()
            self._request([self._ids[symbol] for symbol in new])

    async def run(self) -> None:
        await self._some.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._socket.run())
            tasks.create_task(self._fetch_snapshots())

    # -- Ears ----------------------------------------------------------------------------------------------------

    def on_open(self) -> None:
        self._tries.clear()  # dialling has delays of its own
        self._request(list(self._books))

    def on_frame(self, frame: memoryview | bytes) -> None:
        try:
            event = decode_event(frame)
        except UNREADABLE as error:
            self._on_other(bytes(frame), error)
            return
        book = self._books.get(event.symbol)
        if book is None:
            return
        if type(event) is Depth:
            if not book.dirty:
                self._dirty.append(book)
            book.on_depth(event)
            if book.waiting and event.symbol not in self._asked:
                self._ask(event.symbol)  # its subscription was never answered
        if self._tap is not None:
            self._tap(book.book.symbol, type(event).__struct_config__.tag, bytes(frame))

    def on_drained(self) -> None:
        for book in self._dirty:
            if book.dirty:
                book.show()
        self._dirty.clear()

    def on_closed(self, text: str) -> None:
        self._connection += 1
        self._requests.clear()
        for timer in self._asked.values():
            if timer is not None:
                timer.cancel()
        self._asked.clear()
        self._dirty.clear()
        for book in self._books.values():
            book.restart()
        self._liveness.set(False, text)

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(self, markets: list[str]) -> None:
        """Subscribe, where there is a connection; `on_open` does it where there is none yet."""
        if not self._socket.is_open:
            return
        for at in range(0, len(markets), STREAMS_A_REQUEST // len(self._streams)):
            some = markets[at : at + STREAMS_A_REQUEST // len(self._streams)]
            self._serial += 1
            self._requests[self._serial] = some
            params = [f"{market.lower()}@{stream}" for market in some for stream in self._streams]
            self._socket.send(msgspec.json.encode({"method": "SUBSCRIBE", "params": params, "id": self._serial}))

    def _on_other(self, raw: bytes, error: Exception) -> None:
        """Whatever is no event of a market: an answer, or damage. Where it cannot even be told whose diff it was, it
        shows as the gap it is."""
        with suppress(*UNREADABLE):
            damaged = _decode_damaged(raw)
            if damaged.kind == DEPTH_EVENT and damaged.symbol in self._books:
                self._books[damaged.symbol].on_damage(f"a diff does not read: {error}")
            return
        try:
            answer = _decode_answer(raw)
        except UNREADABLE:
            return
        markets = self._requests.pop(answer.id or 0, ())
        if answer.error is not None:
            self._socket.cut(f"the subscription was refused: {answer.error.code} {answer.error.msg[:200]}")
            return
        for market in markets:
            if self._books[market].waiting:
                self._ask(market)

    # -- snapshots -----------------------------------------------------------------------------------------------

    def _ask(self, market: str, at_least_s: float = 0.0) -> None:
        """Have a snapshot fetched: the first at once, each further one later than the one before."""
        if market in self._asked:
            return
        if self._books[market].in_sequence >= STEADY_DIFFS:
            self._tries[market] = 0
        tries = self._tries.get(market, 0)
        self._tries[market] = tries + 1
        delay = min(LONGEST_RETRY_S, RETRY_S * 2.0 ** min(tries - 1, 16)) if tries else 0.0
        delay = max(at_least_s, delay * (0.5 + self._rng.random() / 2))
        if delay:
            loop = asyncio.get_running_loop()
            self._asked[market] = loop.call_later(delay, self._wanted.put_nowait, market)
        else:
            self._asked[market] = None
            self._wanted.put_nowait(market)

    async def _fetch_snapshots(self) -> None:
        while True:
            market = await self._wanted.get()
            if market not in self._asked:
                continue  # asked for on a connection that has gone
            connection = self._connection
            book = self._books[market]
            problem, after_s = "", 0.0
            try:
                body = await self._fetch(self._snapshot_url.format(market))
                snapshot = decode_snapshot(body)
            except FetchError as error:
                problem, after_s = str(error), error.retry_after_s
            except UNREADABLE as error:
                problem = f"it does not read: {error}"
            if self._connection != connection:
                continue
            del self._asked[market]
            if problem:
                if self._tries[market] == 1:
                    self._listener.on_gap(book.book.symbol, f"no snapshot: {problem}")
                self._ask(market, after_s)
                continue
            if self._tap is not None:
                self._tap(book.book.symbol, "snapshot", body)
            if not book.on_snapshot(snapshot):
                self._ask(market)
            elif book.dirty:
                book.show()
