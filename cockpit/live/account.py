"""A configured live account as the desk's `Venue`: keys are read when it connects, and it trades only when let."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import msgspec

from cockpit.secrets.errors import KeysError
from venues.model import (
    CancelReport,
    Capabilities,
    Clock,
    Instrument,
    Mode,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Venue,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)
from venues.model.forwarded import ForwardedQueries
from venues.model.secret import Secret

LoadKeys: TypeAlias = Callable[[], Awaitable[Mapping[str, Secret]]]
"""Raises `KeysError`."""
MakeVenue: TypeAlias = Callable[[Mapping[str, Secret], bool], Venue]
"""(credentials, read_only) to a venue that is not connected yet. Raises `VenueError`."""
LookAtAccount: TypeAlias = Callable[[Venue], Awaitable["Looked"]]
"""What is to be said of the account on a venue that has just connected."""


class Looked(msgspec.Struct, frozen=True):
    """How an account is set up at its venue."""

    unfit: tuple[str, ...] = ()
    """Why nothing should be launched there, and how to mend it."""
    remarks: tuple[str, ...] = ()
    """What the operator should know."""


class LiveAccount(ForwardedQueries):
    """Each connection is made for one purpose, to watch or to trade; which one `read_only` says when it is made."""

    def __init__(
        self,
        account: str,
        *,
        venue: str,
        endpoint: str,
        clock: Clock,
        load: LoadKeys,
        make: MakeVenue,
        look: LookAtAccount,
    ) -> None:
        self._account = account
        self._name = venue
        self._endpoint = endpoint
        self._clock = clock
        self._load = load
        self._make = make
        self._look = look
        self.read_only = True
        self._trades = False
        """Whether the connection that stands was made to trade."""
        self._ready = False
        """Whether `connect` is through: only then the venue takes subscriptions."""
        self._inner: Venue | None = None
        self._listener: VenueListener | None = None
        self._looked = Looked()

    @property
    def account(self) -> str:
        return self._account

    @property
    def venue(self) -> str:
        return self._name

    @property
    def mode(self) -> Mode:
        return Mode.LIVE

    @property
    def endpoint(self) -> str:
        return self._endpoint

    @property
    def unfit(self) -> tuple[str, ...]:
        return self._looked.unfit

    @property
    def remarks(self) -> tuple[str, ...]:
        return self._looked.remarks

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities if self._inner is not None else Capabilities()

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._inner.instruments if self._inner is not None else {}

    # -- connection ----------------------------------------------------------------------------------------------

    async def connect(self, listener: VenueListener) -> None:
        """Anew where there was a connection. A key or a signer that is missing raises `VenueRejected`."""
        await self._hang_up()
        self._listener = listener
        try:
            credentials = await self._load()
        except KeysError as error:
            raise VenueRejected(str(error)) from None
        inner = self._make(credentials, self.read_only)
        # listeners are told things, and ask back, before `connect` has returned
        self._inner, self._trades = inner, not self.read_only
        try:
            await inner.connect(listener)
            self._ready = True
            self._looked = await self._look(inner)
        except BaseException:
            await self._hang_up()
            raise

    async def close(self) -> None:
        await self._hang_up()

    async def _hang_up(self) -> None:
        inner, self._inner, self._trades, self._ready = self._inner, None, False, False
        if inner is not None:
            await inner.close()

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Before the connection stands nothing is asked for: whoever connects subscribes to all."""
        if self._inner is not None and self._ready:
            self._inner.subscribe(symbols)

    # -- orders --------------------------------------------------------------------------------------------------

    def submit(self, order: OrderRequest) -> None:
        """On a connection that was not made to trade nothing leaves: the order is told as REJECTED."""
        inner = self._inner
        if inner is not None and self._trades and not self.read_only:
            inner.submit(order)
        elif self._listener is not None:
            now = self._clock.now_ns()
            report = OrderStatusReport(
                client_order_id=order.client_order_id,
                venue_order_id="",
                symbol=order.symbol,
                side=order.side,
                qty=order.qty,
                price=order.price,
                filled_qty=order.qty * 0,
                status=OrderStatus.REJECTED,
                ts_event=now,
                ts_init=now,
                reason=RejectReason.HALTED,
                text=f"{self._account} is read-only or not connected: nothing was sent",
                tif=order.tif,
                post_only=order.post_only,
                reduce_only=order.reduce_only,
            )
            self._listener.on_order(report)

    def cancel(self, client_order_id: str, symbol: str) -> None:
        inner = self._inner
        if inner is not None and self._trades:
            inner.cancel(client_order_id, symbol)
        elif self._listener is not None:
            text = f"{self._account} is read-only or not connected: no cancel was sent"
            self._listener.on_cancel_failed(CancelReport(client_order_id, symbol, True, text, self._clock.now_ns()))

    async def cancel_all(self, symbol: str | None = None) -> None:
        await self._trading().cancel_all(symbol)

    async def cancel_all_after(self, seconds: float) -> None:
        await self._trading().cancel_all_after(seconds)

    def _trading(self) -> Venue:
        inner = self._answering()
        if not self._trades:
            raise VenueRejected(f"{self._account} is read-only: nothing is cancelled there")
        return inner

    # -- queries -------------------------------------------------------------------------------------------------

    def _answering(self) -> Venue:
        if self._inner is None:
            raise VenueUnavailable(f"{self._account} is not connected")
        return self._inner
