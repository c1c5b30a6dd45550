"""The journal as a tape: everything that was booked, in the order it was booked, with the time it was booked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple, Self, TypeAlias

import msgspec

from cockpit.desk.journal_file import JournalError, check_kind, connect_ro
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_rows import (
    DayMark,
    JournaledAlarm,
    JournaledFill,
    JournaledFlatten,
    JournaledFunding,
    JournaledLine,
    JournaledLoop,
    JournaledObligation,
    JournaledOrder,
    JournaledStep,
    JournaledTransfer,
    ParamChange,
)
from cockpit.desk.journal_schema import MIGRATIONS
from cockpit.desk.ledger_account import Opening
from venues.model import NS_PER_S, Instrument

PAGE = 1_000
"""Rows read of a table at a time. No read lasts longer, so that a desk that writes may clear its log meanwhile."""


class JournaledOpening(msgspec.Struct, frozen=True):
    ts: int
    opening: str

    @property
    def content(self) -> Opening:
        return msgspec.json.decode(self.opening, type=Opening)


Row: TypeAlias = (
    JournaledOrder
    | JournaledStep
    | JournaledFill
    | JournaledFunding
    | JournaledTransfer
    | JournaledOpening
    | JournaledObligation
    | DayMark
    | ParamChange
    | JournaledLine
)


class Event(NamedTuple):
    seq: int
    ts: int
    """When it was booked, ns; never before that of the event before."""
    row: Row


class Run(NamedTuple):
    """One start of the desk."""

    epoch: int
    ts: int
    pid: int
    version: str


class Facts(msgspec.Struct, frozen=True):
    """What the journal holds once and not step by step."""

    instruments: dict[tuple[str, str], Instrument]
    modes: dict[str, str]
    """Account to `live okx` and the like; an account without one is on paper."""
    runs: list[Run]
    loops: list[JournaledLoop]
    alarms: list[JournaledAlarm]
    flattens: list[JournaledFlatten]
    trading: dict[str, str]
    """Account to its trading state and why, as it stands at the end."""
    suspect: dict[str, str]
    entries: str
    """Why entries are denied at the end; empty while they are not."""

    @property
    def accounts(self) -> list[str]:
        return sorted({name for name, _symbol in self.instruments})


def _day_end(row: DayMark) -> int:
    day = date.fromisoformat(row.day)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (int(midnight.timestamp()) + 86_400) * NS_PER_S


KINDS: dict[str, tuple[type[Row], str]] = {
    "orders": (JournaledOrder, "ts"),
    "order_events": (JournaledStep, "ts"),
    "fills": (JournaledFill, "ts_init"),
    "funding": (JournaledFunding, "ts_init"),
    "transfers": (JournaledTransfer, "ts_init"),
    "openings": (JournaledOpening, "ts"),
    "obligations": (JournaledObligation, "ts"),
    "day_marks": (DayMark, ""),
    "param_changes": (ParamChange, "ts"),
    "log": (JournaledLine, "ts"),
}
"""Table to what its rows are, and which of their stamps says when they were booked."""


class _Track:
    """One table, read in pages. Rows lie in the order they were written, so the row's own number is the way on."""

    __slots__ = ("done", "kind", "last", "rows", "stamp", "table")

    def __init__(self, table: str) -> None:
        self.table = table
        self.kind, self.stamp = KINDS[table]
        self.rows: deque[tuple[int, Row]] = deque()
        self.last = 0
        self.done = True
        """Nothing more of it up to the horizon."""


