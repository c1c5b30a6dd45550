"""The journal a page at a time: what screens ask for. Every query here is bounded, however large the journal is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_rows import (
    JournaledCommand,
    JournaledEquity,
    JournaledFill,
    JournaledObligation,
    JournaledOrder,
    JournaledStep,
    ParamChange,
)
from cockpit.desk.journal_schema import PAGED_ORDERS

_FIRST_PAGED = f"(SELECT max(rowid) - {PAGED_ORDERS - 1} FROM orders)"
"""Orders stand in the order in which they were meant and none is ever taken out, so their rowid is their place."""

_ENDED = "('filled', 'canceled', 'rejected', 'expired', 'denied')"

_QUOTE = "!"
"""Stands before what would be a wildcard of LIKE."""

_SEARCHED = ("client_order_id", "venue_order_id", "account", "symbol", "side", "loop", "role", "status", "reason")

_HAS_WORD = "(" + " OR ".join(f"{column} LIKE ? ESCAPE '{_QUOTE}'" for column in _SEARCHED) + ")"

OPEN = "open"
"""The state of all orders that have not ended, whatever each of them is in."""


class OrderFilter:
    """Which orders are wanted: all of `words` in one of its columns, and whole values."""

    def __init__(self, words: Sequence[str] = (), *, account: str = "", loop: str = "", state: str = "") -> None:
        conditions = [f"rowid >= {_FIRST_PAGED}"]
        self.args: list[str | int] = []
        for column, value in (("account", account), ("loop", loop)):
            if value:
                conditions.append(f"{column} = ?")
                self.args.append(value)
        if state == OPEN:
            conditions.append(f"status NOT IN {_ENDED}")
        elif state:
            conditions.append("status = ?")
            self.args.append(state)
        for word in words:
            conditions.append(_HAS_WORD)
            self.args += [f"%{escaped(word)}%"] * len(_SEARCHED)
        self.where = " AND ".join(conditions)


def escaped(word: str) -> str:
    """For LIKE: what is typed stands for itself."""
    return "".join(_QUOTE + char if char in f"{_QUOTE}%_" else char for char in word)


def orders(reader: JournalReader, wanted: OrderFilter, *, before: str, limit: int) -> list[JournaledOrder]:
    """Newest first, of those meant before the order of that id; "" begins at the newest."""
    where, args = wanted.where, [*wanted.args]
    if before:
        where += " AND rowid < (SELECT rowid FROM orders WHERE client_order_id = ?)"
        args.append(before)
    sql = f"SELECT * FROM orders WHERE {where} ORDER BY rowid DESC LIMIT ?"
    return list(reader.select(JournaledOrder, sql, *args, limit))


def count_orders(reader: JournalReader, wanted: OrderFilter) -> int:
    """How many of those that can be paged through are wanted."""
    return cast(int, reader.all(f"SELECT count(*) FROM orders WHERE {wanted.where}", *wanted.args)[0][0])


def order(reader: JournalReader, id_: str) -> JournaledOrder | None:
    """By our id or, among those that can be paged through, by the venue's."""
    found = reader.order(id_)
    if found is not None or not id_:
        return found
    sql = f"SELECT * FROM orders WHERE rowid >= {_FIRST_PAGED} AND venue_order_id = ? ORDER BY rowid DESC LIMIT 1"
    return next(reader.select(JournaledOrder, sql, id_), None)


def steps(reader: JournalReader, client_order_id: str, limit: int) -> list[JournaledStep]:
    """An order's changes, oldest first, the newest `limit` of them."""
    sql = "SELECT * FROM order_events WHERE client_order_id = ? ORDER BY seq DESC LIMIT ?"
    return list(reader.select(JournaledStep, sql, client_order_id, limit))[::-1]


def fills_of_order(reader: JournalReader, client_order_id: str, limit: int) -> list[JournaledFill]:
    """Oldest first."""
    sql = "SELECT * FROM fills WHERE client_order_id = ? ORDER BY seq LIMIT ?"
    return list(reader.select(JournaledFill, sql, client_order_id, limit))


def newest_fills(reader: JournalReader, account: str, limit: int) -> list[JournaledFill]:
    """Of an account, newest first."""
    sql = "SELECT * FROM fills WHERE account = ? ORDER BY seq DESC LIMIT ?"
    return list(reader.select(JournaledFill, sql, account, limit))


def funding_counts(reader: JournalReader, account: str) -> dict[str, tuple[int, int]]:
    """Symbol to (payments, stamp of the newest, ns)."""
    sql = "SELECT symbol, count(*), max(ts_event) FROM funding WHERE account = ? GROUP BY symbol ORDER BY symbol"
    return {cast(str, row[0]): (cast(int, row[1]), cast(int, row[2])) for row in reader.all(sql, account)}


def newest_obligations(reader: JournalReader, loop: str, limit: int) -> list[JournaledObligation]:
    """Oldest first, the newest `limit` of them."""
    sql = "SELECT * FROM obligations WHERE loop = ? ORDER BY number DESC LIMIT ?"
    return sorted(reader.select(JournaledObligation, sql, loop, limit), key=lambda row: row.seq)


def covering_fills(reader: JournalReader, loop: str, after_seq: int, limit: int) -> list[JournaledFill]:
    """Hedges and unwinds of a loop booked after row `after_seq`, in the order they were booked."""
    sql = "SELECT * FROM fills WHERE loop = ? AND role IN ('hedge', 'unwind') AND seq > ? ORDER BY seq LIMIT ?"
    return list(reader.select(JournaledFill, sql, loop, after_seq, limit))


def commands(reader: JournalReader, *, before: int, limit: int, loop: str = "") -> list[JournaledCommand]:
    """What operators asked for, newest first; of one loop also what was asked of all loops."""
    args: list[str | int] = [before]
    where = "ts < ?"
    if loop:
        where += " AND (json_extract(verb, '$.loop') IN (?, 'all') OR json_extract(result, '$.loop') = ?)"
        args += [loop, loop]
    sql = f"SELECT * FROM commands WHERE {where} ORDER BY rowid DESC LIMIT ?"
    return list(reader.select(JournaledCommand, sql, *args, limit))


def changes_of_command(reader: JournalReader, command_id: str) -> list[ParamChange]:
    """Parameters that one command changed, in the order in which it named them."""
    return list(reader.select(ParamChange, "SELECT * FROM param_changes WHERE command_id = ? ORDER BY seq", command_id))


def equities(reader: JournalReader) -> list[JournaledEquity]:
    """Of every account on every day it was looked at, oldest first."""
    return list(reader.select(JournaledEquity, "SELECT * FROM equity ORDER BY day, account"))
