"""Reconciling: what the venue says against what we hold to be true, on start, on reconnect and on a timer.

A failed query changes nothing: it is neither "flat" nor "agreed". A position that differs with no fill behind it makes
the account SUSPECT; nothing is repaired by trading, and it ends by the reports agreeing again or by the operator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.booking import Booking
from cockpit.desk.ids import OrderId
from cockpit.desk.journal import Journal
from cockpit.desk.orders import Order, OrderTracker
from cockpit.desk.sound import fault_of_funding, fault_of_report, fault_of_transfer
from venues.model import (
    NS_PER_S,
    Clock,
    FillReport,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
    VenueBusy,
    VenueError,
    VenueRejected,
)

ZERO = Decimal(0)
LOOKS = 3
"""Looks in one pass before a difference counts: fills may be under way between two answers."""
LOOK_AGAIN_S = 0.25
REFUSALS = 2
"""In a row: a log-in that has just ended is renewed for the next question."""
LOOK_BACK_NS = 600 * NS_PER_S
"""Funding and transfers are asked for again over this span."""
SETTLED_NS = 3 * NS_PER_S
"""An open order of ours that the venue does not list is asked after once it is this old."""


class Hands(msgspec.Struct, frozen=True):
    """What reconciling needs of the desk."""

    on_fills: Callable[[Account, tuple[FillReport, ...]], None]
    look_after: Callable[[Order], None]
    alarm: Callable[[str, str, str], None]
    """(id, level, text)"""
    clear: Callable[[str, str], object]
    say: Callable[[str, str, str], None]
    agreed: Callable[[Account, bool], None]
    """(account, whether nothing was booked while it was asked)"""
    loop_of: Callable[[OrderId], str | None]
    leg_of: Callable[[str, str, str], str]
    """(loop, account, symbol) to the leg's name."""


