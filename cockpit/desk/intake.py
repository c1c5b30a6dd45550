"""Events as they come in: fills, order changes, moved markets, connections. A fill leaves here as a hedge."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cockpit.desk.accounts import Account
from cockpit.desk.forced import Forced
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.looked_up import LookedUp
from cockpit.desk.loops import Loop
from cockpit.desk.orders import Order
from cockpit.desk.sound import fault_of_fill
from strategies.protocol import Role
from venues.model import FillReport, OrderStatus

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk


class Intake:
    """Takes in what venues tell, in the turn of the event loop in which they tell it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._forced = Forced(desk)
        self.looked_up = LookedUp(desk)
        self.listed = False
        """Whether what is being booked comes from a venue's list, so that nothing before it is missing."""
        self._waiting: dict[HedgeBook, list[Order]] | None = None
        """Books to be worked once a whole page of fills has been booked, with the orders that changed meanwhile; None
        while fills come one by one."""

    def take_fills(self, account: Account, fills: Sequence[FillReport], *, listed: bool = True) -> None:
        """Book what a query found, all of it before any of it is hedged: a later fill may undo an earlier one.
        `listed`: they are the venue's own list, in its order, with nothing left out before the last."""
        self._waiting = {}
        self.listed = listed
        try:
            for fill in fills:
                self.take_fill(account, fill)
        finally:
            waiting, self._waiting = self._waiting, None
        for book, changed in waiting.items():
            for order in changed:
                book.on_order(order)
            self.work(book)

    def take_fill(self, account: Account, fill: FillReport) -> None:
        """Book a fill once and let the hedger answer it before anything else happens."""
        desk = self._desk
        if not desk.booking.ledger.opened(account.name):
            # It is part of what the account will be opened with.
            return
        if not desk.booking.knows(account.name, fill.symbol):
            desk.alarms.sound(f"symbol/{account.name}", "critical", f"{account.name}: fill in unknown {fill.symbol}")
            return
        if wrong := fault_of_fill(fill):
            text = f"{account.name}: a fill of {fill.symbol} cannot be: {wrong}; not booked, look at the account"
            desk.alarms.sound(f"nonsense/{account.name}", "critical", text)
            return
        if desk.booking.ledger.has_fill(account.name, fill):
            return
        order = desk.past.order_of(account.name, fill)
        if order is None:
            if fill.liquidation and self._waiting is None:
                self.looked_up.look_up(account, fill)
            else:
                self._take_foreign(account, fill)
            return
        if order.role is Role.WATCHDOG:
            desk.watched.closed(order, fill)
        loop = desk.loops.all.get(order.loop)
        books_first = loop is not None and any(book.lessening for book in loop.books.values())
        if books_first:
            # How much of a leg is left to be closed is read from them.
            desk.booking.fill(account.name, fill, order, volume=desk.past.counts_as_volume(order))
        if loop is not None:
            self._hedge(loop, order, fill)
        else:
            desk.tracker.on_fill(order, fill)
        if not books_first:
            # The hedge has left; the books follow before anything else can happen.
            desk.booking.fill(account.name, fill, order, volume=desk.past.counts_as_volume(order))
        if fill.fee and desk.markets.usd_rate(account.name, fill.fee_asset) is None:
            desk.alarms.sound(
                f"rate/{account.name}/{fill.fee_asset}",
                "warning",
                f"{account.name}: fees in {fill.fee_asset} are booked at 1 USD each, no market here prices it",
            )
        if loop is not None:
            loop.wake()
        elif order.loop and desk.running:
            desk.past.tell_of_ended_loops()

    def _take_foreign(self, account: Account, fill: FillReport) -> None:
        """A fill that no order of ours made: the venue's own doing, or somebody's by hand."""
        desk = self._desk
        kind, qty, unsure = "manual trade", fill.qty, ""
        if fill.liquidation:
            kind = "liquidation"
            qty, unsure = self._forced.take(account, fill)
        else:
            desk.booking.fill(account.name, fill, None, volume=False)
        if qty:
            text = f"{kind} on {account.name}: {fill.side} {qty} {fill.symbol} at {fill.price}; foreign, not hedged"
            text += f"; {unsure}" if unsure else ""
            desk.alarms.sound(f"foreign/{account.name}/{fill.symbol}", "critical", text)

    def _hedge(self, loop: Loop, order: Order, fill: FillReport) -> None:
        """Reckon what the fill owes and send it. A defect here is told and retried by the watch: the fill is booked all
        the same."""
        desk = self._desk
        books = [book for book in loop.books.values() if book.concerns(order)]
        for book in books:
            book.account_for(order, fill)
        desk.tracker.on_fill(order, fill)
        for book in books:
            self.work(book)

    def work(self, book: HedgeBook) -> None:
        """Let a book send what is owed, now or after the page of fills that is being booked."""
        if self._waiting is not None:
            self._waiting.setdefault(book, [])
            return
        try:
            book.work()
        except Exception as error:  # noqa: BLE001  a defect here is told and retried by the watch
            self._desk.trouble(f"hedging for {book.owner.loop}", error)

    def order_changed(self, order: Order) -> None:
        desk = self._desk
        desk.journal.order_changed(order)
        desk.flattener.order_changed()
        if order.status is OrderStatus.UNKNOWN or (order.status.terminal and not order.done):
            desk.uncertain.look_after(order)
        loop = desk.loops.all.get(order.loop)
        if loop is not None:
            if order.role in (Role.HEDGE, Role.UNWIND):
                for book in loop.books.values():
                    if self._waiting is not None:
                        # It would send the rest of what is owed by a page that is booked in half.
                        self._waiting.setdefault(book, []).append(order)
                    else:
                        book.on_order(order)
            loop.wake()

    def market_moved(self, account: str, symbol: str, *, came_back: bool) -> None:
        """The touch of a market changed: wake whoever trades there."""
        for loop in self._watchers(account, symbol):
            if came_back:
                for book in loop.books.values():
                    book.poke(anew=True)
            loop.wake()

    def _watchers(self, account: str, symbol: str) -> list[Loop]:
        desk = self._desk
        key = (account, symbol)
        return [
            loop
            for loop in desk.loops.all.values()
            if not loop.state.ended and any((leg.account, leg.symbol) == key for leg in loop.legs.values())
        ]

    def connection(self, account: Account, up: bool, reason: str, *, reconcile: bool = True) -> None:
        """An account's connection came or went. Coming up, it is reconciled before anything else."""
        desk = self._desk
        if account.up == up:
            account.down_reason = "" if up else reason
            return
        account.up = up
        account.reconciled_ts = 0
        account.down_reason = "" if up else reason
        if up:
            desk.alarms.clear(f"down/{account.name}", f"{account.name} is back")
            if reconcile:
                desk.keep(asyncio.get_running_loop().create_task(desk.reconcile(account)))
        else:
            for market in desk.markets.all():
                if market.account == account.name:
                    market.lost()
            desk.alarms.sound(f"down/{account.name}", "warning", f"{account.name} is down: {reason}")
        desk.wake_all()