class Tape(JournalReader):
    """Read-only, beside a desk that writes or without one. `Tape.open(path)` raises `JournalError`."""

    @classmethod
    def open(cls, path: str) -> Self:
        """Raises `JournalError`, also for a journal of an older schema: nothing is migrated here, for nothing is
        written."""
        connection = connect_ro(path)
        found = check_kind(connection, path)
        if found < len(MIGRATIONS):
            connection.close()
            raise JournalError(
                f"journal {path}: has schema {found}, and a replay reads {len(MIGRATIONS)}; a desk that starts on it "
                "(or on a copy) brings it there"
            )
        return cls(connection)

    def facts(self) -> Facts:
        """As of now. Raises `JournalError` where no desk has done anything with this journal."""
        instruments = {
            (name, instrument.symbol): instrument
            for name, text in self.cursors("instruments").items()
            for instrument in msgspec.json.decode(text, type=list[Instrument])
        }
        if not instruments:
            raise JournalError("this journal has no instruments: no desk has reached a venue with it, nothing is in it")
        runs = self._connection.execute("SELECT epoch, ts, pid, version FROM epochs ORDER BY epoch").fetchall()
        return Facts(
            instruments=instruments,
            modes=self.cursors("mode"),
            runs=[Run(*row) for row in runs],
            loops=self.loops(),
            alarms=self.alarms(),
            flattens=self.flattens(),
            trading=self.cursors("trading"),
            suspect=self.cursors("suspect"),
            entries=self.cursor("", "entries"),
        )

    def span(self) -> tuple[int, int]:
        """(first, last) stamp of what was booked or said, ns; (0, 0) for an empty journal."""
        stamps = [
            row[0]
            for table, (_kind, stamp) in KINDS.items()
            if stamp
            for order in ("ASC", "DESC")
            for row in self._connection.execute(f"SELECT {stamp} FROM {table} ORDER BY rowid {order} LIMIT 1")
        ]
        return (min(stamps), max(stamps)) if stamps else (0, 0)

    def horizon(self) -> int:
        """Number of the newest row that is on disk. Rows get there in the order of their numbers."""
        newest = 0
        self._connection.execute("BEGIN")
        try:
            for table in KINDS:
                for (seq,) in self._connection.execute(f"SELECT seq FROM {table} ORDER BY rowid DESC LIMIT 1"):
                    newest = max(newest, seq)
        finally:
            self._connection.execute("COMMIT")
        return newest

    def page(self, table: str, after: int, horizon: int) -> list[tuple[int, int, Row]]:
        """(row's place, seq, row) of the next rows of a table."""
        kind, _stamp = KINDS[table]
        sql = f"SELECT rowid AS place, * FROM {table} WHERE rowid > ? AND seq <= ? ORDER BY rowid LIMIT {PAGE}"
        cursor = self._connection.execute(sql, (after, horizon))
        names = [column[0] for column in cursor.description]
        out = []
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            out.append((int(row["place"]), int(row["seq"]), msgspec.convert(row, kind, strict=False)))
        return out


class Reel:
    """Goes through a tape once, forward; at its end it looks whether there is more by now."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._tracks = [_Track(table) for table in KINDS]
        self._horizon = 0
        self._ts = 0
        self._next: Event | None = None

    def peek(self) -> Event | None:
        """The event that comes next; None at the end of what is known (see `look`)."""
        if self._next is None:
            self._next = self._pull()
        return self._next

    def take(self) -> Event:
        """The event that `peek` gave."""
        event = self.peek()
        assert event is not None, "peek said that there is one"
        self._next = None
        return event

    def rethread(self, tape: Tape) -> None:
        """Go on over another connection to the same journal: one belongs to the thread that opened it."""
        self._tape = tape

    def look(self) -> bool:
        """Whether there is more than was known."""
        horizon = self._tape.horizon()
        if horizon <= self._horizon:
            return False
        self._horizon = horizon
        for track in self._tracks:
            track.done = False
        return True

    def __iter__(self) -> Iterator[Event]:
        while self.peek() is not None:
            yield self.take()

    def _pull(self) -> Event | None:
        best: _Track | None = None
        for track in self._tracks:
            if not track.rows and not track.done:
                self._fill(track)
            if track.rows and (best is None or track.rows[0][0] < best.rows[0][0]):
                best = track
        if best is None:
            return None
        seq, row = best.rows.popleft()
        stamp = _day_end(row) if isinstance(row, DayMark) else int(getattr(row, best.stamp))
        self._ts = max(self._ts, stamp)
        return Event(seq, self._ts, row)

    def _fill(self, track: _Track) -> None:
        page = self._tape.page(track.table, track.last, self._horizon)
        track.rows.extend((seq, row) for _place, seq, row in page)
        if page:
            track.last = page[-1][0]
        track.done = len(page) < PAGE