class Reconciler:
    """Compares one account at a time; passes for one account never overlap."""

    def __init__(self, clock: Clock, tracker: OrderTracker, booking: Booking, journal: Journal, hands: Hands) -> None:
        self._clock = clock
        self._tracker = tracker
        self._booking = booking
        self._journal = journal
        self._hands = hands
        self._locks: dict[str, asyncio.Lock] = {}
        self._refusals: dict[str, int] = {}
        self._strangers: dict[str, set[str]] = {}
        """Account to the alarms of open orders there that are not ours."""

    async def account(self, account: Account) -> bool:
        """One whole pass. True where report and ledger agree; False where they do not or no answer came."""
        lock = self._locks.setdefault(account.name, asyncio.Lock())
        async with lock:
            try:
                agreed = await self._pass(account)
            except VenueBusy:
                # Only late: the next pass asks again.
                return False
            except VenueRejected as error:
                self._refused(account, error)
                return False
            except VenueError as error:
                self._hands.say("warning", account.name, f"reconciling got no answer: {error}")
                return False
            self._refusals.pop(account.name, None)
            self._hands.clear(f"refused/{account.name}", f"{account.name} is answered again")
            return agreed

    def _refused(self, account: Account, error: VenueRejected) -> None:
        """The venue says no, and will until somebody mends it: a wrong key, one that may not read."""
        self._refusals[account.name] = self._refusals.get(account.name, 0) + 1
        if self._refusals[account.name] >= REFUSALS:
            text = f"{account.name} is refused by its venue and not traded: {error}"
            self._hands.alarm(f"refused/{account.name}", "critical", text)
        else:
            self._hands.say("warning", account.name, f"reconciling was refused: {error}")

    def busy(self, account: Account) -> bool:
        """Whether a pass over the account is under way: a slow venue is not asked twice at once."""
        lock = self._locks.get(account.name)
        return lock is not None and lock.locked()

    async def catch_up(self, account: Account) -> None:
        """Fetch and book the fills since the cursor. Raises `VenueError`."""
        page = await account.venue.fills_since(account.fills_cursor)
        account.answered_ts = self._clock.now_ns()
        self._hands.on_fills(account, page.fills)
        if page.cursor != account.fills_cursor:
            account.fills_cursor = page.cursor
            self._journal.cursor(account.name, "fills", page.cursor)

    async def agrees(self, account: Account, symbol: str) -> bool:
        """Whether the venue's position in `symbol` is the ledger's, right now. Raises `VenueError`."""
        await self.catch_up(account)
        positions = {report.symbol: report.qty for report in await account.venue.positions()}
        return positions.get(symbol, ZERO) == self._booking.position(account.name, symbol)

    async def read(self, account: Account, *, balances: bool = True) -> dict[str, Decimal]:
        """Positions as the venue reports them now, and the balances where wanted. Raises `VenueError`."""
        positions = await account.venue.positions()
        if balances:
            account.balances = {balance.asset: balance for balance in await account.venue.balances()}
        account.answered_ts = self._clock.now_ns()
        account.positions = {report.symbol: report for report in positions if report.qty}
        return {report.symbol: report.qty for report in positions}

    async def _pass(self, account: Account) -> bool:
        if not self._booking.ledger.opened(account.name) and not await self._open(account):
            return False
        await self.catch_up(account)
        await self._orders(account)
        await self._money(account)
        # What is suspect already needs no second look to be so: on a venue that answers little, they add up.
        for look in range(1 if account.suspect else LOOKS):
            if look:
                await asyncio.sleep(LOOK_AGAIN_S)
            count = self._booking.count
            await self.read(account)
            await self.catch_up(account)
            differing = self.differences(account, count)
            if not differing:
                self._agreed(account, count == self._booking.count)
                return True
        self.disagree(account, differing)
        return False

    async def _open(self, account: Account) -> bool:
        """First sight: what is there is foreign, and fills count from now on."""
        while True:
            page = await account.venue.fills_since("")
            positions = await account.venue.positions()
            balances = await account.venue.balances()
            after = await account.venue.fills_since(page.cursor)
            if not after.fills:
                break
        if not self._booking.opening(account.name, balances, positions):
            self._hands.say("info", account.name, "waits for a price of its coin before its books are opened")
            return False
        account.fills_cursor = after.cursor
        account.ledger_ts = self._clock.now_ns()
        self._journal.cursor(account.name, "fills", after.cursor)
        self._journal.cursor(account.name, "ledger", str(account.ledger_ts))
        for position in positions:
            if position.qty:
                self._foreign(account, position)
        return True

    def _foreign(self, account: Account, position: PositionStatusReport) -> None:
        text = f"{account.name} held {position.qty:+f} {position.symbol} before us: foreign, never hedged by us"
        self._hands.alarm(f"foreign/{account.name}/{position.symbol}", "warning", text)

    async def _orders(self, account: Account) -> None:
        reports = await account.venue.open_orders()
        now = self._clock.now_ns()
        listed = set()
        strangers = set()
        for report in reports:
            if report.client_order_id:
                listed.add(report.client_order_id)
            if wrong := fault_of_report(report):
                self._nonsense(account, f"an open order {report.client_order_id or report.venue_order_id}", wrong)
                continue
            order = self._tracker.on_report(report, account.name)
            if order is None:
                if not self._adopt(account, report):
                    strangers.add(self._tell_of_stranger(account, report))
            elif not self.cancel_risen(account, order, report) and now - order.ts > SETTLED_NS:
                self._cancel_ended(account, order, report)
        for gone in self._strangers.get(account.name, set()) - strangers:
            self._hands.clear(gone, f"{account.name}: an order that was not ours is no longer open")
        self._strangers[account.name] = strangers
        for order in self._tracker.live():
            if order.account == account.name and order.id not in listed and now - order.ts > SETTLED_NS:
                if order.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING):
                    self._tracker.unknown(order, "the venue no longer lists it", now)
                self._hands.look_after(order)

    def cancel_risen(self, account: Account, order: Order, report: OrderStatusReport) -> bool:
        """Cancel an order that was taken for never received, where the venue says that it rests. False where it says
        nothing of the kind."""
        if order.presumed and report.status in (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED):
            self._cancel_ended(account, order, report)
            return True
        return False

    def _cancel_ended(self, account: Account, order: Order, report: OrderStatusReport) -> None:
        """We took it for ended a while ago, and it rests: nobody would look after it."""
        if order.status.terminal and not report.status.terminal:
            account.venue.cancel(report.client_order_id, report.symbol)
            text = f"{order!r} had ended by our books and is open at the venue: cancelled there"
            self._hands.alarm(f"reopened/{order.id}", "critical", text)

    def _tell_of_stranger(self, account: Account, report: OrderStatusReport) -> str:
        """Alarm an open order that is not ours; the alarm's id."""
        id_ = f"foreign-order/{account.name}/{report.venue_order_id}"
        text = f"{account.name} has an open order that is not ours: {report.side} {report.qty} {report.symbol}"
        self._hands.alarm(id_, "warning", text)
        return id_

    def _adopt(self, account: Account, report: OrderStatusReport) -> bool:
        """An open order that the tracker does not have: ours by its id (a crash before the disk had it). False for
        one that is not."""
        parsed = OrderId.parse(report.client_order_id)
        loop = None if parsed is None else self._hands.loop_of(parsed)
        if parsed is None or loop is None:
            return False
        request = OrderRequest(
            report.client_order_id,
            report.symbol,
            report.side,
            report.qty,
            report.price,
            report.tif,
            report.post_only,
            report.reduce_only,
        )
        order = Order(
            request,
            account=account.name,
            loop=loop,
            leg=self._hands.leg_of(loop, account.name, report.symbol),
            role=parsed.role,
            cycle=0,
            ts=report.ts_init,
        )
        order.status = OrderStatus.UNKNOWN
        self._tracker.add(order)
        words = "had ended by our journal, and is open again"
        if self._journal.reader().order(order.id) is None:
            self._journal.order_intent(order)
            words = "the journal had not heard of it"
        for fill in self._journal.reader().fills(account=account.name):
            if fill.client_order_id == order.id:
                order.filled_qty += fill.qty
        order.reported_qty = order.filled_qty
        self._tracker.on_report(report, account.name)
        self._hands.say("warning", account.name, f"adopted {order!r}: it is ours, {words}")
        return True

    async def _money(self, account: Account) -> None:
        since = account.ledger_ts
        now = self._clock.now_ns()
        for payment in await account.venue.funding_since(since):
            if wrong := fault_of_funding(payment):
                self._nonsense(account, f"funding of {payment.symbol}", wrong)
                continue
            self._booking.funding(account.name, payment)
        for transfer in await account.venue.transfers_since(since):
            if wrong := fault_of_transfer(transfer):
                self._nonsense(account, f"a {transfer.kind} of {transfer.asset}", wrong)
                continue
            try:
                self._booking.transfer(account.name, transfer)
            except LookupError as error:
                self._hands.say("info", account.name, str(error))
                return
        # Settlements may be told late, and our clock may differ from the venue's: ids keep them single.
        account.ledger_ts = max(since, now - LOOK_BACK_NS)
        self._journal.cursor(account.name, "ledger", str(account.ledger_ts))

    def _nonsense(self, account: Account, what: str, wrong: str) -> None:
        text = f"{account.name}: {what} cannot be: {wrong}; not taken in"
        self._hands.alarm(f"nonsense/{account.name}", "critical", text)

    def differences(self, account: Account, count: int) -> dict[str, tuple[Decimal, Decimal]]:
        """Symbol to (reported, ledger) where the last report is nothing that the ledger held since `count` fills."""
        symbols = set(account.positions) | set(self._booking.ledger.markets(account.name))
        out = {}
        for symbol in sorted(symbols):
            reported, ours = account.reported(symbol), self._booking.position(account.name, symbol)
            if reported not in self._booking.held_since(account.name, symbol, count):
                out[symbol] = (reported, ours)
        return out

    def contradicted(self, account: Account, count: int, before: int) -> int:
        """How many looks in a row, `before` this one and it, have contradicted the ledger; too many make the account
        SUSPECT."""
        differing = self.differences(account, count)
        looks = before + 1 if differing else 0
        if looks >= LOOKS and not account.suspect:
            self.disagree(account, differing)
        return looks

    def _agreed(self, account: Account, still: bool) -> None:
        account.reconciled_ts = self._clock.now_ns()
        account.known = True
        if account.suspect:
            self._journal.cursor(account.name, "suspect", "")
            account.suspect = ""
            self._hands.clear(f"suspect/{account.name}", f"{account.name}: reports agree with the ledger again")
        self._hands.agreed(account, still)

    def disagree(self, account: Account, differing: dict[str, tuple[Decimal, Decimal]]) -> None:
        legs = ", ".join(f"{symbol}: reported {r:+f}, ledger {ours:+f}" for symbol, (r, ours) in differing.items())
        account.suspect = f"position moved with no fill behind it ({legs})"
        # A restart must not believe what this run does not.
        self._journal.cursor(account.name, "suspect", account.suspect)
        text = f"{account.name} is SUSPECT: {account.suspect}; nothing is traded there until they agree"
        self._hands.alarm(f"suspect/{account.name}", "critical", text)
