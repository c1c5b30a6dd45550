"""An account of the paper exchange in another process: the `Venue` that a desk trades on by default."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from venues.model import (
    BalanceReport,
    BookUpdate,
    CancelReport,
    Capabilities,
    Clock,
    FillPage,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    Mode,
    OrderRequest,
    OrderStatusReport,
    PositionStatusReport,
    Transfer,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)
from venues.paper.ask import NOT_CONNECTED, Questions, ask_once, failure_error
from venues.paper.in_flight import SUBMIT_TIMEOUT_S, InFlight
from venues.paper.protocol import (
    ENCODER,
    MALFORMED,
    SERVER_DECODER,
    Args,
    Cancel,
    Connection,
    Event,
    Failure,
    Login,
    Mark,
    Refused,
    Response,
    Submit,
    Subscribe,
    Welcome,
    What,
)
from venues.paper.stamped import Stamped
from venues.wire import FrameProtocol

CONNECT_TIMEOUT_S = 5.0
QUERY_TIMEOUT_S = 10.0
REDIAL_FIRST_S = 0.05
REDIAL_MAX_S = 2.0

T = TypeVar("T")
Report = TypeVar("Report", OrderStatusReport, FillReport, FundingPayment, Transfer)

_Decoder = msgspec.msgpack.Decoder
_NOTHING: _Decoder[None] = _Decoder(None)
_ORDER: _Decoder[OrderStatusReport | None] = _Decoder(OrderStatusReport | None)
_ORDERS: _Decoder[tuple[OrderStatusReport, ...]] = _Decoder(tuple[OrderStatusReport, ...])
_FILLS: _Decoder[FillPage] = _Decoder(FillPage)
_POSITIONS: _Decoder[tuple[PositionStatusReport, ...]] = _Decoder(tuple[PositionStatusReport, ...])
_BALANCES: _Decoder[tuple[BalanceReport, ...]] = _Decoder(tuple[BalanceReport, ...])
_FUNDING: _Decoder[tuple[FundingPayment, ...]] = _Decoder(tuple[FundingPayment, ...])
_TRANSFERS: _Decoder[tuple[Transfer, ...]] = _Decoder(tuple[Transfer, ...])
_replace = msgspec.structs.replace


class PaperClient:
    """`Venue` of one account over the paper exchange's unix socket.

    `submit` and `cancel` write to the socket before they return; events reach the listener in the same turn of the
    event loop in which their bytes arrive. What goes wrong reaches the listener on a later turn:

    - an order that was never written is REJECTED ("not connected"): it is known not to live;
    - one that was written and got no report before the connection was lost, or within `submit_timeout`, is UNKNOWN;
    - a cancel of either kind comes to `on_cancel_failed` as not known.

    A main login of the same account from elsewhere takes over: this client then goes down and stays down, so that two
    desks do not throw each other out for ever. A client `beside` the main one takes nothing over and is not taken over.
    """

    def __init__(
        self,
        account: str,
        path: Path,
        clock: Clock,
        *,
        beside: bool = False,
        submit_timeout: float = SUBMIT_TIMEOUT_S,
        query_timeout: float = QUERY_TIMEOUT_S,
    ) -> None:
        self._account = account
        self._path = path
        self._clock = clock
        self._login = ENCODER.encode(Login(account, beside=beside))
        self._venue = ""
        self._capabilities = Capabilities()
        self._instruments: Mapping[str, Instrument] = {}
        self._listener: VenueListener | None = None
        self._link: Stamped | None = None
        """The connection that is logged in."""
        self._dialled: Stamped | None = None
        """The connection that has not had its welcome yet."""
        self._welcome: asyncio.Future[None] | None = None
        self._symbols: dict[str, None] = {}
        self._questions = Questions(account, query_timeout)
        self._up = False
        self._taken_over = False
        self._redial: asyncio.Task[None] | None = None
        self._redial_delay = REDIAL_FIRST_S
        self._up_since = 0.0
        self._in_flight = InFlight(clock, submit_timeout)

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def account(self) -> str:
        return self._account

    @property
    def venue(self) -> str:
        """Name of the venue's profile; empty before the first connection."""
        return self._venue

    @property
    def mode(self) -> Mode:
        return Mode.PAPER

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    # -- connection ----------------------------------------------------------------------------------------------

    async def connect(self, listener: VenueListener) -> None:
        """Log in and load instruments. While the venue itself is unreachable (a fault) the listener hears that it is
        down, and hears when it comes up.

        Raises `VenueUnavailable` where no exchange answers, `VenueRejected` where it does not know the account;
        nothing is redialled then, and one may call again."""
        if self._listener is not None:
            raise RuntimeError(f"{self._account}: connect was called twice")
        self._listener = listener
        self._in_flight.listener = listener
        self._taken_over = False
        try:
            await self._dial()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection for good; the listener is told nothing more. Orders stay as they are."""
        self._listener = None
        self._in_flight.clear()
        for protocol in (self._link, self._dialled):
            if protocol is not None:
                protocol.close()
        self._link = self._dialled = None
        self._up = False
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(ConnectionError("closed"))
        self._questions.fail("closed")
        redial, self._redial = self._redial, None
        if redial is not None:
            redial.cancel()
            await asyncio.gather(redial, return_exceptions=True)

    async def _dial(self) -> None:
        """One attempt: connect, log in, wait for the welcome."""
        loop = asyncio.get_running_loop()

        def make() -> Stamped:
            protocol = Stamped(self._on_frame, self._on_lost)
            protocol.clock = self._clock
            return protocol

        self._welcome = loop.create_future()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, protocol = await loop.create_unix_connection(make, str(self._path))
                self._dialled = protocol
                protocol.send(self._login)
                await self._welcome
        except (OSError, TimeoutError) as error:
            text = str(error) or f"no welcome within {CONNECT_TIMEOUT_S:g} s"
            raise VenueUnavailable(f"{self._account}: no paper exchange answers at {self._path}: {text}") from None
        finally:
            self._welcome = None
            dialled, self._dialled = self._dialled, None
            if dialled is not None:
                dialled.close()

    async def _redial_until_up(self) -> None:
        while self._link is None and not self._taken_over:
            await asyncio.sleep(self._redial_delay)
            self._redial_delay = min(2 * self._redial_delay, REDIAL_MAX_S)
            try:
                await self._dial()
            except VenueUnavailable:
                continue
            except VenueRejected as error:
                # the account may come back when the desk asks the exchange for it; until then say why it is down
                self._tell_connection(False, error.reason)
        self._redial = None

    def _on_lost(self, protocol: FrameProtocol, error: Exception | None) -> None:
        if protocol is self._dialled:
            if self._welcome is not None and not self._welcome.done():
                self._welcome.set_exception(ConnectionError("the exchange hung up"))
        elif protocol is self._link:
            self._go_down(f"connection lost: {error or 'the exchange hung up'}")

    def _go_down(self, reason: str) -> None:
        self._link = None
        self._up = False
        self._questions.fail(reason)
        self._in_flight.lose(reason)
        self._tell_connection(False, reason)
        if self._taken_over or self._listener is None or self._redial is not None:
            return  # a redial that has just come through sees by itself that the connection is gone again
        loop = asyncio.get_running_loop()
        if loop.time() - self._up_since > REDIAL_MAX_S:
            self._redial_delay = REDIAL_FIRST_S
        self._redial = loop.create_task(self._redial_until_up())

    def _tell_connection(self, up: bool, reason: str) -> None:
        if self._listener is not None:
            self._listener.on_connection(up, reason)

    # -- frames --------------------------------------------------------------------------------------------------

    def _on_frame(self, protocol: FrameProtocol, payload: bytes) -> None:
        if protocol is not self._link and protocol is not self._dialled:
            return  # closed, with bytes still in the pipe
        assert isinstance(protocol, Stamped)
        try:
            message = SERVER_DECODER.decode(payload)
        except MALFORMED as error:
            protocol.abort(ConnectionError(f"the exchange sent what is no message: {error}"))
            return
        listener = self._listener
        if listener is None:
            return
        if isinstance(message, Event):
            self._on_event(listener, message, protocol.received_ns)
        elif isinstance(message, BookUpdate):
            listener.on_book(message)
        elif isinstance(message, Mark):
            listener.on_mark(message.symbol, message.price, message.ts_event)
        elif isinstance(message, Response):
            self._questions.on_response(message)
        elif isinstance(message, Connection):
            self._on_venue_connection(message)
        elif isinstance(message, Welcome):
            self._on_welcome(protocol, message)
        else:
            self._on_refused(protocol, message)

    def _on_event(self, listener: VenueListener, event: Event, ts: int) -> None:
        body = event.body
        if isinstance(body, FillReport):
            self._in_flight.answered(body.client_order_id)
            listener.on_fill(_replace(body, ts_init=ts))
        elif isinstance(body, OrderStatusReport):
            if self._in_flight.on_order(body):
                listener.on_order(_replace(body, ts_init=ts))
        elif isinstance(body, CancelReport):
            self._in_flight.cancel_answered(body.client_order_id)
            listener.on_cancel_failed(_replace(body, ts_init=ts))
        elif isinstance(body, FundingRate):
            listener.on_funding_rate(body)
        elif isinstance(body, FundingPayment):
            listener.on_funding(_replace(body, ts_init=ts))
        else:
            listener.on_transfer(_replace(body, ts_init=ts))

    def _on_welcome(self, protocol: Stamped, welcome: Welcome) -> None:
        self._link, self._dialled = protocol, None
        self._venue = welcome.venue
        self._capabilities = welcome.capabilities
        self._instruments = welcome.instruments
        self._up_since = asyncio.get_running_loop().time()
        if self._symbols:
            protocol.send(ENCODER.encode(Subscribe(tuple(self._symbols))))
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_result(None)
        self._up = welcome.up
        self._tell_connection(welcome.up, "connected" if welcome.up else welcome.reason)

    def _on_venue_connection(self, message: Connection) -> None:
        if message.up == self._up:
            return
        self._up = message.up
        if not message.up:
            self._in_flight.lose(message.reason)
        self._tell_connection(message.up, message.reason)

    def _on_refused(self, protocol: Stamped, refused: Refused) -> None:
        if protocol is self._dialled:
            if self._welcome is not None and not self._welcome.done():
                self._welcome.set_exception(failure_error(refused.failure, refused.text))
        else:
            protocol.close()
            self._taken_over = refused.failure is Failure.TAKEN_OVER
            self._go_down(refused.text)

    # -- trading -------------------------------------------------------------------------------------------------

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Raises `VenueRejected` for a symbol that the venue does not have."""
        symbols = tuple(symbols)
        for symbol in symbols:
            if symbol not in self._instruments:
                raise VenueRejected(f"unknown symbol {symbol!r}")
        new = tuple(symbol for symbol in symbols if symbol not in self._symbols)
        self._symbols.update(dict.fromkeys(new))
        if new and self._link is not None:
            self._link.send(ENCODER.encode(Subscribe(new)))

    def submit(self, order: OrderRequest) -> None:
        link = self._link
        if link is not None and link.send(ENCODER.encode(Submit(order))):
            self._in_flight.submitted(order)
        else:
            self._in_flight.never_submitted(order, NOT_CONNECTED)

    def cancel(self, client_order_id: str, symbol: str) -> None:
        link = self._link
        if link is not None and link.send(ENCODER.encode(Cancel(client_order_id, symbol))):
            self._in_flight.cancelling(client_order_id, symbol)
        else:
            self._in_flight.never_cancelled(client_order_id, symbol, NOT_CONNECTED)

    # -- queries -------------------------------------------------------------------------------------------------

    async def cancel_all(self, symbol: str | None = None) -> None:
        await self._ask(What.CANCEL_ALL, Args(symbol=symbol or ""), _NOTHING)

    async def cancel_all_after(self, seconds: float) -> None:
        await self._ask(What.CANCEL_ALL_AFTER, Args(seconds=seconds), _NOTHING)

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        args = Args(client_order_id=client_order_id, venue_order_id=venue_order_id, symbol=symbol)
        order = await self._ask(What.QUERY_ORDER, args, _ORDER)
        return self._stamp(order) if order is not None else None

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        answer = await self._ask(What.OPEN_ORDERS, Args(), _ORDERS)
        return tuple(map(self._stamp, answer))

    async def fills_since(self, cursor: str) -> FillPage:
        page = await self._ask(What.FILLS, Args(cursor=cursor), _FILLS)
        return FillPage(tuple(map(self._stamp, page.fills)), page.cursor)

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        return await self._ask(What.POSITIONS, Args(), _POSITIONS)

    async def balances(self) -> tuple[BalanceReport, ...]:
        return await self._ask(What.BALANCES, Args(), _BALANCES)

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        answer = await self._ask(What.FUNDING, Args(ts=ts), _FUNDING)
        return tuple(map(self._stamp, answer))

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        answer = await self._ask(What.TRANSFERS, Args(ts=ts), _TRANSFERS)
        return tuple(map(self._stamp, answer))

    async def fault(self, kind: str) -> None:
        """Make the venue fail in that manner, or "clear"; works while the account itself is out of reach.

        Raises `VenueUnavailable` or `VenueRejected`."""
        await ask_once(self._path, What.FAULT, Args(account=self._account, kind=kind), _NOTHING)

    async def _ask(self, what: What, args: Args, decoder: _Decoder[T]) -> T:
        return await self._questions.ask(self._link, what, args, decoder)

    def _stamp(self, report: Report) -> Report:
        return _replace(report, ts_init=self._clock.now_ns())
