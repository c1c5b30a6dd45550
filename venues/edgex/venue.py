"""One account on edgeX: the `Venue` of the model over the SDK's REST client and two websockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from decimal import Decimal
from random import Random
from typing import Any

import aiohttp

from venues.edgex.depth import DepthBook, DepthGap
from venues.edgex.questions import Questions
from venues.edgex.reading import fees_of, instruments_of
from venues.edgex.sdk import Raw, RestClient, Sdk, ask, load, make_client
from venues.edgex.sockets import PRIVATE_PATH, PUBLIC_PATH, Socket, login_headers
from venues.live.errors import reject_reason_of_words
from venues.model import (
    BalanceReport,
    CancelReport,
    Capabilities,
    Clock,
    FillPage,
    FundingPayment,
    Instrument,
    Mode,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
    RejectReason,
    TimeInForce,
    Transfer,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)
from venues.model.secret import Secret

REST = "https://edgex-prod-v2.edgex.exchange"
QUOTES = "wss://edgex-quote-prod-v2.edgex.exchange"
DEPTH = 15
TIFS = {
    TimeInForce.GTC: "GOOD_TIL_CANCEL",
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
}


class EdgexVenue:
    """`submit` and `cancel` hand a task over and return; the outcome comes to the listener, UNKNOWN where none came."""

    def __init__(
        self,
        *,
        account: str,
        credentials: Mapping[str, Secret],
        clock: Clock,
        rng: Random,
        symbols: Iterable[str] = (),
        endpoint: str = "",
        read_only: bool = False,
        sdk: Sdk | None = None,
    ) -> None:
        """`symbols`: contracts or base coins to be traded; none named: all. `endpoint` is `http://HOST|ws://HOST` in
        the place of the venue's. Raises `VenueRejected` without the SDK."""
        self._account = account
        self._credentials = credentials
        self._clock = clock
        self._rng = rng
        self._wanted = frozenset(symbols)
        rest, _, quotes = endpoint.partition("|")
        self._rest, self._quotes = rest or REST, quotes or (QUOTES if not rest else rest.replace("http", "ws", 1))
        self._read_only = read_only
        self._sdk = load() if sdk is None else sdk
        self._client: RestClient | None = None
        self._questions: Questions | None = None
        self._session: aiohttp.ClientSession | None = None
        self._public: Socket | None = None
        self._private: Socket | None = None
        self._listener: VenueListener | None = None
        self._instruments: dict[str, Instrument] = {}
        self._contracts: dict[str, str] = {}
        self._symbols: dict[str, str] = {}
        self._metadata: Raw = {}
        self._capabilities = Capabilities(client_id_max_len=64, max_orders_per_s=5.0, max_queries_per_min=300.0)
        self._books: dict[str, DepthBook] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def account(self) -> str:
        return self._account

    @property
    def venue(self) -> str:
        return "edgex"

    @property
    def mode(self) -> Mode:
        return Mode.LIVE

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    # -- connection ----------------------------------------------------------------------------------------------

    async def connect(self, listener: VenueListener) -> None:
        """Load the contracts and open the sockets. Raises `VenueUnavailable` or `VenueRejected`."""
        self._listener = listener
        self._client = make_client(self._sdk, self._rest, self._credentials)
        self._metadata = await ask("contracts", self._client.get_metadata()) or {}
        listed, contracts = instruments_of(self._metadata)
        self._instruments = {
            symbol: instrument
            for symbol, instrument in listed.items()
            if not self._wanted or not self._wanted.isdisjoint((symbol, instrument.base))
        }
        if not self._instruments:
            raise VenueRejected(f"edgeX lists none of {', '.join(sorted(self._wanted)) or 'its contracts'}")
        self._contracts = {symbol: contracts[symbol] for symbol in self._instruments}
        self._symbols = {contract: symbol for symbol, contract in self._contracts.items()}
        self._questions = Questions(self._sdk, self._client, self._metadata, self._instruments, self._clock)
        maker, taker = fees_of(self._metadata, self._symbols)
        self._capabilities = Capabilities(
            client_id_max_len=64, max_orders_per_s=5.0, max_queries_per_min=300.0, maker_fee=maker, taker_fee=taker
        )
        self._session = aiohttp.ClientSession()
        self._public = self._socket(PUBLIC_PATH, self._on_public, self._on_public_up, self._public_dial)
        self._private = self._socket(PRIVATE_PATH, self._on_private, listener.on_connection, self._private_dial)
        self._start(self._public.run())
        self._start(self._private.run())

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._client is not None:
            await self._client.close()

    def subscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            if symbol not in self._books:
                self._books[symbol] = DepthBook(self._instrument(symbol))
                if self._public is not None:
                    self._start(self._public.send(self._depth_request(symbol)))

    # -- orders --------------------------------------------------------------------------------------------------

    def submit(self, order: OrderRequest) -> None:
        self._start(self._submit(order))

    def cancel(self, client_order_id: str, symbol: str) -> None:
        self._start(self._cancel(client_order_id, symbol))

    async def cancel_all(self, symbol: str | None = None) -> None:
        for contract in [self._contracts[symbol]] if symbol else list(self._symbols):
            params = self._sdk.CancelOrderParams(contract_id=contract)
            await ask("cancel all", self._rest_client.order.cancel_order(params))

    async def cancel_all_after(self, seconds: float) -> None:
        raise VenueRejected("edgeX has no dead-man switch")

    async def _submit(self, order: OrderRequest) -> None:
        if self._read_only:
            self._tell(order, OrderStatus.REJECTED, RejectReason.OTHER, f"{self._account} is read-only")
            return
        try:
            params = self._sdk.CreateOrderParams(
                contract_id=self._contracts[order.symbol],
                price=f"{order.price:f}",
                size=f"{order.qty:f}",
                type="LIMIT",
                side=order.side.value.upper(),
                time_in_force="POST_ONLY" if order.post_only else TIFS[order.tif],
                client_order_id=order.client_order_id,
                reduce_only=order.reduce_only,
            )
            sending = self._rest_client.order.create_order(params, self._metadata, order.price)
            data = await ask("order", sending)
        except VenueRejected as error:
            self._tell(order, OrderStatus.REJECTED, reject_reason_of_words(error.reason), error.reason)
        except VenueUnavailable as error:
            self._tell(order, OrderStatus.UNKNOWN, None, str(error))
        except KeyError:
            self._tell(order, OrderStatus.REJECTED, RejectReason.SYMBOL, f"unknown symbol {order.symbol!r}")
        else:
            venue_id = str((data or {}).get("orderId") or "")
            self._asked.learn(venue_id, order.client_order_id)
            self._tell(order, OrderStatus.OPEN, None, "", venue_id)

    async def _cancel(self, client_order_id: str, symbol: str) -> None:
        try:
            params = self._sdk.CancelOrderParams(client_order_id=client_order_id)
            await ask("cancel", self._rest_client.order.cancel_order(params))
        except (VenueRejected, VenueUnavailable) as error:
            known = isinstance(error, VenueRejected)
            report = CancelReport(client_order_id, symbol, known, str(error), self._clock.now_ns())
            self._told.on_cancel_failed(report)

    def _tell(
        self, order: OrderRequest, status: OrderStatus, reason: RejectReason | None, text: str, venue_id: str = ""
    ) -> None:
        now = self._clock.now_ns()
        self._told.on_order(
            OrderStatusReport(
                order.client_order_id,
                venue_id,
                order.symbol,
                order.side,
                order.qty,
                order.price,
                Decimal(0),
                status,
                now,
                now,
                reason,
                text,
                order.tif,
                order.post_only,
                order.reduce_only,
            )
        )

    # -- questions -----------------------------------------------------------------------------------------------

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        return await self._asked.order(client_order_id, venue_order_id)

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        return await self._asked.open_orders()

    async def fills_since(self, cursor: str) -> FillPage:
        return await self._asked.fills_since(cursor)

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        return await self._asked.positions()

    async def balances(self) -> tuple[BalanceReport, ...]:
        return await self._asked.balances()

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        return await self._asked.funding_since(ts)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        return await self._asked.transfers_since(ts)

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        """Raises `VenueRejected` or `VenueUnavailable`."""
        contract = self._contracts[self._instrument(symbol).symbol]
        await ask("leverage", self._rest_client.account.update_leverage_setting(contract, str(leverage)))

    # -- what arrives --------------------------------------------------------------------------------------------

    def _on_public_up(self, up: bool, reason: str) -> None:
        if not up:
            for symbol, book in self._books.items():
                self._lose(symbol, book)
            return
        for symbol in self._books:
            if self._public is not None:
                self._start(self._public.send(self._depth_request(symbol)))

    def _on_public(self, raw: Raw) -> None:
        channel = str(raw.get("channel") or "")
        symbol = self._symbols.get(channel.split(".")[1] if channel.startswith("depth.") else "", "")
        book = self._books.get(symbol)
        content = raw.get("content")
        if book is None or not isinstance(content, dict):
            return
        now = self._clock.now_ns()
        for data in content.get("data") or ():
            try:
                book.apply(data)
            except DepthGap:
                self._lose(symbol, book)
                if self._public is not None:
                    self._start(self._public.drop())
                return
        self._told.on_book(book.update(DEPTH, now))

    def _lose(self, symbol: str, book: DepthBook) -> None:
        book.clear()
        self._told.on_book(book.update(DEPTH, self._clock.now_ns()))

    def _on_private(self, raw: Raw) -> None:
        content = raw.get("content")
        data = content.get("data") if isinstance(content, dict) else None
        if not isinstance(data, dict):
            return
        try:
            reports = self._asked.reports(data.get("order") or ())
        except VenueUnavailable:
            # it may have been the end of an order: dialling anew makes the desk ask for everything
            if self._private is not None:
                self._start(self._private.drop())
            return
        for report in reports:
            self._told.on_order(report)
        for row in data.get("orderFillTransaction") or ():
            self._start(self._tell_fill(row))

    async def _tell_fill(self, row: Raw) -> None:
        try:
            fill = await self._asked.fill(row)
        except (VenueRejected, VenueUnavailable):
            return  # the order could not be asked for; the fill is found again when the account is reconciled
        if fill is not None:
            self._told.on_fill(fill)

    # -- small things --------------------------------------------------------------------------------------------

    @property
    def _rest_client(self) -> RestClient:
        if self._client is None:
            raise VenueUnavailable(f"{self._account} is not connected")
        return self._client

    @property
    def _asked(self) -> Questions:
        if self._questions is None:
            raise VenueUnavailable(f"{self._account} is not connected")
        return self._questions

    @property
    def _told(self) -> VenueListener:
        if self._listener is None:
            raise VenueUnavailable(f"{self._account} is not connected")
        return self._listener

    def _instrument(self, symbol: str) -> Instrument:
        found = self._instruments.get(symbol)
        if found is None:
            raise VenueRejected(f"edgeX has no contract {symbol!r}")
        return found

    def _depth_request(self, symbol: str) -> Raw:
        return {"type": "subscribe", "channel": f"depth.{self._contracts[symbol]}.{DEPTH}"}

    def _socket(
        self,
        path: str,
        heard: Callable[[Raw], None],
        up: Callable[[bool, str], None],
        dial: Callable[[int], tuple[str, dict[str, str]]],
    ) -> Socket:
        if self._session is None:
            raise VenueUnavailable(f"{self._account} is not connected")
        url = self._quotes + path
        return Socket(self._session, url, self._clock, self._rng, heard=heard, up=up, headers=dial)

    def _public_dial(self, now_ms: int) -> tuple[str, dict[str, str]]:
        return f"timestamp={now_ms}", {}

    def _private_dial(self, now_ms: int) -> tuple[str, dict[str, str]]:
        query = f"accountId={self._credentials['accountId'].reveal()}&timestamp={now_ms}"
        return query, login_headers(self._credentials, PRIVATE_PATH, query, now_ms)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
