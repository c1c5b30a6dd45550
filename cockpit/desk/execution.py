"""The one door through which orders leave: checked, journaled, tracked, then handed to the venue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Protocol

from cockpit.desk.accounts import Account
from cockpit.desk.ids import SERIAL_BITS, OrderId
from cockpit.desk.markets import Markets
from cockpit.desk.orders import Order, OrderTracker
from cockpit.desk.risk import Risk
from strategies.protocol import Role
from venues.model import Clock, OrderRequest, OrderStatus, Side, TimeInForce

PRICED = frozenset({Role.OPEN, Role.CLOSE, Role.HEDGE})
"""Roles whose orders are priced from a sound book only."""
RETRY_CANCEL_NS = 5_000_000_000
"""A cancel that nothing came of may be asked for again after this long."""


class Owner:
    """Whose order it is: a loop, or the desk itself; counts serials within the epoch."""

    def __init__(self, loop: str, epoch: int, slot: int, renew: Callable[[], int]) -> None:
        self.loop = loop
        self.epoch = epoch
        self.slots = [slot]
        """The first, and one more for each time that serials ran out; `renew` takes and journals it."""
        self._renew = renew
        self._serials: dict[Role, int] = {}

    def next_id(self, role: Role) -> OrderId:
        """A new id by the count of orders in that role."""
        serial = self._serials.get(role, 0) + 1
        self._serials[role] = serial
        return self._id(role, serial)

    def hedge_id(self, obligation: int, attempt: int) -> OrderId:
        """The id of an attempt on everything owed up to and including `obligation`."""
        return self._id(Role.HEDGE, obligation, attempt)

    def _id(self, role: Role, number: int, attempt: int = 0) -> OrderId:
        turn, serial = divmod(number, 1 << SERIAL_BITS)
        while len(self.slots) <= turn:
            self.slots.append(self._renew())
        return OrderId(self.epoch, self.slots[turn], role, serial, attempt)


class IntentJournal(Protocol):
    """What the door needs of the journal."""

    def order_intent(self, order: Order) -> None: ...
    def order_changed(self, order: Order) -> None: ...
    async def barrier(self) -> None: ...


class Executor:
    """Sends and cancels orders."""

    def __init__(
        self,
        *,
        clock: Clock,
        tracker: OrderTracker,
        journal: IntentJournal,
        risk: Risk,
        markets: Markets,
        accounts: Mapping[str, Account],
        position: Callable[[str, str], Decimal],
        keep: Callable[[asyncio.Task[None]], None],
        fence: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._tracker = tracker
        self._journal = journal
        self._risk = risk
        self._markets = markets
        self._accounts = accounts
        self._position = position
        self._keep = keep
        self._fence = fence

    def send(
        self,
        order_id: OrderId,
        *,
        loop: str,
        leg: str,
        account: str,
        symbol: str,
        side: Side,
        qty: Decimal,
        price: Decimal,
        cycle: int = 0,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
        named: bool = False,
    ) -> Order:
        """Check, journal and hand over, in this very turn of the event loop where the venue can look orders up by
        client id; else as soon as the intent is on disk. A refused order comes back DENIED."""
        now = self._clock.now_ns()
        request = OrderRequest(order_id.text, symbol, side, qty, price, tif, post_only, reduce_only)
        order = Order(request, account=account, loop=loop, leg=leg, role=order_id.role, cycle=cycle, ts=now)
        self._tracker.add(order)
        to = self._accounts[account]
        no = self._fence() or self._risk.refusal(
            request,
            role=order_id.role,
            loop=loop,
            account=to,
            market=self._markets.of(account, symbol),
            position=self._position(account, symbol),
            now=now,
            named=named,
        )
        if no:
            self._tracker.deny(order, no, now)
            return order
        self._journal.order_intent(order)
        if to.venue.capabilities.lookup_by_client_id:
            self._tracker.leaving(order, now)
            to.venue.submit(request)
            self._tracker.left(order)
        else:
            self._keep(asyncio.get_running_loop().create_task(self._send_after_disk(order, to, named)))
        return order

    async def _send_after_disk(self, order: Order, to: Account, named: bool) -> None:
        await self._journal.barrier()
        if order.status is not OrderStatus.PENDING:
            # Cancelled while it waited for the disk.
            return
        now = self._clock.now_ns()
        no = (
            self._fence()
            or to.refusal(order.role, order.request.reduce_only, named=named)
            or self._overtaken(order, to, now)
        )
        if no:
            self._tracker.deny(order, no, now)
            return
        self._tracker.sent(order, now)
        to.venue.submit(order.request)

    def _overtaken(self, order: Order, to: Account, now: int) -> str:
        """Why what it was made by no longer holds: the book, or for a close the position. An emergency goes by whatever
        price it has."""
        market = self._markets.of(order.account, order.symbol)
        if order.role in (Role.FLATTEN, Role.REDUCE):
            held, reported = self._position(order.account, order.symbol), to.reported(order.symbol)
            here = (order.account, order.symbol, order.side)
            closing = sum(
                o.remaining
                for o in self._tracker.live()
                if o.role in (Role.FLATTEN, Role.REDUCE) and (o.account, o.symbol, o.side) == here
            )
            against = min(held * order.side.sign, reported * order.side.sign, key=abs)
            if held * reported <= 0 or closing > -against:
                at = f"{order.account} {order.symbol}"
                return f"{at} holds {held:+f} by now, the venue reports {reported:+f}: less than would be closed"
        if order.role in PRICED and (market.book is None or market.age(now) > to.stale_s):
            return f"{order.account} {order.symbol} lost its book while the order waited for the disk"
        return ""

    def cancel(self, order: Order) -> None:
        """Ask for the cancel once; again only after the first was refused or went unanswered for a while."""
        now = self._clock.now_ns()
        if order.status.terminal or (order.cancel_at and now - order.cancel_at < RETRY_CANCEL_NS):
            return
        if order.status is OrderStatus.PENDING:
            self._tracker.deny(order, "cancelled before it was sent", now)
            return
        order.cancel_at = now
        self._accounts[order.account].venue.cancel(order.id, order.symbol)
