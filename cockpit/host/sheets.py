"""One account and one loop in full: what the tables, which every client gets, do not have of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import partial
from heapq import merge

import msgspec

from cockpit.desk import journal_pages as pages
from cockpit.desk.accounts import Account
from cockpit.desk.desk import Desk
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_rows import JournaledFill, JournaledObligation
from cockpit.desk.obligations import Obligation, Obligations
from cockpit.desk.refusals import LaunchError
from cockpit.desk.wear import Scope
from cockpit.host.asked import Args
from cockpit.host.changes import changes
from cockpit.host.order_pages import fill_line
from cockpit.host.reading import Reading
from cockpit.host.rows import rounded
from cockpit.link.answers import (
    NO_BOUND,
    AccountSheet,
    BalanceLine,
    Bucket,
    ChangeLine,
    FillLine,
    FundingLine,
    LoopSheet,
    ObligationLine,
)
from cockpit.link.rows import ZERO

FILLS = 200
OBLIGATIONS = 100
REPLAYED = 1_000
"""Obligations gone through again for when each was covered."""
CHANGES = 50
BOUNDS_MS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, NO_BOUND)


# -- an account


async def account_sheet(desk: Desk, reading: Reading, args: Args) -> AccountSheet:
    """See `AccountSheet`. Raises `LaunchError`."""
    name = args.get("account", "")
    account = desk.accounts.get(name)
    if account is None:
        raise LaunchError(f"account: {name!r} is not known; expected one of {', '.join(desk.accounts)}")
    fills, counts = await reading.ask(partial(_read_account, name=name))
    return AccountSheet(
        account=name,
        balances=tuple(_balances(desk, account)),
        fills=fills,
        funding=tuple(
            FundingLine(symbol, rounded(desk.booking.funding_usd(name, symbol), 4), payments, last_ts)
            for symbol, (payments, last_ts) in counts.items()
        ),
        fees_usd=rounded(desk.booking.wear(Scope.ACCOUNT, name).fees_usd, 4),
        notes=tuple(dict.fromkeys(_notes(desk, account))),
    )


def _read_account(reader: JournalReader, *, name: str) -> tuple[tuple[FillLine, ...], dict[str, tuple[int, int]]]:
    return tuple(map(fill_line, pages.newest_fills(reader, name, FILLS))), pages.funding_counts(reader, name)


def _balances(desk: Desk, account: Account) -> Iterator[BalanceLine]:
    for asset, balance in sorted(account.balances.items()):
        rate = desk.markets.usd_rate(account.name, asset)
        yield BalanceLine(asset, balance.cash, None if rate is None else rounded(balance.cash * rate, 2))


def _notes(desk: Desk, account: Account) -> Iterator[str]:
    yield from filter(None, (account.suspect, account.note, account.barred, account.read_only))
    if not account.up:
        yield account.down_reason
    if words := desk.going_live.words(account):
        yield words
    for alarm in desk.alarms.active.values():
        if account.name in alarm.id.split("/")[1:]:
            yield alarm.text


# -- a loop


class _LoopPast(msgspec.Struct, frozen=True):
    """What the journal has of a loop."""

    known: bool
    obligations: tuple[ObligationLine, ...]
    latencies_ms: tuple[float, ...]
    changes: tuple[ChangeLine, ...]


async def loop_sheet(desk: Desk, reading: Reading, args: Args) -> LoopSheet:
    """See `LoopSheet`; of a loop that has ended too. Raises `LaunchError`."""
    name = args.get("loop", "")
    loop = desk.loops.all.get(name)
    tolerance = ZERO if loop is None else loop.tolerance()
    past = await reading.ask(partial(_read_loop, name=name, tolerance=tolerance))
    if loop is None and not past.known:
        raise LaunchError(f"loop: {name!r} is not known; expected one of: {', '.join(desk.loops.all) or 'none yet'}")
    books = () if loop is None else tuple(loop.books.values())
    latencies = [ms for book in books for ms in book.latencies_ms]
    return LoopSheet(
        loop=name,
        # Those of this run; after a restart, until the first hedge, those of the runs before.
        hedge_ms=histogram(latencies or past.latencies_ms),
        obligations=past.obligations,
        changes=past.changes,
        max_naked_ms=round(max((book.max_naked_ms for book in books), default=0.0), 1),
    )


def histogram(latencies_ms: Iterable[float]) -> tuple[Bucket, ...]:
    """How many lie in each bucket of `BOUNDS_MS`, a bound itself in the one it ends."""
    counts = [0] * len(BOUNDS_MS)
    for ms in latencies_ms:
        counts[min(bisect_left(BOUNDS_MS, ms), len(BOUNDS_MS) - 1)] += 1
    return tuple(map(Bucket, BOUNDS_MS, counts))


def _read_loop(reader: JournalReader, *, name: str, tolerance: Decimal) -> _LoopPast:
    owed = pages.newest_obligations(reader, name, REPLAYED)
    hedges = pages.covering_fills(reader, name, owed[0].seq, 4 * REPLAYED) if owed else []
    lines, latencies = covered(owed, hedges, tolerance)
    return _LoopPast(
        known=bool(owed) or any(row.id == name for row in reader.loops()),
        obligations=tuple(reversed(lines))[:OBLIGATIONS],
        latencies_ms=latencies,
        changes=tuple(changes(reader, limit=CHANGES, loop=name)),
    )


def covered(
    owed: Iterable[JournaledObligation], hedges: Iterable[JournaledFill], tolerance: Decimal
) -> tuple[list[ObligationLine], tuple[float, ...]]:
    """When each obligation was covered, by the hedger's own rules, oldest first: a hedge works off the oldest that is
    open, and what is left under `tolerance` (base coin) is dust that nobody waits for. And the latencies, ms."""
    book, kept = Obligations(), list[Obligation]()
    rows: Iterator[JournaledObligation | JournaledFill] = merge(owed, hedges, key=lambda row: row.seq)
    for row in rows:
        if isinstance(row, JournaledFill):
            ts = row.ts_init
            book.cover(row.signed_base, ts)
        elif row.trade_id:
            ts = row.ts
            one = Obligation(row.number, row.base, row.base, ts)
            book.add(one)
            kept.append(one)
        else:
            # Written off.
            ts = row.ts
            _fold(book, ts)
        if abs(sum((one.left for one in book.open), ZERO)) <= tolerance:
            _fold(book, ts)
    waiting = {one.number for one in book.open}
    lines = [ObligationLine(o.number, o.ts, o.base, 0 if o.number in waiting else o.covered_ts) for o in kept]
    return lines, tuple(book.latencies_ms)


def _fold(book: Obligations, ts: int) -> None:
    """What no hedge worked on was evened out by a fill the other way."""
    netted = [one for one in book.open if not one.covered_ts]
    book.fold()
    for one in netted:
        one.covered_ts = ts
