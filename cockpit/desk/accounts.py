"""An account of the desk: its connection's health, whether it may trade, and what the venue last said of it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from strategies.protocol import Role
from venues.model import NS_PER_S, BalanceReport, Health, PositionStatusReport, Venue


class Trading(StrEnum):
    """ACTIVE: anything. REDUCING: reduce-only. HALTED: nothing leaves."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Ceiling(msgspec.Struct, frozen=True):
    """Limits of one account under those of the whole desk; None where only the desk's hold."""

    words: str
    """What they are called in a refusal, and how they are lifted."""
    order_usd: Decimal | None = None
    position_usd: Decimal | None = None
    leverage: Decimal | None = None


class Account:
    """One account. `suspect` is why its reports are not believed; empty while they are."""

    def __init__(self, venue: Venue, *, stale_s: float) -> None:
        self.venue = venue
        self.name = venue.account
        self.trading = Trading.ACTIVE
        self.note = ""
        self.barred = ""
        """Why nothing may be opened there (it is being deleveraged); empty while it may."""
        self.read_only = ""
        """Why it is watched only: no order of any kind may go there; empty where it may be traded."""
        self.ceiling: Ceiling | None = None
        """Tighter limits than the desk's, of a live account that is new."""
        self.up = False
        self.down_reason = "not connected yet"
        self.suspect = ""
        self.data_ts = 0
        """When anything of its market data last came, ns."""
        self.balances: dict[str, BalanceReport] = {}
        self.positions: dict[str, PositionStatusReport] = {}
        """As last reported; meaningless before `reconciled_ts`."""
        self.reconciled_ts = 0
        """When report and ledger last agreed since the connection came up, ns; 0 for not yet."""
        self.known = False
        """Whether report and ledger have agreed at all in this run: until then a hedge of the run before may have
        filled without our knowing."""
        self.answered_ts = 0
        """When the venue last answered a query, ns."""
        self.fills_cursor = ""
        self.ledger_ts = 0
        """Funding and transfers have been asked for up to here, ns."""
        self.stale_s = stale_s
        """Silence of market data after which it is not traded on, seconds."""
        self._stale_ns = int(stale_s * NS_PER_S)

    def health(self, now: int) -> Health:
        if self.suspect:
            return Health.SUSPECT
        if not self.up:
            return Health.DOWN
        if now - self.data_ts > self._stale_ns:
            return Health.STALE
        return Health.LIVE

    def refusal(self, role: Role, reduce_only: bool, *, named: bool = False) -> str:
        """Why an order may not go there now; empty where it may.

        `named`: the operator typed the name of this suspect account for a flatten.
        """
        if self.read_only:
            return f"account {self.name} is read-only: {self.read_only}"
        if not self.up:
            return f"account {self.name} is down: {self.down_reason}"
        if self.suspect and not (named and role in (Role.FLATTEN, Role.REDUCE)):
            return f"account {self.name} is suspect: {self.suspect}"
        if self.trading is Trading.HALTED:
            return f"account {self.name} is halted: {self.note}"
        if self.trading is Trading.REDUCING and not reduce_only:
            return f"account {self.name} is reducing: {self.note}"
        if role is Role.OPEN and self.barred:
            return f"account {self.name} opens nothing: {self.barred}"
        if not self.reconciled_ts and role not in (Role.FLATTEN, Role.REDUCE):
            return f"account {self.name} has not been reconciled yet"
        return ""

    def reported(self, symbol: str) -> Decimal:
        """Signed position in the venue's last answer, 0 where it listed none."""
        report = self.positions.get(symbol)
        return report.qty if report is not None else Decimal(0)
