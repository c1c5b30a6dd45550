"""What a client sees: tables of rows, each row a plain value with a key. The desk fills them, clients keep replicas."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from venues.model import Health, Mode, OrderStatus, Side

ZERO = Decimal(0)


class DeskRow(msgspec.Struct, frozen=True):
    """The desk itself; a table of one row."""

    pid: int
    version: str
    epoch: int
    started_ts: int
    entries_denied: bool
    """True after a flatten or a stop of all entries, until the operator resumes."""
    watchdog: str = ""
    """What the watchdogs that hear this desk say of themselves; empty where none does."""
    bell_s: float = 30.0
    """How often clients ring for a critical alarm that nobody acknowledges, seconds; 0: they never ring."""
    clients: tuple[str, ...] = ()
    """Who looks at the desk now, oldest first: `anna@host`, with ` (watch)` behind it where he can only look. Verbs of
    the command line and watchdogs are not among them."""

    @property
    def key(self) -> str:
        return "desk"


class AccountRow(msgspec.Struct, frozen=True):
    name: str
    venue: str
    mode: Mode
    health: Health
    state: str
    """Trading state: `active`, `reducing` or `halted`."""
    note: str
    """Why it is not active and live, in words; empty otherwise."""
    equity_usd: Decimal | None
    """None until the venue has answered."""
    free_usd: Decimal | None
    margin_ratio: float | None
    """Maintenance margin ÷ equity; 1 is liquidation."""
    leverage: float | None
    """Gross notional ÷ equity."""
    open_orders: int
    data_ts: int
    """When market data last came, ns; 0 for never."""
    unexplained_usd: Decimal = ZERO
    live: str = ""
    """Of a live account: `read-only`, or the limits of its first session in words; empty for any other."""

    @property
    def key(self) -> str:
        return self.name


class PositionRow(msgspec.Struct, frozen=True):
    account: str
    symbol: str
    base: str
    qty: Decimal
    """Signed, venue units, as the venue reports it."""
    base_qty: Decimal
    """Signed, base coin."""
    entry: Decimal
    mark: Decimal
    liq: Decimal | None
    unrealised_usd: Decimal
    notional_usd: Decimal
    ledger_qty: Decimal
    """What our ledger says, all loops and foreign together."""
    foreign_qty: Decimal = ZERO
    """The part of it that no loop of ours opened."""

    @property
    def key(self) -> str:
        return f"{self.account}/{self.symbol}"


class MarketRow(msgspec.Struct, frozen=True):
    account: str
    symbol: str
    base: str
    bid: Decimal | None
    ask: Decimal | None
    bid_qty: Decimal
    """Base coin at the touch."""
    ask_qty: Decimal
    ts: int
    """When it last changed, ns."""

    @property
    def key(self) -> str:
        return f"{self.account}/{self.symbol}"


class SpreadRow(msgspec.Struct, frozen=True):
    """Two accounts' markets in one coin. Positive is what a trade in that direction earns, in bps of the
    mid, after fees: maker fee on `a`, taker fee on `b`."""

    base: str
    a: str
    b: str
    buy_a_bps: float | None
    """Buy at a's bid as maker, sell at b's bid as taker."""
    sell_a_bps: float | None
    """Sell at a's ask as maker, buy at b's ask as taker."""
    history: tuple[float, ...]
    """Mid of b over mid of a, bps, oldest first, one a second, at the most 60."""

    @property
    def key(self) -> str:
        return f"{self.base}/{self.a}/{self.b}"


class FundingRow(msgspec.Struct, frozen=True):
    account: str
    symbol: str
    base: str
    rate: Decimal
    interval_s: int
    annualised: float
    """Fraction a year, simple."""
    next_ts: int
    accrued_usd: Decimal
    """Paid so far in this journal (positive) or received (negative)."""

    @property
    def key(self) -> str:
        return f"{self.account}/{self.symbol}"


class WearRow(msgspec.Struct, frozen=True):
    """Wear of a loop, an account or a day. All parts are costs in USD: positive is paid."""

    scope: str
    """`loop`, `account`, `day` or `total`."""
    name: str
    wear_bps: float | None
    """Wear ÷ volume · 10,000; None while nothing was traded."""
    wear_usd: Decimal
    fees_usd: Decimal
    trade_usd: Decimal
    funding_usd: Decimal
    volume_usd: Decimal
    unexplained_usd: Decimal = ZERO
    open_usd: Decimal = ZERO
    """The part of `trade_usd` that is only marked, of cycles still open."""

    @property
    def key(self) -> str:
        return f"{self.scope}/{self.name}"


class LoopRow(msgspec.Struct, frozen=True):
    id: str
    strategy: str
    state: str
    """`starting`, `running`, `paused`, `stopping`, `stopped`, `done`, `halted` or `flattening`."""
    phase: str
    """What the strategy is at: `opening`, `holding`, `closing`, `waiting`, …"""
    detail: str
    """One line in words: why it waits, what it quotes."""
    legs: tuple[tuple[str, str, str], ...]
    """(leg, account, symbol)"""
    base: str
    iterations_done: int
    iterations: int
    params: dict[str, str]
    pending: dict[str, str]
    """Changes acknowledged but not yet in effect: they wait for the next safe point."""
    exposure_base: Decimal
    """Net over all legs, base coin."""
    owed_base: Decimal
    """Signed base coin still to be hedged."""
    tolerance_base: Decimal
    wear_bps: float | None
    wear_usd: Decimal
    volume_usd: Decimal
    hedges: int
    hedge_ms_p50: float | None
    hedge_ms_p99: float | None
    started_ts: int
    pace: str = ""
    """Of a volume goal: done, left, and the pace needed."""
    mode: str = "paper"
    """`paper`, `rehearsal` or `live` as its accounts are; `mixed` where they differ."""

    @property
    def key(self) -> str:
        return self.id


class OrderRow(msgspec.Struct, frozen=True):
    client_order_id: str
    venue_order_id: str
    account: str
    symbol: str
    loop: str
    role: str
    """`open`, `close`, `hedge`, `unwind`, `flatten` or `reduce`; `foreign` where not ours."""
    side: Side
    qty: Decimal
    filled: Decimal
    price: Decimal
    status: OrderStatus
    ts: int
    text: str = ""

    @property
    def key(self) -> str:
        return self.client_order_id


class AlarmRow(msgspec.Struct, frozen=True):
    id: str
    level: str
    """`warning` or `critical`."""
    text: str
    ts: int
    """When it was last raised, ns."""
    count: int = 1
    """How often it was raised; repeats are folded."""
    first_ts: int = 0
    acked_by: str = ""
    """Who has acknowledged it; it stands until its cause is gone."""
    acked_ts: int = 0
    """0: nobody has."""
    escalated_ts: int = 0
    """Since when it is escalated: nobody acknowledged it for too long. 0: it is not."""
    action: str = ""
    """What escalation has done, in words."""
    rings: int = 0
    """A client rings when this grows."""

    @property
    def key(self) -> str:
        return self.id

    @property
    def shown_level(self) -> str:
        """`warning`, `critical` or `escalated`."""
        return "escalated" if self.escalated_ts else self.level

    @property
    def since(self) -> int:
        """When it was first raised, ns."""
        return self.first_ts or self.ts


def by_urgency(rows: Iterable[AlarmRow]) -> list[AlarmRow]:
    """What waits for the operator first, the worst of it on top, then the newest; what was acknowledged last."""
    ranks = {"warning": 0, "critical": 1, "escalated": 2}
    return sorted(rows, key=lambda row: (bool(row.acked_ts), -ranks.get(row.shown_level, 1), -row.ts, row.id))


class FlattenRow(msgspec.Struct, frozen=True):
    """One flatten or reduce at work or ended."""

    id: str
    kind: str
    """`flatten` or `reduce`."""
    state: str
    """`working`, `flat` (every venue said so), `done` (reduce), `blocked` (needs the operator) or `cancelled`."""
    accounts: tuple[str, ...]
    text: str
    legs: tuple[str, ...]
    """Every leg not closed yet, named, and why."""
    ts: int

    @property
    def key(self) -> str:
        return self.id


class LogRow(msgspec.Struct, frozen=True):
    seq: int
    ts: int
    level: str
    """`info`, `warning` or `error`."""
    source: str
    """Loop, account or `desk`."""
    text: str

    @property
    def key(self) -> str:
        return str(self.seq)


class Tables(msgspec.Struct, omit_defaults=True):
    """All tables, or the rows of them that changed."""

    desk: list[DeskRow] = []
    accounts: list[AccountRow] = []
    positions: list[PositionRow] = []
    markets: list[MarketRow] = []
    spreads: list[SpreadRow] = []
    funding: list[FundingRow] = []
    wear: list[WearRow] = []
    loops: list[LoopRow] = []
    orders: list[OrderRow] = []
    """Those that are not terminal, and the newest that are."""
    alarms: list[AlarmRow] = []
    flattens: list[FlattenRow] = []
    log: list[LogRow] = []
    """The newest lines; a delta holds only new ones."""
