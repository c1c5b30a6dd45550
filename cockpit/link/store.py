"""A client's replica of the desk's tables: what the screens paint and what the command line prints."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, Protocol, TypeAlias, TypeVar

from cockpit.link.messages import Delta, Snapshot
from cockpit.link.replay_state import ReplayState
from cockpit.link.rows import (
    AccountRow,
    AlarmRow,
    DeskRow,
    FlattenRow,
    FundingRow,
    LogRow,
    LoopRow,
    MarketRow,
    OrderRow,
    PositionRow,
    SpreadRow,
    WearRow,
)
from venues.model import NS_PER_S, Clock

STALE_S = 3.0
"""Silence after which a live connection counts as stale, seconds; the desk sends something every second."""

LOG_LINES = 1000
"""Log lines kept."""

KEYED_TABLES = (
    "accounts",
    "positions",
    "markets",
    "spreads",
    "funding",
    "wear",
    "loops",
    "orders",
    "alarms",
    "flattens",
)
"""Tables of the store that are dicts by key."""

ALL_TABLES = ("desk", *KEYED_TABLES, "log")

Connection: TypeAlias = Literal["connecting", "live", "disconnected"]
State: TypeAlias = Literal["connecting", "live", "stale", "disconnected"]


class Row(Protocol):
    """Any row of any keyed table."""

    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=Row)


class Store:
    """Every row by its key, as of the last message. Whoever paints asks `take_dirty` what to paint anew.

    The last known rows stay when the connection goes; `state` says how much they are worth.
    """

    def __init__(self, clock: Clock, *, watch: bool = False) -> None:
        self._clock = clock
        self.watch = watch
        """This client only looks: the desk refuses it every command."""
        self.replay: ReplayState | None = None
        """Where the replay stands; None where this is the replica of a desk."""
        self.trouble = ""
        """Why there will be no connection until somebody does something (the desk speaks another protocol), in words;
        empty otherwise."""
        self._last_ns: int | None = None
        self._seq: int | None = None
        self._dirty: set[str] = set()
        self.connection: Connection = "connecting"
        self.desk: DeskRow | None = None
        self.accounts: dict[str, AccountRow] = {}
        self.positions: dict[str, PositionRow] = {}
        self.markets: dict[str, MarketRow] = {}
        self.spreads: dict[str, SpreadRow] = {}
        self.funding: dict[str, FundingRow] = {}
        self.wear: dict[str, WearRow] = {}
        self.loops: dict[str, LoopRow] = {}
        self.orders: dict[str, OrderRow] = {}
        self.alarms: dict[str, AlarmRow] = {}
        self.flattens: dict[str, FlattenRow] = {}
        self.log: deque[LogRow] = deque(maxlen=LOG_LINES)
        self.ts = 0
        """The desk's wall clock at the last message, ns since the epoch."""

    @property
    def state(self) -> State:
        """What to tell the operator: a live connection that has been silent for over `STALE_S` is stale."""
        if self.connection == "live" and self.age() > STALE_S:
            return "stale"
        return self.connection

    @property
    def seq(self) -> int | None:
        """Number of the last message taken; None before the first snapshot."""
        return self._seq

    @property
    def heard_ns(self) -> int | None:
        """When the last message came, monotonic clock; None before the first."""
        return self._last_ns

    def age(self) -> float:
        """Seconds since the last message by the monotonic clock; infinite before the first."""
        if self._last_ns is None:
            return float("inf")
        return (self._clock.monotonic_ns() - self._last_ns) / NS_PER_S

    def take_dirty(self) -> set[str]:
        """Names of the tables that changed since the last call."""
        dirty, self._dirty = self._dirty, set()
        return dirty

    def apply(self, message: Snapshot | Delta) -> bool:
        """Take a message in. False on a gap: nothing was changed and the caller asks for a `Resync`."""
        if isinstance(message, Snapshot):
            self._replace(message)
        elif self._seq is None or message.seq != self._seq + 1:
            return False
        else:
            self._merge(message)
        self._seq = message.seq
        self.ts = message.ts
        self._last_ns = self._clock.monotonic_ns()
        self.connection = "live"
        return True

    def forget_seq(self) -> None:
        """Only a snapshot will do next: the stream was cut."""
        self._seq = None

    def _replace(self, message: Snapshot) -> None:
        tables = message.tables
        same_desk = bool(
            self.desk and tables.desk and (self.desk.pid, self.desk.epoch) == (tables.desk[0].pid, tables.desk[0].epoch)
        )
        self.desk = tables.desk[0] if tables.desk else None
        _refill(self.accounts, tables.accounts)
        _refill(self.positions, tables.positions)
        _refill(self.markets, tables.markets)
        _refill(self.spreads, tables.spreads)
        _refill(self.funding, tables.funding)
        _refill(self.wear, tables.wear)
        _refill(self.loops, tables.loops)
        _refill(self.orders, tables.orders)
        _refill(self.alarms, tables.alarms)
        _refill(self.flattens, tables.flattens)
        if not same_desk:
            self.log.clear()
        self._append_log(tables.log)
        self._dirty.update(ALL_TABLES)

    def _merge(self, message: Delta) -> None:
        tables = message.tables
        dirty = self._dirty
        if tables.desk:
            self.desk = tables.desk[0]
            dirty.add("desk")
        for name, keys in message.removed.items():
            if name in KEYED_TABLES:
                table = getattr(self, name)
                for key in keys:
                    table.pop(key, None)
                dirty.add(name)
        self._update("accounts", self.accounts, tables.accounts)
        self._update("positions", self.positions, tables.positions)
        self._update("markets", self.markets, tables.markets)
        self._update("spreads", self.spreads, tables.spreads)
        self._update("funding", self.funding, tables.funding)
        self._update("wear", self.wear, tables.wear)
        self._update("loops", self.loops, tables.loops)
        self._update("orders", self.orders, tables.orders)
        self._update("alarms", self.alarms, tables.alarms)
        self._update("flattens", self.flattens, tables.flattens)
        if tables.log:
            self._append_log(tables.log)
            dirty.add("log")

    def _update(self, name: str, table: dict[str, R], rows: list[R]) -> None:
        if rows:
            for row in rows:
                table[row.key] = row
            self._dirty.add(name)

    def _append_log(self, rows: Iterable[LogRow]) -> None:
        last = self.log[-1].seq if self.log else -1
        self.log.extend(row for row in rows if row.seq > last)


def _refill(table: dict[str, R], rows: list[R]) -> None:
    """Change the dict in place: a widget may hold it."""
    table.clear()
    table.update((row.key, row) for row in rows)
