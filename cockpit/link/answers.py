"""What the desk answers to the questions of screens: pages and sheets, as JSON in an acknowledgement.

Tables of the store hold what is true now; these hold what was, and what is too much to be sent to every client.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from cockpit.link.rows import OrderRow
from venues.model import LiquiditySide, OrderStatus, Side

ZERO = Decimal(0)


class OrdersPage(msgspec.Struct, frozen=True):
    """`Query("orders", {before, limit, filter, account, loop, state})`: newest first.

    `limit` is 1 to 1000 (100 where none is given). Every word of `filter` must occur in an order's ids, account,
    symbol, side, loop, role, state or text, whatever the case of its letters. `account`, `loop` and `state` are whole
    values; `state` may be `open` for all that have not ended."""

    rows: tuple[OrderRow, ...]
    next: str = ""
    """To be given as `before` for the page after this one; empty at the end."""
    total: int = 0
    """How many of the newest 65,536, which is as far as one can page, stand under the same filter."""


class FillLine(msgspec.Struct, frozen=True):
    """One execution as booked."""

    ts: int
    """By the venue, ns."""
    account: str
    symbol: str
    side: Side
    qty: Decimal
    """Venue units."""
    price: Decimal
    fee: Decimal
    fee_asset: str
    fee_usd: Decimal
    liquidity: LiquiditySide
    loop: str
    role: str
    trade_id: str
    client_order_id: str


class OrderEvent(msgspec.Struct, frozen=True):
    """One step of an order's life."""

    ts: int
    status: OrderStatus
    filled: Decimal
    text: str = ""


class OrderLife(msgspec.Struct, frozen=True):
    """`Query("order", {id})`, our id or the venue's."""

    order: OrderRow
    events: tuple[OrderEvent, ...]
    """Oldest first, from the intent on. Steps are kept for the newest 65,536 orders, and for 30 days; of older ones the
    first and the last stand here."""
    fills: tuple[FillLine, ...]


class BalanceLine(msgspec.Struct, frozen=True):
    asset: str
    cash: Decimal
    usd: Decimal | None
    """None while the coin has no price."""


class FundingLine(msgspec.Struct, frozen=True):
    """Funding of one market of an account since its books were opened."""

    symbol: str
    paid_usd: Decimal
    """Received is negative."""
    payments: int
    last_ts: int


class AccountSheet(msgspec.Struct, frozen=True):
    """`Query("account", {account})`: what the tables do not have of an account."""

    account: str
    balances: tuple[BalanceLine, ...]
    fills: tuple[FillLine, ...]
    """The newest 200, newest first."""
    funding: tuple[FundingLine, ...]
    fees_usd: Decimal = ZERO
    notes: tuple[str, ...] = ()
    """What the check of the account found, in words."""


NO_BOUND = 1e9
"""`Bucket.up_to` of the last bucket, which has no end: JSON knows no infinity."""


class Bucket(msgspec.Struct, frozen=True):
    """Of a histogram: how many were at most `up_to` and above the bucket before."""

    up_to: float
    count: int


class ObligationLine(msgspec.Struct, frozen=True):
    number: int
    ts: int
    base: Decimal
    """Signed base coin that was owed."""
    covered_ts: int
    """When it was covered, ns; 0 while it is not."""


class ChangeLine(msgspec.Struct, frozen=True):
    """One change of parameters or one command: who did what, and when.

    `Query("audit", {before, limit, loop})` gives a list of them, newest first: those before the stamp `before` (ns),
    `limit` 1 to 1000 (200 where none is given), of one `loop` or of all."""

    ts: int
    origin: str
    loop: str
    text: str
    """In words: `size 0.10 → 0.12`, `pause`."""
    changes: dict[str, tuple[str, str]] = {}
    """Name to (old value, new value), where parameters were changed."""
    answer: str = ""
    """Why it was refused; empty where it was taken."""


class LoopSheet(msgspec.Struct, frozen=True):
    """`Query("loop", {loop})`: what the tables do not have of a loop."""

    loop: str
    hedge_ms: tuple[Bucket, ...]
    """Fill to hedge fill, milliseconds: up to 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000 and `NO_BOUND`."""
    obligations: tuple[ObligationLine, ...]
    """The newest 100, newest first."""
    changes: tuple[ChangeLine, ...]
    """The newest 50, newest first."""
    max_naked_ms: float = 0.0


class DayLine(msgspec.Struct, frozen=True):
    """One day, UTC, over all accounts; costs are positive."""

    day: str
    """`2026-11-21`."""
    volume_usd: Decimal
    wear_usd: Decimal
    wear_bps: float | None
    fees_usd: Decimal
    trade_usd: Decimal
    funding_usd: Decimal
    equity_usd: Decimal | None
    """At the end of the day; None where it was not known."""
    unit_value: float | None
    """Of one unit of the fund, 1 on the first day: deposits and withdrawals buy and sell units and leave it alone."""


class History(msgspec.Struct, frozen=True):
    """`Query("history", {days})`: oldest first, the newest `days` (90 where none is given) that something was on."""

    days: tuple[DayLine, ...]
