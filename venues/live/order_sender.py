"""Sends orders and cancels, and says of each what became of it: taken, refused, or not known."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from typing import TypeVar

from venues.live.ccxt_types import Raw
from venues.live.dialect import ClientIdCodec, Dialect
from venues.live.errors import Wire, error_is, order_was_refused, wire
from venues.live.exchange import Exchange
from venues.live.markets import Markets
from venues.live.nonces import NonceSequencer
from venues.live.order_track import OrderTrack
from venues.live.pool import urgent
from venues.live.reading import MALFORMED, Reading
from venues.model import (
    CancelReport,
    Clock,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    TimeInForce,
    VenueListener,
    VenueRejected,
)

ANSWER_TIMEOUT_S = 5.0
CONFIRM_S = 5.0
"""How long the order stream may take to say what became of an order whose answer was only "received"."""
CANCEL_CHECK_S = 2.0
"""How long after a cancel that was taken the order may stay open before it is asked after."""

T = TypeVar("T")
Sent = tuple[T | None, BaseException | None]


class OrderSender:
    """Hands over at once; each order and cancel has a task of its own, which `close` waits for."""

    def __init__(
        self,
        dialect: Dialect,
        exchange: Exchange,
        markets: Markets,
        track: OrderTrack,
        reading: Reading,
        ids: ClientIdCodec,
        clock: Clock,
        listener: VenueListener,
        nonces: NonceSequencer,
        tell: Callable[[OrderStatusReport], None],
        ask_after: Callable[[str, str], Coroutine[object, object, None]],
    ) -> None:
        """`tell` hands on what is news in a report; `ask_after` (client order id, symbol) queries an order first."""
        self._dialect = dialect
        self._exchange = exchange
        self._markets = markets
        self._track = track
        self._reading = reading
        self._ids = ids
        self._clock = clock
        self._listener = listener
        self._nonces = nonces
        self._tell_report = tell
        self._ask_after = ask_after
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()

    def submit(self, order: OrderRequest) -> None:
        self._track.sent(order)
        self._start(self._submit(order))

    def cancel(self, client_order_id: str, symbol: str) -> None:
        self._start(self._cancel(client_order_id, symbol))

    def refuse(self, order: OrderRequest, text: str) -> None:
        """Nothing leaves; the listener hears of it on the next turn of the loop."""
        asyncio.get_running_loop().call_soon(self._rejected, order, text, RejectReason.OTHER)

    def refuse_cancel(self, client_order_id: str, symbol: str, text: str) -> None:
        asyncio.get_running_loop().call_soon(self._cancel_failed, client_order_id, symbol, True, text)

    async def close(self) -> None:
        """Wait for what is under way: each has its answer, or its time-out, within seconds."""
        for timer in self._timers:
            timer.cancel()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def numbered(self, transaction: Callable[[Raw], Awaitable[T]]) -> T:
        """Run something that moves the account with its nonce in the params, where the venue wants one."""
        if not self._dialect.nonces:
            return await transaction({})

        async def fetch() -> int:
            try:
                return await self._dialect.fetch_nonce(self._exchange.ccxt)
            finally:
                record = wire.get()
                if record is not None:  # asking for the nonce was no order
                    record.sent, record.status = False, 0

        return await self._nonces.send(fetch, lambda nonce: transaction({"nonce": nonce}))

    # -- orders --------------------------------------------------------------------------------------------------

    async def _submit(self, order: OrderRequest) -> None:
        async def create(params: Raw) -> Raw:
            client_id = self._dialect.client_id(order.client_order_id, self._ids)
            return await self._dialect.create(
                self._exchange.ccxt,
                self._markets.ccxt_symbol(order.symbol),
                order,
                {**params, self._dialect.client_id_key: client_id},
            )

        record = Wire()
        raw, error = await self._send(record, create)
        if error is not None:
            self._order_failed(order, record, error)
        elif raw is not None:
            self._order_answered(order, raw)

    async def _send(self, record: Wire, transaction: Callable[[Raw], Awaitable[T]]) -> Sent[T]:
        """(answer, None) or (None, what went wrong). It runs in a task of its own, so what it sets stays there."""
        wire.set(record)
        urgent.set(True)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self.numbered(transaction), None
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return None, error
        except Exception as error:  # noqa: BLE001  # each is judged and told by the caller
            self._exchange.note_error(error)
            return None, error

    def _order_answered(self, order: OrderRequest, raw: Raw) -> None:
        if not self._dialect.answer_is_final:
            self._track.learn(str(raw.get("id") or ""), order.client_order_id)
            self._later(CONFIRM_S, self._confirm, order)
            return
        try:
            report = self._reading.order(raw, client_order_id=order.client_order_id, unsaid=OrderStatus.OPEN)
        except MALFORMED as error:
            self._unknown(order, self._exchange.redact(f"the answer makes no sense: {error}"))
            return
        if report is not None:
            self._tell_report(report)

    def _order_failed(self, order: OrderRequest, record: Wire, error: BaseException) -> None:
        text, code = self._exchange.redact.words(error)
        self._exchange.login.lost(error, self._exchange.ccxt)
        if isinstance(error, TimeoutError):
            text = f"no answer within {ANSWER_TIMEOUT_S:g} s"
        reason = self._dialect.reject_reason(text, code)
        # by the venue's code, too: which error ccxt makes of it is another matter
        twice = record.sent and reason is RejectReason.DUPLICATE_ID
        if order_was_refused(error, record) and not twice:
            alone = self._dialect.met_nobody
            if alone and alone in text.lower() and order.tif is TimeInForce.IOC:
                self._tell(order, OrderStatus.CANCELED, text, None)
                return
            if error_is(error, "RateLimitExceeded", "DDoSProtection"):
                reason = RejectReason.RATE_LIMIT
            elif self._dialect.nonces and self._dialect.is_nonce_error(text, code):
                reason = RejectReason.NONCE
            self._rejected(order, text, reason)
        else:
            self._unknown(order, text)

    def _confirm(self, order: OrderRequest) -> None:
        entry = self._track.get(order.client_order_id)
        if entry is not None and entry.status is None:
            self._unknown(order, f"received, and no word of it for {CONFIRM_S:g} s")

    def _unknown(self, order: OrderRequest, text: str) -> None:
        entry = self._track.get(order.client_order_id)
        if entry is not None and entry.status is not None:
            return  # the stream has told of it meanwhile: it is known
        self._tell(order, OrderStatus.UNKNOWN, text, None)

    def _rejected(self, order: OrderRequest, text: str, reason: RejectReason) -> None:
        self._tell(order, OrderStatus.REJECTED, text, reason)

    def _tell(self, order: OrderRequest, status: OrderStatus, text: str, reason: RejectReason | None) -> None:
        now = self._clock.now_ns()
        report = OrderStatusReport(
            client_order_id=order.client_order_id,
            venue_order_id="",
            symbol=order.symbol,
            side=order.side,
            qty=order.qty,
            price=order.price,
            filled_qty=Decimal(0),
            status=status,
            ts_event=now,
            ts_init=now,
            reason=reason,
            text=text,
            tif=order.tif,
            post_only=order.post_only,
            reduce_only=order.reduce_only,
        )
        self._tell_report(report)

    # -- cancels -------------------------------------------------------------------------------------------------

    async def _cancel(self, client_order_id: str, symbol: str) -> None:
        entry = self._track.get(client_order_id)
        venue_id = entry.venue_order_id if entry is not None else ""

        async def cancel(params: Raw) -> None:
            client_id = self._dialect.client_id(client_order_id, self._ids)
            await self._dialect.cancel(
                self._exchange.ccxt, self._markets.ccxt_symbol(symbol), client_id, venue_id, params
            )

        record = Wire()
        _, error = await self._send(record, cancel)
        if error is None:
            self._later(CANCEL_CHECK_S, self._check_canceled, client_order_id, symbol)
            return
        text, _ = self._exchange.redact.words(error)
        known = isinstance(error, VenueRejected) or order_was_refused(error, record)
        if self._exchange.login.lost(error, self._exchange.ccxt):
            known = False
        self._cancel_failed(client_order_id, symbol, known and record.sent, text)
        if error_is(error, "OrderNotFound"):
            self._check_canceled(client_order_id, symbol)

    def _check_canceled(self, client_order_id: str, symbol: str) -> None:
        entry = self._track.get(client_order_id)
        if entry is None or not entry.ended:
            self._start(self._ask_after(client_order_id, symbol))

    def _cancel_failed(self, client_order_id: str, symbol: str, known: bool, text: str) -> None:
        self._listener.on_cancel_failed(CancelReport(client_order_id, symbol, known, text, self._clock.now_ns()))

    # -- tasks ---------------------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _later(self, seconds: float, call: Callable[..., None], *args: object) -> None:
        handle: asyncio.TimerHandle

        def fire() -> None:
            self._timers.discard(handle)
            call(*args)

        handle = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(handle)
