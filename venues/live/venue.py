"""One account on a live venue through ccxt.pro: the `Venue` of the model over any ccxt exchange and its dialect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TypeAlias, TypeVar

from venues.live.account_queries import AccountQueries
from venues.live.book_source import BookSource, MakeBookSource
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import ClientIdCodec, Dialect, Stream
from venues.live.exchange import Exchange
from venues.live.fill_history import FillHistory
from venues.live.markets import Markets
from venues.live.order_book_feed import PREFIX, CcxtBookFeed
from venues.live.order_sender import OrderSender
from venues.live.order_track import OrderTrack
from venues.live.pool import VenuePool, urgent
from venues.live.private_feed import PrivateFeed, Run
from venues.live.reading import Reading
from venues.live.streams import Connection, PolledStream
from venues.model import (
    BalanceReport,
    BookUpdate,
    Capabilities,
    Clock,
    FillPage,
    FundingPayment,
    Instrument,
    Mode,
    OrderRequest,
    OrderStatusReport,
    PositionStatusReport,
    Transfer,
    VenueError,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)
from venues.model.secret import Secret

log = logging.getLogger(__name__)
T = TypeVar("T")
_Transaction: TypeAlias = Callable[[Raw], Awaitable[object]]
BOOKS = "books"
NOT_CONNECTED = "not connected"


class CcxtVenue:
    """`Venue` of one account.

    - An order whose fate is not certain is UNKNOWN, never REJECTED; what never left is REJECTED.
    - After each reconnection of the account's streams the listener hears `on_connection(True)`, and reconciles.
    - A book is emptied whenever its stream is lost or skips a number.
    - Without credentials only public data come, and every question about the account is refused.
    """

    def __init__(
        self,
        *,
        account: str,
        dialect: Dialect,
        credentials: Mapping[str, Secret],
        clock: Clock,
        ids: ClientIdCodec,
        symbols: Iterable[str],
        pool: VenuePool,
        endpoint: str = "",
        books: MakeBookSource | None = None,
        read_only: bool = False,
    ) -> None:
        """`symbols`: venue symbols, ccxt's or base coins; only their markets are loaded. `pool` is shared by the
        accounts of one venue. `endpoint` replaces scheme and host of every address: `http://HOST:PORT`, or
        `http://HOST:PORT|ws://HOST:PORT`. `books` makes the fast path; ccxt where it is None.

        Raises `VenueRejected` for a venue that cannot be traded and for credentials that are missing."""
        if dialect.refused:
            raise VenueRejected(f"{dialect.name} cannot be traded: {dialect.refused}")
        missing = [name for name in dialect.required if not credentials.get(name)] if credentials else []
        if missing:
            raise VenueRejected(f"{account}: {dialect.name} needs {', '.join(missing)} among its keys")
        self.read_only = read_only
        """Nothing that changes the account is sent. May be changed while connected."""
        self._account = account
        self._dialect = dialect
        self._credentials = credentials
        self._clock = clock
        self._ids = ids
        self._symbols = frozenset(symbols)
        self._pool = pool
        self._endpoint = endpoint
        self._make_books = books
        self._track = OrderTrack()
        self._listener: VenueListener | None = None
        self._capabilities = Capabilities()
        self._instruments: Mapping[str, Instrument] = {}
        self._exchange: Exchange | None = None
        self._markets: Markets | None = None
        self._queries: AccountQueries | None = None
        self._sender: OrderSender | None = None
        self._private: PrivateFeed | None = None
        self._books: BookSource | None = None
        self._connection = Connection(self._tell_connection)
        self._tasks: list[asyncio.Task[None]] = []

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def account(self) -> str:
        return self._account

    @property
    def venue(self) -> str:
        return self._dialect.name

    @property
    def mode(self) -> Mode:
        return Mode.LIVE

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    @property
    def dialect(self) -> Dialect:
        return self._dialect

    @property
    def ccxt(self) -> CcxtExchange:
        """The ccxt instance, for questions that the protocol has no word for; ask them through `ask`.

        Raises `VenueUnavailable` before `connect`."""
        return self._live()[0].ccxt

    async def ask(self, what: str, call: Awaitable[T]) -> T:
        """Await a call to `ccxt`; errors come as ours, without secrets. Raises `VenueError`."""
        return await self._live()[0].ask(what, call)

    def ccxt_symbol(self, symbol: str) -> str:
        """ccxt's name of one of our symbols. Raises `VenueRejected` for one that is not traded here."""
        return self._live()[1].ccxt_symbol(symbol)

    # -- connection ----------------------------------------------------------------------------------------------

    async def connect(self, listener: VenueListener) -> None:
        """Load the markets and start the streams; the listener hears when they are up.

        Raises `VenueUnavailable` where no answer comes and `VenueRejected` for keys, endpoint or symbols that are
        wrong; nothing is redialled then, and one may call again."""
        if self._listener is not None:
            raise RuntimeError(f"{self._account}: connect was called twice")
        self._listener = listener
        try:
            await self._open(listener)
        except BaseException:
            await self.close()
            raise

    async def _open(self, listener: VenueListener) -> None:
        dialect = self._dialect
        exchange = self._exchange = Exchange(
            dialect,
            credentials=self._credentials,
            symbols=self._symbols,
            pool=self._pool,
            endpoint=self._endpoint,
            taps=self,
        )
        markets = Markets(dialect, await exchange.load_markets(), self._symbols)
        self._instruments, self._capabilities = markets.instruments, markets.capabilities
        if self._credentials:
            await exchange.ask("log-in", dialect.prepare(exchange.ccxt))
        reading = Reading(dialect, exchange, markets, self._track, self._ids, self._clock)
        history = FillHistory(dialect, exchange, markets, reading, self._clock)
        key = {name: secret.reveal() for name, secret in self._credentials.items()}
        nonces = self._pool.sequencer(dialect.nonce_key(key))
        self._markets = markets
        self._queries = AccountQueries(
            dialect, exchange, markets, reading, history, self._track, self._ids, self._clock
        )
        private = self._private = PrivateFeed(
            dialect, exchange, markets, self._track, reading, history, listener, self._clock, self._ask_after
        )
        self._sender = OrderSender(
            dialect,
            exchange,
            markets,
            self._track,
            reading,
            self._ids,
            self._clock,
            listener,
            nonces,
            private.tell_order,
            self._ask_after,
        )
        runs: list[Run] = []
        if self._credentials:
            self._connection.need(Stream.ORDERS.value)
            self._connection.need(Stream.FILLS.value)
            runs.extend(private.streams(self._connection.change))
        else:
            self._connection.need(BOOKS)
        if self._make_books is not None:
            self._books = self._make_books(markets.instruments, markets.ids, self)
        else:
            self._books = CcxtBookFeed(
                exchange, dialect, markets.instruments, markets.ccxt, markets.ids, self, self._clock
            )
        runs.append(self._books.run)
        period = dialect.polled.get(Stream.FUNDING_RATE)
        if period is not None:
            rates = PolledStream(Stream.FUNDING_RATE.value, period, self._poll_funding_rates, self._connection.change)
            runs.append(rates.run)
        self._tasks = [asyncio.create_task(run()) for run in runs]

    async def close(self) -> None:
        """Wait for the answers of what is under way, then close every connection. Orders stay as they are."""
        if self._sender is not None:
            await self._sender.close()
        self._listener = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._private is not None:
            await self._private.close()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            try:
                await exchange.close()
            except VenueError as error:
                log.warning("%s: closing: %s", self._account, error)
        self._sender = self._private = self._books = self._queries = None
        self._connection = Connection(self._tell_connection)

    def _live(self) -> tuple[Exchange, Markets]:
        if self._exchange is None or self._markets is None:
            raise VenueUnavailable(f"{self._account}: {NOT_CONNECTED}")
        return self._exchange, self._markets

    def _private_queries(self) -> AccountQueries:
        if not self._credentials:
            raise VenueRejected(f"{self._account} has no keys: it only watches public data")
        if self._queries is None:
            raise VenueUnavailable(f"{self._account}: {NOT_CONNECTED}")
        return self._queries

    def _tell_connection(self, up: bool, reason: str) -> None:
        if self._listener is not None:
            self._listener.on_connection(up, reason)

    # -- what passes through the exchange, and the books ---------------------------------------------------------

    def on_gap(self, symbol: str, text: str) -> None:
        log.info("%s: %s: %s", self._account, symbol, text)

    def on_bad_message(self, text: str) -> None:
        log.warning("%s: a message could not be taken in, its socket is dialled anew: %s", self._account, text)

    def on_raw_order(self, raw: Raw) -> None:
        if self._private is not None:
            self._private.order(raw)

    def on_raw_trade(self, raw: Raw) -> None:
        if self._private is not None:
            self._private.trade(raw)

    def on_open(self, stream: str) -> None:
        if stream.startswith(PREFIX):
            if isinstance(self._books, CcxtBookFeed):
                self._books.opened(stream)
        elif self._private is not None:
            self._private.opened(stream)

    def on_missed(self, stream: str) -> None:
        if stream.startswith(PREFIX) and isinstance(self._books, CcxtBookFeed):
            self._books.sweep(stream)

    def on_book(self, update: BookUpdate) -> None:
        if self._listener is not None:
            self._listener.on_book(update)

    def on_alive(self, alive: bool, text: str) -> None:
        self._connection.change(BOOKS, alive, text)

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Raises `VenueRejected` for a symbol that is not traded here, `VenueUnavailable` before `connect`."""
        _, markets = self._live()
        symbols = tuple(symbols)
        for symbol in symbols:
            markets.instrument(symbol)
        if self._books is None:
            raise VenueUnavailable(f"{self._account}: {NOT_CONNECTED}")
        self._books.subscribe(symbols)

    # -- trading -------------------------------------------------------------------------------------------------

    def submit(self, order: OrderRequest) -> None:
        """Raises `VenueUnavailable` before `connect`, as `cancel` does."""
        sender, why = self._may_send(order.symbol)
        if why:
            sender.refuse(order, why)
        else:
            sender.submit(order)

    def cancel(self, client_order_id: str, symbol: str) -> None:
        sender, why = self._may_send(symbol)
        if why:
            sender.refuse_cancel(client_order_id, symbol, why)
        else:
            sender.cancel(client_order_id, symbol)

    def _may_send(self, symbol: str = "") -> tuple[OrderSender, str]:
        """Who sends, and why not; empty where nothing is against it."""
        if self._sender is None:
            raise VenueUnavailable(f"{self._account}: {NOT_CONNECTED}")
        if self.read_only:
            return self._sender, f"{self._account} is read-only"
        if not self._credentials:
            return self._sender, f"{self._account} has no keys"
        return self._sender, f"unknown symbol {symbol!r}" if symbol and symbol not in self._instruments else ""

    async def cancel_all(self, symbol: str | None = None) -> None:
        exchange, markets = self._live()
        await self._send("cancel all", partial(self._dialect.cancel_all, exchange.ccxt, markets.ccxt_symbols(symbol)))

    async def cancel_all_after(self, seconds: float) -> None:
        exchange, markets = self._live()
        if not self._dialect.dead_man_switch:
            raise VenueRejected(f"{self.venue} has no cancel-all-after")
        arm = partial(self._dialect.cancel_all_after, exchange.ccxt, markets.ccxt_symbols(), seconds)
        await self._send("cancel all after", arm)

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        """Raises `VenueError`."""
        exchange, markets = self._live()
        change = partial(self._dialect.set_leverage, exchange.ccxt, markets.ccxt_symbol(symbol), leverage)
        await self._send(f"leverage of {symbol}", change)

    async def _send(self, what: str, call: _Transaction) -> None:
        """Something that changes the account and has an answer to wait for. Raises `VenueError`."""
        exchange, _ = self._live()
        sender, why = self._may_send()
        if why:
            raise VenueRejected(why)
        token = urgent.set(True)
        try:
            await exchange.ask(what, sender.numbered(call))
        finally:
            urgent.reset(token)

    async def _ask_after(self, client_order_id: str, symbol: str) -> None:
        """Query an order of ours and tell what is news of it."""
        try:
            report = await self.query_order(client_order_id=client_order_id, symbol=symbol)
        except VenueError as error:
            log.info("%s: order %s asked after, no answer: %s", self._account, client_order_id, error)
            return
        if report is not None and self._private is not None:
            self._private.tell_order(report)

    # -- queries -------------------------------------------------------------------------------------------------

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        return await self._private_queries().order(client_order_id, venue_order_id, symbol)

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        return await self._private_queries().open_orders()

    async def fills_since(self, cursor: str) -> FillPage:
        return await self._private_queries().fills_since(cursor)

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        return await self._private_queries().positions()

    async def balances(self) -> tuple[BalanceReport, ...]:
        return await self._private_queries().balances()

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        return await self._private_queries().funding_since(ts)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        return await self._private_queries().transfers_since(ts)

    async def _poll_funding_rates(self) -> None:
        for rate, mark in await self._queries.funding_rates() if self._queries is not None else ():
            if rate is not None and self._listener is not None:
                self._listener.on_funding_rate(rate)
            if mark is not None and self._listener is not None:
                self._listener.on_mark(mark.symbol, mark.price, mark.ts_event)
