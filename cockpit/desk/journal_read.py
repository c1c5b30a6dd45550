"""Reading the journal: for the restart of a desk, for the ledger's replay, for exports. Never writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeVar

import msgspec

from cockpit.desk.journal_file import connect_ro
from cockpit.desk.journal_rows import (
    DayMark,
    JournaledAlarm,
    JournaledCommand,
    JournaledFill,
    JournaledFlatten,
    JournaledFunding,
    JournaledLine,
    JournaledLoop,
    JournaledObligation,
    JournaledOrder,
    JournaledTrade,
    JournaledTransfer,
    ParamChange,
)
from cockpit.desk.journal_schema import SEQ_TABLES
from cockpit.desk.ledger_account import Opening

R = TypeVar("R", bound=msgspec.Struct)

ALWAYS = 1 << 62
"""A stamp after every other, ns."""

_COVERING = ("hedge", "unwind")
"""Roles whose fills work off obligations."""


class JournalReader:
    """Typed rows, oldest first. Stamps in ns; `from_ts` is inclusive, `to_ts` exclusive."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: str) -> JournalReader:
        """Beside a desk that writes, or without one. Raises `JournalError`."""
        return cls(connect_ro(path))

    def close(self) -> None:
        self._connection.close()

    # -- money

    def fills(
        self, *, from_ts: int = 0, to_ts: int = ALWAYS, account: str | None = None, loop: str | None = None
    ) -> Iterator[JournaledFill]:
        """In the order they were booked; `loop` "" gives the foreign ones."""
        where, args = "ts_event >= ? AND ts_event < ?", [from_ts, to_ts]
        texts = []
        for column, value in (("account", account), ("loop", loop)):
            if value is not None:
                where += f" AND {column} = ?"
                texts.append(value)
        return self._rows(JournaledFill, f"SELECT * FROM fills WHERE {where} ORDER BY seq", *args, *texts)

    def trades_after(self, seq: int) -> Iterator[JournaledTrade]:
        """What fills booked after row `seq` did to positions, in the order they were booked."""
        sql = "SELECT seq, account, symbol, loop, side, qty FROM fills WHERE seq > ? ORDER BY seq"
        return self._rows(JournaledTrade, sql, seq)

    def has_fill(self, account: str, symbol: str, trade_id: str) -> bool:
        """Whether the trade id is on file: the ledger's memory beyond its own."""
        sql = "SELECT 1 FROM fills WHERE account = ? AND symbol = ? AND trade_id = ?"
        return self._connection.execute(sql, (account, symbol, trade_id)).fetchone() is not None

    def funding(self, *, from_ts: int = 0, to_ts: int = ALWAYS) -> Iterator[JournaledFunding]:
        sql = "SELECT * FROM funding WHERE ts_event >= ? AND ts_event < ? ORDER BY seq"
        return self._rows(JournaledFunding, sql, from_ts, to_ts)

    def transfers(self, *, from_ts: int = 0, to_ts: int = ALWAYS) -> Iterator[JournaledTransfer]:
        sql = "SELECT * FROM transfers WHERE ts_event >= ? AND ts_event < ? ORDER BY seq"
        return self._rows(JournaledTransfer, sql, from_ts, to_ts)

    def openings(self) -> Iterator[tuple[int, Opening]]:
        """(seq, what the account held when first seen)"""
        for seq, text in self._connection.execute("SELECT seq, opening FROM openings ORDER BY seq"):
            yield seq, msgspec.json.decode(text, type=Opening)

    def day_marks(self) -> Iterator[DayMark]:
        return self._rows(DayMark, "SELECT * FROM day_marks ORDER BY seq")

    # -- what was going on

    def epoch(self) -> int:
        """Number of the newest run; 0 before the first."""
        return int(self._connection.execute("SELECT coalesce(max(epoch), 0) FROM epochs").fetchone()[0])

    def next_seq(self) -> int:
        newest = (
            self._connection.execute(f"SELECT coalesce(max(seq), 0) FROM {table}").fetchone()[0] for table in SEQ_TABLES
        )
        return int(max(newest)) + 1

    def loops(self) -> list[JournaledLoop]:
        rows = self._connection.execute("SELECT * FROM loops ORDER BY created_ts, id")
        rows.row_factory = _as_dict
        return [msgspec.convert({**row, "params": msgspec.json.decode(row["params"])}, JournaledLoop) for row in rows]

    def slots(self) -> list[tuple[int, int, str]]:
        """(epoch, slot, loop) of every loop that ever had order ids."""
        return self._connection.execute("SELECT epoch, slot, loop FROM slots ORDER BY epoch, slot").fetchall()

    def loop_of(self, epoch: int, slot: int) -> str | None:
        """The loop behind a client order id's epoch and slot."""
        sql = "SELECT loop FROM slots WHERE epoch = ? AND slot = ?"
        row = self._connection.execute(sql, (epoch, slot)).fetchone()
        return None if row is None else str(row[0])

    def order(self, client_order_id: str) -> JournaledOrder | None:
        sql = "SELECT * FROM orders WHERE client_order_id = ?"
        return next(self._rows(JournaledOrder, sql, client_order_id), None)

    def open_orders(self) -> list[JournaledOrder]:
        """Orders not known to have ended: working, uncertain, or meant and never heard of."""
        # The very condition of the partial index.
        sql = (
            "SELECT * FROM orders WHERE status NOT IN ('filled', 'canceled', 'rejected', 'expired', 'denied') "
            "ORDER BY seq"
        )
        return list(self._rows(JournaledOrder, sql))

    def obligations(self, loop: str) -> list[JournaledObligation]:
        return list(self._rows(JournaledObligation, "SELECT * FROM obligations WHERE loop = ? ORDER BY number", loop))

    def owed(self, loop: str) -> Decimal:
        """Signed base coin still to trade (positive is to be bought): Σ obligations − Σ hedge and unwind fills."""
        owed = sum((row.base for row in self.obligations(loop)), Decimal(0))
        sql = "SELECT side, base_qty FROM fills WHERE loop = ? AND role IN (?, ?) ORDER BY seq"
        for side, base in self._connection.execute(sql, (loop, *_COVERING)):
            owed -= Decimal(base) if side == "buy" else -Decimal(base)
        return owed

    def flattens(self) -> list[JournaledFlatten]:
        return list(self._rows(JournaledFlatten, "SELECT * FROM flattens ORDER BY ts, id"))

    def cursor(self, account: str, kind: str) -> str:
        """Where to read on; "" for the beginning."""
        sql = "SELECT value FROM cursors WHERE account = ? AND kind = ?"
        row = self._connection.execute(sql, (account, kind)).fetchone()
        return "" if row is None else str(row[0])

    def cursors(self, kind: str) -> dict[str, str]:
        """Account to cursor, of every account the journal knows, those that left the config too."""
        return dict(self._connection.execute("SELECT account, value FROM cursors WHERE kind = ?", (kind,)).fetchall())

    # -- who did what

    def command(self, id_: str) -> JournaledCommand | None:
        """The first answer to a command; None where it never came."""
        return next(self._rows(JournaledCommand, "SELECT * FROM commands WHERE id = ?", id_), None)

    def param_changes(self, loop: str | None = None) -> list[ParamChange]:
        where, args = ("WHERE loop = ?", (loop,)) if loop is not None else ("", ())
        return list(self._rows(ParamChange, f"SELECT * FROM param_changes {where} ORDER BY seq", *args))

    def alarms(self, *, active: bool = False) -> list[JournaledAlarm]:
        """All that are kept, or the active ones alone, oldest first."""
        sql = "SELECT * FROM alarms WHERE active >= ? ORDER BY first_ts, id"
        return list(self._rows(JournaledAlarm, sql, int(active)))

    def log(self, last: int = 200) -> list[JournaledLine]:
        """The newest `last` lines."""
        sql = "SELECT * FROM (SELECT * FROM log ORDER BY seq DESC LIMIT ?) ORDER BY seq"
        return list(self._rows(JournaledLine, sql, last))

    def refused(self) -> list[tuple[str, str, str]]:
        """(statement, row, error) of rows that no table would take: a defect, kept for mending by hand."""
        return [tuple(row) for row in self._connection.execute("SELECT statement, row, error FROM refused")]

    def all(self, sql: str, *args: str | int) -> list[tuple[object, ...]]:
        """Plain rows of a query of some other module's."""
        return self._connection.execute(sql, args).fetchall()

    def select(self, kind: type[R], sql: str, *args: str | int) -> Iterator[R]:
        """Typed rows of a query of some other module's."""
        return self._rows(kind, sql, *args)

    def _rows(self, kind: type[R], sql: str, *args: str | int) -> Iterator[R]:
        cursor = self._connection.execute(sql, args)
        cursor.row_factory = _as_dict
        for row in cursor:
            yield msgspec.convert(row, kind, strict=False)


def _as_dict(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
