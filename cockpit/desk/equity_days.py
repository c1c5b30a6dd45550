"""What each account was worth at the end of each UTC day: noted now and then, so that a day's last note stands."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cockpit.desk.ledger_days import day_name, day_number
from cockpit.desk.risk import account_equity_usd
from venues.model import NS_PER_S

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

EVERY_NS = 300 * NS_PER_S
"""How far the last note of a day may lie before midnight, or before a desk's sudden end, ns."""


class EquityDays:
    """A step of the watch."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._noted_ts = 0

    def now(self) -> dict[str, Decimal]:
        """Account to USD, of those that have answered and whose coins have a price."""
        desk = self._desk
        known = {
            account.name: account_equity_usd(account, desk.markets.usd_rate)
            for account in desk.accounts.values()
            if account.balances and not account.suspect
        }
        return {name: usd for name, usd in known.items() if usd is not None}

    def step(self) -> None:
        """Called each second."""
        now = self._desk.clock.now_ns()
        turned = day_number(now) != day_number(self._noted_ts)
        if not turned and now - self._noted_ts < EVERY_NS:
            return
        # A second into the new day, what stands is how the day before ended.
        days = {day_number(self._noted_ts), day_number(now)} if turned and self._follows(now) else {day_number(now)}
        self._noted_ts = now
        for name, usd in self.now().items():
            for number in sorted(days):
                self._desk.journal.equity(day_name(number), name, usd, now)

    def _follows(self, now: int) -> bool:
        """Whether the last note was of the day before, by this very desk."""
        return bool(self._noted_ts) and day_number(now) == day_number(self._noted_ts) + 1
