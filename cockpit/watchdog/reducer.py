"""What the watchdog does while the desk is dead: cancel everywhere, close where configured, ask, and again.

It goes in rounds as the desk's flatten does, and calls nothing done that each venue itself has not called so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from cockpit.watchdog.account import READ_ONLY, WatchedAccount
from cockpit.watchdog.books import Books, BooksError
from cockpit.watchdog.plan import Close, Look, closes, left_over
from cockpit.watchdog.rules import Scope
from venues.model import (
    NS_PER_S,
    Clock,
    FillReport,
    Instrument,
    OrderRequest,
    TimeInForce,
    VenueBusy,
    VenueError,
)

ZERO = Decimal(0)
SLIPPAGE_BPS = (Decimal(10), Decimal(25), Decimal(50), Decimal(100))
PAUSE_S = (0.1, 0.25, 0.5, 1.0, 2.0)
SURE_CANCELS = 2
"""Rounds in which everything is cancelled whether or not the venue lists an order: one may be on its way there."""
ROUND_QUERIES = 5
"""Questions that a round asks of an account, at the most."""
ORDER_WAIT_S = 3.0
GONE_NS = 10 * NS_PER_S
"""An order without an answer is taken for one that never lived once the venue has denied it for this long."""
GONE_TIMES = 3
PAGES = 50
"""Pages of fills read in one round, at the most."""


class Outcome(msgspec.Struct, frozen=True):
    """How one round ended. `done`: every venue itself said that nothing is left."""

    done: bool
    left: tuple[str, ...]
    """What is not done yet, by name."""
    sent: tuple[Close, ...] = ()
    """What was handed over in this round."""


class _AtWork(msgspec.Struct):
    """An order of ours whose end is not known: nothing more is sent for what it may close."""

    close: Close
    sent_ns: int
    absent: int = 0


class Reducer:
    """Works on all accounts at once. It can do nothing but reduce: see `ReduceOnlyVenue`."""

    def __init__(
        self,
        *,
        clock: Clock,
        accounts: Mapping[str, WatchedAccount],
        books: Books,
        flatten: bool,
        scope: Scope,
        suspects: Callable[[], Mapping[str, str]],
        others: Sequence[str] = (),
    ) -> None:
        """`suspects`: account to why the desk did not believe it when last heard; cancels only there. `others`:
        accounts that are not the watchdog's: nothing is done there, and what they hedge is kept like any leg whose
        partner cannot be reached. So it is with an account that is read-only."""
        self._clock = clock
        self._accounts = accounts
        self._books = books
        self._flatten = flatten
        self._scope = scope
        self._suspects = suspects
        self._others = [Look(name, refused="is not the watchdog's") for name in others]
        self._at_work: dict[str, _AtWork] = {}
        self._resting: set[str] = set()
        """Accounts that listed open orders, or did not answer, when last asked."""
        self.round = 0

    def begin(self) -> None:
        """A new emergency. Orders of the last one whose ends are not known stay in doubt."""
        self.round = 0
        self._resting = set(self._accounts)

    def pause(self) -> float:
        """Seconds until the next round: quick ones first, then at the pace of the slowest venue's query limit."""
        if self.round < len(PAUSE_S):
            return PAUSE_S[self.round]
        mine = [account for account in self._accounts.values() if account.let]
        limits = [account.venue.capabilities.max_queries_per_min for account in mine]
        least = min((limit for limit in limits if limit is not None), default=None)
        return PAUSE_S[-1] if least is None else max(PAUSE_S[-1], ROUND_QUERIES * 60 / least)

    async def step(self) -> Outcome:
        """One round: cancel and look everywhere, then close what may be closed."""
        why = self._read_books() if self._flatten else ""
        mine = [account for account in self._accounts.values() if account.let]
        shut = [Look(account.name, refused=READ_ONLY) for account in self._accounts.values() if not account.let]
        others = [*self._others, *shut]
        looks = await asyncio.gather(*(self._look(account, why) for account in mine))
        left = left_over(looks, self._books, flatten=self._flatten)
        todo: list[Close] = []
        if left and self._flatten:
            todo, words = closes(
                [*looks, *others],
                self._books,
                {look.account: self._instruments(look.account) for look in (*looks, *others)},
                scope=self._scope,
                slippage_bps=SLIPPAGE_BPS[min(self.round, len(SLIPPAGE_BPS) - 1)],
                at_work=self._in_doubt(),
            )
            left += words
            await asyncio.gather(*(self._send(account.name, todo) for account in mine))
        self.round += 1
        return Outcome(not left and self.round >= SURE_CANCELS, tuple(left), tuple(todo))

    # -- looking

    def _read_books(self) -> str:
        """Why nothing can be closed; empty where the books could be read."""
        try:
            self._books.refresh()
        except BooksError as error:
            return f"cancels only: {error}"
        return ""

    async def _look(self, account: WatchedAccount, unread: str) -> Look:
        look = Look(account.name)
        if not account.up:
            look.refused = f"is down: {account.why}"
            return look
        try:
            await self._cancel(account, look)
            if self._flatten:
                await self._settle(account, look)
                if unread:
                    look.refused = unread
                await self._read(account, look)
        except VenueBusy:
            look.refused, look.busy = "answers no more questions for a moment, over its rate limit", True
        except (VenueError, BooksError) as error:
            look.refused = f"did not answer: {error}" if isinstance(error, VenueError) else f"cancels only: {error}"
        return look

    async def _cancel(self, account: WatchedAccount, look: Look) -> None:
        name, venue = account.name, account.venue
        if self.round < SURE_CANCELS or name in self._resting:
            self._resting.add(name)
            try:
                await venue.cancel_all()
            except VenueBusy:
                raise
            except VenueError as error:
                look.notes.append(f"cancel-all failed ({error}), each order by itself")
        look.orders = await venue.open_orders()
        (self._resting.add if look.orders or look.notes else self._resting.discard)(name)
        if self.round or look.notes:
            for order in look.orders:
                if order.client_order_id:
                    venue.cancel(order.client_order_id, order.symbol)

    async def _read(self, account: WatchedAccount, look: Look) -> None:
        """Positions, between two readings of the fills: what traded in between shows."""
        name = account.name
        suspect = self._suspects().get(name, "")
        look.refused = look.refused or (f"cancels only, the desk did not believe it: {suspect}" if suspect else "")
        before = -1
        if not look.refused:
            if not account.venue.capabilities.reduce_only:
                look.refused = "cancels only, its venue has no reduce-only orders"
            elif not self._books.opened(name):
                look.refused = "cancels only, it is not in the desk's books yet"
            else:
                before = await self._catch_up(account)
        reported = await account.venue.positions()
        look.positions = {report.symbol: report for report in reported if report.qty}
        if before >= 0 and await self._catch_up(account) != before:
            look.notes.append("had fills while it was asked")

    async def _catch_up(self, account: WatchedAccount) -> int:
        """Give the books every fill that the journal may not have; returns how many it has not."""
        fills: list[FillReport] = []
        cursor = self._books.cursor(account.name)
        for _ in range(PAGES):
            page = await account.venue.fills_since(cursor)
            fills += page.fills
            if not page.fills or page.cursor == cursor:
                return self._books.caught_up(account.name, fills)
            cursor = page.cursor
        raise BooksError(f"more than {PAGES} pages of fills since the journal was last written")

    def _instruments(self, name: str) -> Mapping[str, Instrument]:
        """As the venue tells them now, else as the desk last knew them."""
        told = self._accounts[name].venue.instruments if name in self._accounts else {}
        return {**self._books.instruments.get(name, {}), **told}

    # -- closing

    async def _send(self, name: str, todo: list[Close]) -> None:
        account = self._accounts[name]
        ids: set[str] = set()
        for close in todo:
            if close.account != name:
                continue
            id_ = self._books.next_id(close.owner).text
            order = OrderRequest(
                id_, close.symbol, close.side, close.qty, close.price, TimeInForce.IOC, reduce_only=True
            )
            account.expect(id_)
            self._at_work[id_] = _AtWork(close, self._clock.monotonic_ns())
            account.venue.reduce(order, close.held)
            ids.add(id_)
        if ids:
            await account.wait_for(ids, ORDER_WAIT_S)

    def _in_doubt(self) -> dict[tuple[str, str], Decimal]:
        """(account, symbol) to what orders without a known end may still close there."""
        out: dict[tuple[str, str], Decimal] = {}
        for work in self._at_work.values():
            key = (work.close.account, work.close.symbol)
            out[key] = out.get(key, ZERO) + work.close.qty
        return out

    async def _settle(self, account: WatchedAccount, look: Look) -> None:
        """Find out how orders ended that nobody has told of. "Not found" is believed only when it is said again and
        again over `GONE_NS`."""
        for id_, work in [(id_, work) for id_, work in self._at_work.items() if work.close.account == account.name]:
            if id_ not in account.ended:
                report = None
                if account.venue.capabilities.lookup_by_client_id:
                    report = await account.venue.query_order(id_, "", work.close.symbol)
                listed = any(order.client_order_id == id_ for order in look.orders)
                if report is not None and report.status.terminal:
                    account.on_order(report)
                work.absent = 0 if report is not None or listed else work.absent + 1
            old = self._clock.monotonic_ns() - work.sent_ns >= GONE_NS
            if id_ in account.ended or (old and work.absent >= GONE_TIMES):
                del self._at_work[id_]
                account.forget(id_)
            else:
                look.notes.append(f"order {id_} has no answer yet")
