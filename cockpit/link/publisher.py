"""What changed since when: one diff of the desk's tables, shared by all clients however fast each of them reads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from cockpit.link.rows import LogRow, Tables
from cockpit.link.store import KEYED_TABLES, LOG_LINES, Row
from venues.model import NS_PER_S, Clock

MAX_RATE_HZ = 10.0
"""The desk's tables are read at most this often, however many clients there are."""

REMEMBERED = 64
"""Generations of changes kept; a client further behind gets a snapshot."""

_TABLES = ("desk", *KEYED_TABLES)


class Cursor(msgspec.Struct, frozen=True):
    """How far a client has been told."""

    generation: int
    log_seq: int


class Changes(msgspec.Struct, frozen=True):
    """Rows that changed and keys that went since a cursor."""

    tables: Tables
    removed: dict[str, tuple[str, ...]]
    empty: bool


def seen_by(tables: Tables, lookers: tuple[str, ...]) -> Tables:
    """The desk's tables with who looks at them; the desk itself knows of no clients."""
    desk = [msgspec.structs.replace(row, clients=lookers) for row in tables.desk if lookers or row.clients]
    return msgspec.structs.replace(tables, desk=desk) if desk else tables


class _Generation(msgspec.Struct, frozen=True):
    number: int
    touched: dict[str, set[str]]


class Publisher:
    """Keeps the last rows of each table and which keys each look at the desk found changed."""

    def __init__(self, source: Callable[[], Tables], clock: Clock, max_rate_hz: float = MAX_RATE_HZ) -> None:
        self._source = source
        self._clock = clock
        self._interval_ns = round(NS_PER_S / max_rate_hz)
        self._read_ns: int | None = None
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in _TABLES}
        self._log: deque[LogRow] = deque(maxlen=LOG_LINES)
        self._history: deque[_Generation] = deque(maxlen=REMEMBERED)
        self._generation = 0

    @property
    def cursor(self) -> Cursor:
        """Where a client stands that has been told everything."""
        return Cursor(self._generation, self._log[-1].seq if self._log else -1)

    def invalidate(self) -> None:
        """The desk has just done something: the next look is a fresh one, so that a client reads its own writes."""
        self._read_ns = None

    def refresh(self) -> None:
        """Look at the desk, unless the last look is younger than the rate allows."""
        now = self._clock.monotonic_ns()
        if self._read_ns is not None and now - self._read_ns < self._interval_ns:
            return
        self._read_ns = now
        tables = self._source()
        touched: dict[str, set[str]] = {}
        for name in _TABLES:
            rows: list[Row] = getattr(tables, name)
            keys = self._take(name, rows)
            if keys:
                touched[name] = keys
        last = self._log[-1].seq if self._log else -1
        self._log.extend(row for row in tables.log if row.seq > last)
        if touched:
            self._generation += 1
            self._history.append(_Generation(self._generation, touched))

    def _take(self, name: str, rows: list[Row]) -> set[str]:
        """Replace a table; the keys that came, changed or went."""
        old = self._rows[name]
        new: dict[str, Row] = {}
        touched: set[str] = set()
        for row in rows:
            key = row.key
            new[key] = row
            before = old.get(key)
            if before is not row and before != row:
                touched.add(key)
        if len(old) != len(new) or old.keys() != new.keys():
            touched.update(key for key in old if key not in new)
        self._rows[name] = new
        return touched

    def snapshot(self) -> Tables:
        """Everything as of the last look."""
        tables = Tables(log=list(self._log))
        for name in _TABLES:
            setattr(tables, name, list(self._rows[name].values()))
        return tables

    def since(self, cursor: Cursor) -> Changes | None:
        """What a client at `cursor` has missed; None where only a snapshot will do."""
        behind = self._generation - cursor.generation
        if behind < 0 or behind > len(self._history):
            return None
        touched: dict[str, set[str]] = {}
        for generation in self._history:
            if generation.number > cursor.generation:
                for name, keys in generation.touched.items():
                    touched.setdefault(name, set()).update(keys)
        tables = Tables()
        removed: dict[str, tuple[str, ...]] = {}
        for name, keys in touched.items():
            rows = self._rows[name]
            setattr(tables, name, [rows[key] for key in rows if key in keys] if keys else [])
            gone = tuple(sorted(key for key in keys if key not in rows))
            if gone:
                removed[name] = gone
        tables.log = self._log_after(cursor.log_seq)
        return Changes(tables, removed, empty=not touched and not tables.log)

    def _log_after(self, seq: int) -> list[LogRow]:
        fresh: list[LogRow] = []
        for row in reversed(self._log):
            if row.seq <= seq:
                break
            fresh.append(row)
        fresh.reverse()
        return fresh
