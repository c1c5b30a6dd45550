"""What is looked at on a timer, beside the events: the loop of last resort."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from cockpit.desk.accounts import Account
from cockpit.desk.deleverer import Deleverer
from cockpit.desk.equity_days import EquityDays
from venues.model import NS_PER_S

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

ZERO = Decimal(0)
PASS_QUERIES = 8
"""Questions that one pass over an account asks."""
BACKLOG = 256
"""Rows that may wait for the disk without anybody minding: a writer's batch."""
BEHIND_LOOKS = 5
FLATTEN_ASKS_NS = 30 * NS_PER_S
"""How long a flatten's own looks stand for a routine pass."""
EAGER_S = 2.0
"""Pace of passes over an account that nothing may be traded on before one succeeds."""
ROUTINE_SHARE = 0.5
"""Share of a venue's query limit that routine passes may use; the rest is for orders in doubt and for a flatten."""


class Watch:
    """Each second: uncertain orders and naked exposure. Each few seconds: every account is reconciled."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.deleverer = Deleverer(desk, desk.options.stages)
        self.equity_days = EquityDays(desk)
        self._off: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._backlog = 0
        self._behind = 0
        self._alarmed = False
        self.found: dict[str, Decimal] = {}
        """Account to what of its equity no booking explains, USD, as last reckoned."""

    async def run(self) -> None:
        desk = self._desk
        options = desk.options
        while True:
            await asyncio.sleep(options.watch_s)
            for step in (
                desk.standstill.look,
                desk.uncertain.sweep,
                desk.past.cancel_left_over,
                desk.booking.turn_day,
                self._exposure,
                self.deleverer.step,
                desk.going_live.step,
                self._journal,
                desk.escalation.step,
                self.equity_days.step,
                self._reconcile,
            ):
                try:
                    step()
                except Exception as error:  # noqa: BLE001  one step's defect must not end the watch of all others
                    desk.trouble(f"watch {step.__name__}", error)

    def _reconcile(self) -> None:
        """Begin a pass over each account whose turn it is."""
        desk = self._desk
        running = asyncio.get_running_loop()
        for account in desk.accounts.values():
            # A flatten asks enough, but not for ever, nor where an account has not been reconciled or is suspect: it
            # waits for that itself, and only a pass ends it.
            fresh = desk.clock.now_ns() - account.reconciled_ts < FLATTEN_ASKS_NS
            asked = desk.reconciler.busy(account) or (
                fresh and not account.suspect and desk.flattener.at_work_on(account.name)
            )
            if account.up and not asked and running.time() >= self._due.get(account.name, 0.0):
                pace = self._interval(account) if account.reconciled_ts else EAGER_S
                self._due[account.name] = running.time() + pace
                desk.keep(running.create_task(desk.reconcile(account)))

    def _journal(self) -> None:
        """Alarm a journal that only falls behind: its disk is full or gone."""
        backlog = self._desk.journal.backlog
        self._behind = self._behind + 1 if backlog > BACKLOG and backlog >= self._backlog else 0
        self._backlog = backlog
        if self._behind >= BEHIND_LOOKS:
            text = f"the journal is {backlog} rows behind and does not catch up: look at the disk; nothing is lost yet"
            self._desk.alarms.sound("journal", "critical", text)
            self._alarmed = True
        elif backlog <= BACKLOG and self._alarmed:
            self._alarmed = False
            self._desk.alarms.clear("journal", "the journal has caught up")

    def _interval(self, account: Account) -> float:
        """Seconds between passes: as configured, but never more than half of what the venue answers in a minute."""
        limit = account.venue.capabilities.max_queries_per_min
        least = 0.0 if limit is None else PASS_QUERIES * 60.0 / (limit * ROUTINE_SHARE)
        return max(self._desk.options.reconcile_s, least)

    def _exposure(self) -> None:
        now = self._desk.clock.now_ns()
        limit = int(self._desk.risk.limits.max_naked_s * NS_PER_S)
        for loop in self._desk.loops.all.values():
            for book in loop.books.values():
                book.watch_exposure(now)
                if book.naked_since and now - book.naked_since > limit:
                    age = (now - book.naked_since) / NS_PER_S
                    text = f"{loop.id} has {-book.owed:+.8f} unhedged for {age:.0f} s"
                    self._desk.alarms.sound(f"naked/{loop.id}", "critical", text)
                book.halt_when_due()
                book.poke()
            if loop.hedged():
                self._desk.alarms.clear(f"hedge/{loop.id}", f"{loop.id} is hedged again")
                self._desk.alarms.clear(f"naked/{loop.id}")

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
            instrument = markets.of(account.name, symbol).instrument
            rate = markets.usd_rate(account.name, instrument.settle)
            if mark is None or rate is None:
                return None
            total += instrument.pnl(report.qty, report.entry_price, mark) * rate
        return total
