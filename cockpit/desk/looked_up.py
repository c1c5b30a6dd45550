"""A forced close that has been told is looked up before it is booked; what was told survives the desk's death.

What the venue itself has closed is booked from its own list, where every fill before it stands in front of it: whose it
was depends on those, and one of them may not have been told.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.standstill import LOOKED_UP
from venues.model import FillReport, VenueError

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

FORCED_S = 3.0
"""How long the venue's list of fills is waited for before a forced close is booked as it was told."""
CURSOR = "forced"
"""Where the journal keeps what is being looked up."""

Key = tuple[str, str, str]
"""(account, symbol, trade id)."""


class LookedUp:
    """The forced closes that are being looked up. Until one is booked, nothing is hedged that it may concern."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._fills: dict[Key, FillReport] = {}

    def look_up(self, account: Account, fill: FillReport) -> None:
        """Ask the venue's list for what stands before it, once however often it is told."""
        key = (account.name, fill.symbol, fill.trade_id)
        if key in self._fills:
            return
        self._fills[key] = fill
        self._write(account.name)
        for book in self._books(account.name, fill.symbol):
            book.suspend(LOOKED_UP)
        self._desk.keep(asyncio.get_running_loop().create_task(self._by_list(account, fill)))

    def restore(self) -> None:
        """Go on with what an earlier run had been told and had not booked: hedged without it, a leg that the venue has
        closed would count as held."""
        for name, text in self._desk.journal.reader().cursors(CURSOR).items():
            account = self._desk.accounts.get(name)
            for fill in msgspec.json.decode(text, type=list[FillReport]):
                if account is not None:
                    self.look_up(account, fill)

    def _write(self, account: str) -> None:
        fills = [fill for key, fill in self._fills.items() if key[0] == account]
        self._desk.journal.cursor(account, CURSOR, msgspec.json.encode(fills).decode())

    async def _by_list(self, account: Account, fill: FillReport) -> None:
        desk = self._desk
        try:
            async with asyncio.timeout(FORCED_S):
                await desk.reconciler.catch_up(account)
        except (VenueError, TimeoutError) as error:
            desk.alarms.say("warning", account.name, f"its fills could not be read before a forced close: {error}")
        # Where the list could not be had, or does not show it yet.
        desk.intake.take_fills(account, (fill,), listed=False)
        del self._fills[(account.name, fill.symbol, fill.trade_id)]
        self._write(account.name)
        waiting = {key[:2] for key in self._fills}
        for book in self._books(account.name, fill.symbol):
            legs = {(leg.account, leg.symbol) for leg in book.legs}
            if not legs & waiting and book.release(LOOKED_UP):
                desk.intake.work(book)

    def _books(self, account: str, symbol: str) -> list[HedgeBook]:
        """The hedge books of whoever trades there, loops that have ended too."""
        loops = self._desk.loops.all.values()
        books = (book for loop in loops for book in loop.books.values())
        return [book for book in books if any((leg.account, leg.symbol) == (account, symbol) for leg in book.legs)]
