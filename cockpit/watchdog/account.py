"""One account of the watchdog: its own connection, what it hears there, and the venue's dead-man switch."""

from __future__ import annotations

import asyncio
from decimal import Decimal

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


class WatchedAccount:
    """Connects, and goes on trying; keeps how orders of ours ended, and lets everything else go by."""

    def __init__(self, venue: ReduceOnlyVenue) -> None:
        self.venue = venue
        self.name = venue.account
        self.up = False
        self.why = "not connected yet"
        """Why it is not up."""
        self.ended: dict[str, OrderStatusReport] = {}
        """Orders of ours that the venue said are over, by client id."""
        self._told = False
        """Whether the connection has said how it is."""
        self._ours: set[str] = set()
        self._moved = asyncio.Event()
        self._dial: asyncio.Task[None] | None = None
        self._press: asyncio.Task[None] | None = None
        self.armed_s = 0.0
        """What the venue's dead-man switch was last set to, seconds; 0: off."""
        self.switch_trouble = ""
        """Why the switch could not be set; empty while it can."""

    # -- the connection

    def start(self) -> None:
        if self._dial is None:
            self._dial = asyncio.get_running_loop().create_task(self._connect())

    async def close(self) -> None:
        tasks = [task for task in (self._dial, self._press) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.venue.close()

    async def _connect(self) -> None:
        delay = DIAL_FIRST_S
        while True:
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
        if not self.up or not self.has_switch or (self._press is not None and not self._press.done()):
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
