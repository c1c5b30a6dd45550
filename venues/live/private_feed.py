"""The account's own orders and fills as they happen: from ccxt's streams, or by asking where there are none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial

from venues.live.ccxt_types import Raw
from venues.live.dialect import Dialect, Stream
from venues.live.exchange import Exchange
from venues.live.fill_history import FillHistory
from venues.live.markets import Markets
from venues.live.order_track import OrderTrack
from venues.live.reading import Reading
from venues.live.streams import OnChange, PolledStream, WatchedStream
from venues.model import NS_PER_MS, NS_PER_S, Clock, FillReport, OrderStatusReport, VenueError, VenueListener

log = logging.getLogger(__name__)

MISSING_S = (1.0, 3.0, 10.0)
"""After how long fills that an order report claims, and that have not come, are fetched; and then again."""
LOOK_BACK_NS = 60 * NS_PER_S

Run = Callable[[], Coroutine[object, object, None]]


class PrivateFeed:
    """Tells the listener what is news, each once."""

    def __init__(
        self,
        dialect: Dialect,
        exchange: Exchange,
        markets: Markets,
        track: OrderTrack,
        reading: Reading,
        history: FillHistory,
        listener: VenueListener,
        clock: Clock,
        ask_after: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._dialect = dialect
        self._exchange = exchange
        self._markets = markets
        self._track = track
        self._reading = reading
        self._history = history
        self._listener = listener
        self._began = clock.now_ns()
        self._ask_after = ask_after
        self._cursor = ""
        self._watched: dict[str, WatchedStream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._fetching: set[str] = set()

    def streams(self, on_change: OnChange) -> list[Run]:
        """What is to run, until cancelled, for orders and for fills."""
        ways: dict[Stream, tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]] = {
            Stream.ORDERS: (self._watch_orders, self._poll_orders),
            Stream.FILLS: (self._watch_fills, self._poll_fills),
        }
        runs: list[Run] = []
        for stream, (watch, poll) in ways.items():
            period = self._dialect.polled.get(stream)
            if period is not None:
                runs.append(PolledStream(stream.value, period, poll, on_change).run)
                continue
            self._watched[stream.value] = WatchedStream(
                stream.value,
                self._exchange,
                watch,
                on_change,
                silence_s=self._dialect.silence_s.get(stream),
                before_redial=partial(self._dialect.before_redial, self._exchange.ccxt, stream),
            )
            runs.append(self._watched[stream.value].run)
        return runs

    def opened(self, stream: str) -> None:
        """The socket of one of our streams is open."""
        found = self._watched.get(stream)
        if found is not None:
            found.opened()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell_order(self, report: OrderStatusReport) -> None:
        """Hand on a report that some message or answer made, if it is news."""
        told = self._track.take(report)
        if told is None:
            return
        self._listener.on_order(told)
        name = told.client_order_id or told.venue_order_id
        if name not in self._fetching and self._track.missing(name) > 0:
            self._fetching.add(name)
            self._start(self._fetch_missing(told))

    def tell_fill(self, fill: FillReport) -> None:
        """Hand on a fill, if it is news."""
        if self._track.take_fill(fill):
            self._listener.on_fill(fill)

    # -- streams -------------------------------------------------------------------------------------------------

    async def _watch_orders(self) -> None:
        """Keeps the subscription; what is told comes to `order`, message by message."""
        ccxt = self._exchange.ccxt
        await self._exchange.ask("orders", self._dialect.watch_orders(ccxt, self._markets.ccxt_symbols()))

    async def _watch_fills(self) -> None:
        """As `_watch_orders`, with `trade`."""
        ccxt = self._exchange.ccxt
        await self._exchange.ask("fills", self._dialect.watch_fills(ccxt, self._markets.ccxt_symbols()))

    def order(self, raw: Raw) -> None:
        """One order as a message told it."""
        report = self._reading.news("an order message", raw, self._reading.order)
        if report is not None:
            self.tell_order(report)

    def trade(self, raw: Raw) -> None:
        """One trade of the account as a message told it.

        Some venues begin a stream with old trades: what was before this session is for the desk to read, which knows by
        its cursor what it has."""
        known = self._reading.news("a fill message", raw, self._reading.client_id)
        stamp = raw.get("timestamp")
        entry = self._track.get(known) if known else None
        sent_now = entry is not None and entry.request is not None
        if isinstance(stamp, int) and stamp * NS_PER_MS < self._began and not sent_now:
            return
        if known is None and raw.get("order"):
            self._start(self._resolve(raw))
        else:
            self._fill(raw, known or "")

    def _fill(self, raw: Raw, client_order_id: str) -> None:
        fill = self._reading.news("a fill message", raw, partial(self._reading.fill, client_order_id=client_order_id))
        if fill is not None:
            self.tell_fill(fill)

    async def _resolve(self, raw: Raw) -> None:
        """A fill that names the venue's order only, of an order whose answer may still be under way."""
        try:
            ours = await self._reading.resolve(raw)
        except VenueError as error:
            # told as nobody's it would be booked as foreign; the next reconciling finds it again
            log.warning("a fill waits for reconciling, its order could not be asked for: %s", error)
            return
        self._fill(raw, ours)

    # -- asking --------------------------------------------------------------------------------------------------

    async def _poll_orders(self) -> None:
        """Open orders; one of ours that is no longer among them is asked for."""
        asked = self._track.live()
        ccxt = self._exchange.ccxt
        listing = self._dialect.open_orders(ccxt, self._markets.ccxt_symbols())
        raws = await self._exchange.ask("open orders", listing, of_account=True)
        for raw in raws:
            self.order(raw)
        listed = {self._reading.client_id(raw) for raw in raws}
        for name, entry in asked:
            if entry.status is not None and not entry.ended and name not in listed and entry.request is not None:
                await self._ask_after(name, entry.request.symbol)

    async def _poll_fills(self) -> None:
        first = not self._cursor
        page = await self._history.page(self._cursor)
        self._cursor = page.cursor
        for fill in page.fills:
            # what was there before is the desk's to read, with the cursor that it has
            if not first:
                self.tell_fill(fill)

    async def _fetch_missing(self, report: OrderStatusReport) -> None:
        name = report.client_order_id or report.venue_order_id
        try:
            for wait in MISSING_S:
                await asyncio.sleep(wait)
                if self._track.missing(name) <= 0:
                    return
                entry = self._track.get(name)
                venue_id = report.venue_order_id or (entry.venue_order_id if entry is not None else "")
                since = max(0, report.ts_event - LOOK_BACK_NS) // NS_PER_MS
                try:
                    raws = await self._history.of_order(report.symbol, since, venue_id)
                except VenueError as error:
                    log.warning("fills of %s are missing, and no answer: %s", name, error)
                    continue
                for raw in raws:
                    self._track.learn(venue_id, report.client_order_id)
                    self.trade(raw)
        finally:
            self._fetching.discard(name)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
