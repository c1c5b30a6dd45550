"""What is looked at on a timer, beside the events: the loop of last resort."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from cockpit.desk.accounts import Account
from venues.model import NS_PER_S

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

ZERO = Decimal(0)


class Watch:
    """Each second: uncertain orders and naked exposure. Each few seconds: every account is reconciled."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._off: dict[str, int] = {}
        self.found: dict[str, Decimal] = {}
        """Account to what of its equity no booking explains, USD, as last reckoned."""

    async def run(self) -> None:
        desk = self._desk
        options = desk.options
        every = max(1, round(options.reconcile_s / options.watch_s))
        running = asyncio.get_running_loop()
        turn = 0
        while True:
            await asyncio.sleep(options.watch_s)
            turn += 1
            desk.uncertain.sweep()
            self._exposure()
            if turn % every == 0:
                for account in desk.accounts.values():
                    if account.up:
                        desk.keep(running.create_task(desk.reconcile(account)))

    def _exposure(self) -> None:
        now = self._desk.clock.now_ns()
        limit = int(self._desk.risk.limits.max_naked_s * NS_PER_S)
        for loop in self._desk.loops.all.values():
            for book in loop.books.values():
                if book.naked_since and now - book.naked_since > limit:
                    age = (now - book.naked_since) / NS_PER_S
                    text = f"{loop.id} has {-book.owed:+.8f} unhedged for {age:.0f} s"
                    self._desk.alarms.sound(f"naked/{loop.id}", "critical", text)
                book.poke()

    def unexplained(self, account: Account) -> None:
        """Reckon what of the account's equity no booking explains; alarmed when it stands in two passes running."""
        equity = self._equity(account)
        found = None if equity is None else self._desk.booking.unexplained(account.name, equity)
        if found is None:
            return
        self.found[account.name] = found
        limit = self._desk.risk.limits.unexplained_usd
        if abs(found) <= limit:
            self._off.pop(account.name, None)
            self._desk.alarms.clear(f"unexplained/{account.name}", f"{account.name}: equity is explained again")
            return
        self._off[account.name] = self._off.get(account.name, 0) + 1
        if self._off[account.name] >= 2:
            text = f"{account.name}: {found:+.2f} USD of its equity is unexplained by any booking"
            self._desk.alarms.sound(f"unexplained/{account.name}", "critical", text)

    def _equity(self, account: Account) -> Decimal | None:
        """USD at our own marks, so that a venue's other mark does not show as a difference: cash as reported, plus
        the reported positions at our mids."""
        markets = self._desk.markets
        total = ZERO
        for asset, balance in account.balances.items():
            rate = markets.usd_rate(account.name, asset)
            if rate is None:
                return None
            total += balance.cash * rate
        for symbol, report in account.positions.items():
            mark = markets.value(account.name, symbol)
            instrument = account.venue.instruments[symbol]
            rate = markets.usd_rate(account.name, instrument.settle)
            if mark is None or rate is None:
                return None
            total += instrument.pnl(report.qty, report.entry_price, mark) * rate
        return total
