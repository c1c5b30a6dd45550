"""Orders whose state is not known: asked after until the venue settles them, never resubmitted meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.orders import Order, OrderTracker
from venues.model import NS_PER_S, Clock, OrderStatus, OrderStatusReport, VenueError

FIRST_ASK_S, LAST_ASK_S = 0.3, 5.0


class Patience(msgspec.Struct, frozen=True):
    """How long silence is taken for silence."""

    ack_s: float = 5.0
    """An order in flight this long without a word is UNKNOWN."""
    absent_s: float = 10.0
    """"Not found" must be said for this long, with positions that agree, before an order counts as never received."""
    absent_times: int = 3
    alarm_s: float = 30.0


class Uncertain:
    """Settles orders that are UNKNOWN, or ended with fills missing."""

    def __init__(
        self,
        *,
        clock: Clock,
        tracker: OrderTracker,
        accounts: Mapping[str, Account],
        catch_up: Callable[[Account], Awaitable[None]],
        agrees: Callable[[Account, str], Awaitable[bool]],
        alarm: Callable[[str, str], None],
        clear: Callable[[str, str], object],
        keep: Callable[[asyncio.Task[None]], None],
        patience: Patience,
    ) -> None:
        self._clock = clock
        self._tracker = tracker
        self._accounts = accounts
        self._catch_up = catch_up
        self._agrees = agrees
        self._alarm = alarm
        self._clear = clear
        self._keep = keep
        self._patience = patience
        self._asked: set[str] = set()

    def look_after(self, order: Order) -> None:
        """Begin to ask after `order` where nobody does yet."""
        if order.id in self._asked or order.done:
            return
        self._asked.add(order.id)
        self._keep(asyncio.get_running_loop().create_task(self._settle(order)))

    def sweep(self) -> None:
        """Find orders that have been silent too long."""
        now = self._clock.now_ns()
        for order in self._tracker.live():
            waited = (now - (order.ts_sent or order.ts)) / NS_PER_S
            if order.status is OrderStatus.IN_FLIGHT and waited > self._patience.ack_s:
                self._tracker.unknown(order, f"no answer for {waited:.0f} s", now)
            cancel_waited = (now - order.cancel_at) / NS_PER_S if order.cancel_at else 0.0
            if order.status.terminal or cancel_waited > self._patience.ack_s:
                self.look_after(order)

    async def _settle(self, order: Order) -> None:
        began = self._clock.now_ns()
        delay = FIRST_ASK_S
        absent = 0
        try:
            while not order.done and (order.status is OrderStatus.UNKNOWN or order.status.terminal or order.cancel_at):
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_ASK_S)
                waited = (self._clock.now_ns() - began) / NS_PER_S
                if waited > self._patience.alarm_s:
                    why = order.reason or "its end is not known"
                    self._alarm(f"order/{order.id}", f"{order!r}: {why}; asked for {waited:.0f} s")
                account = self._accounts[order.account]
                if not account.up:
                    continue
                try:
                    known = await self._ask(account, order)
                except VenueError:
                    continue
                absent = 0 if known else absent + 1
                if order.status.terminal:
                    continue
                long_enough = waited >= self._patience.absent_s and absent >= self._patience.absent_times
                if long_enough and await self._truly_absent(account, order):
                    self._never_received(order)
            self._clear(f"order/{order.id}", f"{order.id} is settled: {order.status}")
        finally:
            self._asked.discard(order.id)

    async def _ask(self, account: Account, order: Order) -> bool:
        """Whether the venue knows the order. Fills are fetched first, so that a terminal state finds them booked."""
        await self._catch_up(account)
        report = await self._look_up(account, order)
        if report is None:
            return False
        self._tracker.on_report(report, order.account)
        if order.cancel_at and not order.status.terminal and order.status is not OrderStatus.UNKNOWN:
            # The venue has the order and the cancel is lost: whoever wanted it gone may ask again.
            self._tracker.cancel_refused(order)
        return True

    async def _look_up(self, account: Account, order: Order) -> OrderStatusReport | None:
        """What the venue says of the order. Where it can only be asked by an id that we never got, its open orders are
        all there is to go by."""
        if order.venue_order_id or account.venue.capabilities.lookup_by_client_id:
            return await account.venue.query_order(
                client_order_id=order.id, venue_order_id=order.venue_order_id, symbol=order.symbol
            )
        listed = await account.venue.open_orders()
        return next((report for report in listed if report.client_order_id == order.id), None)

    async def _truly_absent(self, account: Account, order: Order) -> bool:
        """ "Not found" is no proof on its own: the open orders must not list it and the position must be ours."""
        try:
            if any(known.client_order_id == order.id for known in await account.venue.open_orders()):
                return False
            return await self._agrees(account, order.symbol)
        except VenueError:
            return False

    def _never_received(self, order: Order) -> None:
        now = self._clock.now_ns()
        words = "the venue never had it: not found, not open, and the position agrees without it"
        status = OrderStatus.CANCELED if order.status is not OrderStatus.UNKNOWN else OrderStatus.EXPIRED
        report = OrderStatusReport(
            client_order_id=order.id,
            venue_order_id=order.venue_order_id,
            symbol=order.symbol,
            side=order.side,
            qty=order.qty,
            price=order.price,
            filled_qty=order.filled_qty,
            status=status,
            ts_event=now,
            ts_init=now,
            text=words,
        )
        self._tracker.on_report(report, order.account)
