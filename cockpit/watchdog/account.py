"""One account of the watchdog: its own connection, what it hears there, and the venue's dead-man switch."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Protocol

from cockpit.watchdog.reduce_only import ReduceOnlyVenue
from venues.model import (
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    OrderStatus,
    OrderStatusReport,
    Transfer,
    VenueError,
)

DIAL_FIRST_S, DIAL_MAX_S = 0.2, 10.0


READ_ONLY = "is read-only: left alone"


class Gate(Protocol):
    """What shuts a live account off: `cockpit.live.account.LiveAccount`."""

    read_only: bool
    """Takes effect with the next `connect`."""


class WatchedAccount:
    """Connects, and goes on trying; keeps how orders of ours ended, and lets everything else go by.

    A live account has a gate: while the desk has it read-only it is not even connected."""

    def __init__(self, venue: ReduceOnlyVenue, gate: Gate | None = None) -> None:
        self.venue = venue
        self.name = venue.account
        self.gate = gate
        self.let = gate is None
        """Whether it may be touched at all."""
        self.up = False
        self.why = "not connected yet"
        """Why it is not up."""
        self.ended: dict[str, OrderStatusReport] = {}
        """Orders of ours that the venue said are over, by client id."""
        self._told = False
        """Whether the connection has said how it is."""
        self._ours: set[str] = set()
        self._moved = asyncio.Event()
        self._wanted = self.let
        """Whether it is to be connected."""
        self._dialled = False
        self._turned = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._press: asyncio.Task[None] | None = None
        self.armed_s = 0.0
        """What the venue's dead-man switch was last set to, seconds; 0: off."""
        self.switch_trouble = ""
        """Why the switch could not be set; empty while it can."""

    # -- the connection

    def start(self) -> None:
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def try_out(self) -> None:
        """Connect, a live account to watch only, to see whether it can be done."""
        self._wanted = True
        self.start()

    def let_trade(self, may: bool) -> None:
        """What the desk says of an account with a gate: connect to it, or disarm its switch, hang up, let it alone."""
        if self.gate is None or may == self.let:
            return
        self.let = self._wanted = may
        self.gate.read_only = not may
        self._turned.set()

    async def close(self) -> None:
        tasks = [task for task in (self._keeper, self._press) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.venue.close()

    async def _keep(self) -> None:
        while True:
            self._turned.clear()
            if self._wanted:
                await self._connect()
            else:
                await self._hang_up()
            await self._turned.wait()

    async def _hang_up(self) -> None:
        if self.up and self.armed_s:
            await self.set_switch(0)
        if self._dialled:
            await self.venue.close()
        self.up, self._told, self._dialled, self.armed_s = False, False, False, 0.0
        self.why = READ_ONLY

    async def _connect(self) -> None:
        delay = DIAL_FIRST_S
        while self._wanted:
            self._dialled = True
            try:
                await self.venue.connect(self)
            except VenueError as error:
                self.why = str(error)
                await asyncio.sleep(delay)
                delay = min(2 * delay, DIAL_MAX_S)
                continue
            if not self._told:
                self.on_connection(True, "connected")
            return

    # -- the dead-man switch

    @property
    def has_switch(self) -> bool:
        return self.venue.capabilities.dead_man_switch

    def press(self, seconds: float) -> None:
        """Set the switch, in the background; while a press is under way another one is not begun."""
        if not self.up or not self.let or not self.has_switch or (self._press is not None and not self._press.done()):
            return
        self._press = asyncio.get_running_loop().create_task(self.set_switch(seconds))

    async def set_switch(self, seconds: float) -> None:
        """Set it now. What the venue says against it stands in `switch_trouble`."""
        try:
            await self.venue.cancel_all_after(seconds)
        except VenueError as error:
            self.switch_trouble = str(error)
        else:
            self.switch_trouble = ""
            self.armed_s = seconds

    # -- our orders

    def expect(self, client_order_id: str) -> None:
        """An order of ours is about to leave."""
        self._ours.add(client_order_id)

    def forget(self, client_order_id: str) -> None:
        """Its end is known, or it is taken for one that never lived: nothing more is kept of it."""
        self._ours.discard(client_order_id)
        self.ended.pop(client_order_id, None)

    async def wait_for(self, ids: set[str], timeout: float) -> None:
        """Wait until all of these have ended, `timeout` seconds at the most."""
        try:
            async with asyncio.timeout(timeout):
                while not ids <= self.ended.keys():
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return

    # -- VenueListener

    def on_order(self, report: OrderStatusReport) -> None:
        if report.client_order_id in self._ours and report.status in _ENDS:
            self.ended[report.client_order_id] = report
            self._moved.set()

    def on_connection(self, up: bool, reason: str) -> None:
        self._told = True
        self.up = up
        self.why = "" if up else reason

    def on_book(self, update: BookUpdate) -> None: ...
    def on_fill(self, fill: FillReport) -> None: ...
    def on_cancel_failed(self, report: CancelReport) -> None: ...
    def on_funding_rate(self, rate: FundingRate) -> None: ...
    def on_funding(self, payment: FundingPayment) -> None: ...
    def on_transfer(self, transfer: Transfer) -> None: ...
    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None: ...


_ENDS = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED})
