"""Orders whose state is not known: asked after until the venue settles them, never resubmitted meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.orders import Order, OrderTracker
from venues.model import NS_PER_S, Clock, OrderStatus, OrderStatusReport, VenueError

FIRST_ASK_S, LAST_ASK_S = 0.3, 5.0
TOGETHER_NS = NS_PER_S // 2
"""Doubts that are due this near to each other share a round."""


class Patience(msgspec.Struct, frozen=True):
    """How long silence is taken for silence."""

    ack_s: float = 5.0
    """An order in flight this long without a word is UNKNOWN."""
    absent_s: float = 10.0
    """"Not found" must be said for this long, with positions that agree, before an order counts as never received."""
    absent_times: int = 3
    alarm_s: float = 30.0


class _Doubt:
    """One order that is asked after."""

    __slots__ = ("absent", "began", "delay", "due", "order")

    def __init__(self, order: Order, now: int) -> None:
        self.order = order
        self.began = now
        """Monotonic ns."""
        self.absent = 0
        """How often in a row the venue said that it does not know it."""
        self.delay = FIRST_ASK_S
        self.due = now + int(FIRST_ASK_S * NS_PER_S)


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
        self._doubts: dict[str, dict[str, _Doubt]] = {}
        """By account and client id: all of an account are asked about in the same rounds, as venues count questions."""

    def look_after(self, order: Order) -> None:
        """Begin to ask after `order` where nobody does yet."""
        if order.done:
            return
        asking = order.account in self._doubts
        doubts = self._doubts.setdefault(order.account, {})
        if order.id not in doubts:
            doubts[order.id] = _Doubt(order, self._clock.monotonic_ns())
        if not asking:
            self._keep(asyncio.get_running_loop().create_task(self._rounds(order.account, doubts)))

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

    async def _rounds(self, name: str, doubts: dict[str, _Doubt]) -> None:
        """Ask until the account has no doubt left."""
        account = self._accounts[name]
        try:
            while self._still(doubts):
                now = self._clock.monotonic_ns()
                await asyncio.sleep(max(0.0, (min(doubt.due for doubt in doubts.values()) - now) / NS_PER_S))
                self._still(doubts)
                until = self._clock.monotonic_ns() + TOGETHER_NS
                due = [doubt for doubt in doubts.values() if doubt.due <= until]
                for doubt in due:
                    self._put_off(doubt)
                if account.up and due:
                    await self._round(account, due)
        finally:
            del self._doubts[name]

    def _still(self, doubts: dict[str, _Doubt]) -> bool:
        """Whether any doubt is left; those that are settled are let go."""
        for doubt in tuple(doubts.values()):
            order = doubt.order
            open_ = order.status is OrderStatus.UNKNOWN or order.status.terminal or order.cancel_at
            if order.done or not open_:
                del doubts[order.id]
                self._clear(f"order/{order.id}", f"{order.id} is settled: {order.status}")
        return bool(doubts)

    def _put_off(self, doubt: _Doubt) -> None:
        """When to ask next: ever more seldom, but at once where patience with an absent order ends."""
        now = self._clock.monotonic_ns()
        waited = (now - doubt.began) / NS_PER_S
        wait, doubt.delay = doubt.delay, min(doubt.delay * 2, LAST_ASK_S)
        if waited < self._patience.absent_s:
            wait = min(wait, max(self._patience.absent_s - waited, FIRST_ASK_S))
        doubt.due = now + int(wait * NS_PER_S)
        if waited > self._patience.alarm_s:
            why = doubt.order.reason or "its end is not known"
            self._alarm(f"order/{doubt.order.id}", f"{doubt.order!r}: {why}; asked for {waited:.0f} s")

    async def _round(self, account: Account, due: list[_Doubt]) -> None:
        """Fills first, so that a terminal state finds them booked; then each order; then what was absent for long."""
        try:
            await self._catch_up(account)
            listed: tuple[OrderStatusReport, ...] | None = None
            for doubt in due:
                if doubt.order.done:
                    continue
                if not self._can_be_looked_up(account, doubt.order) and listed is None:
                    listed = await account.venue.open_orders()
                report = await self._look_up(account, doubt.order, listed)
                doubt.absent = doubt.absent + 1 if report is None else 0
                if report is not None:
                    self._take(report, doubt.order)
            gone = [doubt.order for doubt in due if self._absent_for_long(doubt)]
            if gone:
                await self._bury(account, gone)
        except VenueError:
            # No answer says nothing: the next round asks again.
            return

    def _take(self, report: OrderStatusReport, order: Order) -> None:
        self._tracker.on_report(report, order.account)
        if order.cancel_at and not order.status.terminal and order.status is not OrderStatus.UNKNOWN:
            # The venue has the order and the cancel is lost: whoever wanted it gone may ask again.
            self._tracker.cancel_refused(order)

    def _can_be_looked_up(self, account: Account, order: Order) -> bool:
        return bool(order.venue_order_id) or account.venue.capabilities.lookup_by_client_id

    async def _look_up(
        self, account: Account, order: Order, listed: tuple[OrderStatusReport, ...] | None
    ) -> OrderStatusReport | None:
        """What the venue says of the order. Where it can only be asked by an id that we never got, its open orders are
        all there is to go by."""
        if listed is not None and not self._can_be_looked_up(account, order):
            return next((report for report in listed if report.client_order_id == order.id), None)
        return await account.venue.query_order(
            client_order_id=order.id, venue_order_id=order.venue_order_id, symbol=order.symbol
        )

    def _absent_for_long(self, doubt: _Doubt) -> bool:
        waited = (self._clock.monotonic_ns() - doubt.began) / NS_PER_S
        patience = self._patience
        return not doubt.order.status.terminal and waited >= patience.absent_s and doubt.absent >= patience.absent_times

    async def _bury(self, account: Account, gone: list[Order]) -> None:
        """ "Not found" is no proof on its own: the open orders must not list it and the position must be ours."""
        if not await self._truly_absent(account, gone):
            return
        for order in gone:
            if not order.status.terminal:
                self._never_received(order)

    async def _truly_absent(self, account: Account, gone: list[Order]) -> bool:
        ids = {order.id for order in gone}
        if any(known.client_order_id in ids for known in await account.venue.open_orders()):
            return False
        for symbol in sorted({order.symbol for order in gone}):
            if not await self._agrees(account, symbol):
                return False
        return True

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
        order.presumed = True
        self._tracker.on_report(report, order.account)
