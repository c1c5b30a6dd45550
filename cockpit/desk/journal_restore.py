"""The ledger out of the journal: everything booked again, in the order it was booked."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TypeAlias

from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_rows import JournaledFill, JournaledFunding, JournaledTransfer
from cockpit.desk.ledger import Ledger

_Step: TypeAlias = tuple[int, Callable[[], object]]


def restore_ledger(ledger: Ledger, reader: JournalReader) -> None:
    """Book all that the journal holds. What the ledger has already changes nothing."""
    steps: Iterator[_Step] = heapq.merge(
        ((seq, partial(ledger.opening, opening)) for seq, opening in reader.openings()),
        ((row.seq, partial(_book_fill, ledger, row)) for row in reader.fills()),
        ((row.seq, partial(_book_funding, ledger, row)) for row in reader.funding()),
        ((row.seq, partial(_book_transfer, ledger, row)) for row in reader.transfers()),
        _rolls(ledger, reader),
        key=lambda step: step[0],
    )
    with ledger.restoring():
        for _seq, book in steps:
            book()


def _rolls(ledger: Ledger, reader: JournalReader) -> Iterator[_Step]:
    for day, rows in groupby(reader.day_marks(), key=lambda row: row.day):
        # A day asked to close again stands there twice; it closed at the first row, and only once.
        found = list(rows)
        marks = {(row.account, row.symbol): row.mark for row in found}
        yield found[0].seq, partial(ledger.roll_day, day, partial(_mark_of, marks))


def _mark_of(marks: dict[tuple[str, str], Decimal], account: str, symbol: str) -> Decimal | None:
    return marks.get((account, symbol))


def _book_fill(ledger: Ledger, row: JournaledFill) -> None:
    ledger.book_fill(
        row.account,
        row.report,
        loop=row.loop,
        cycle=row.cycle,
        role=row.role,
        volume=row.volume,
        fee_rate_usd=row.fee_rate_usd,
        settle_rate_usd=row.settle_rate_usd,
    )


def _book_funding(ledger: Ledger, row: JournaledFunding) -> None:
    ledger.book_funding(row.account, row.payment, row.rate_usd)


def _book_transfer(ledger: Ledger, row: JournaledTransfer) -> None:
    ledger.book_transfer(row.account, row.transfer, row.rate_usd)
