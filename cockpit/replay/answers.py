"""Questions of the screens, answered as the desk would have answered them at the time that is shown."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from cockpit.desk import journal_pages as pages
from cockpit.desk.journal_file import JournalError
from cockpit.desk.ledger_days import day_name, day_number
from cockpit.desk.refusals import LaunchError
from cockpit.desk.wear import Scope
from cockpit.host import exports
from cockpit.host.asked import Args, whole
from cockpit.host.changes import audit, changes
from cockpit.host.history import DAYS, MOST_DAYS, day_line, unit_values
from cockpit.host.order_pages import fill_line, order_life, orders_page
from cockpit.host.rows import rounded
from cockpit.host.sheets import CHANGES, FILLS, OBLIGATIONS, REPLAYED, covered, histogram
from cockpit.link.answers import (
    AccountSheet,
    BalanceLine,
    FundingLine,
    History,
    LoopSheet,
)
from cockpit.link.messages import Query
from cockpit.replay.as_of import AsOf
from cockpit.replay.past import Past
from cockpit.replay.player import Player
from cockpit.replay.rows import tolerance_of, wear_of
from strategies.params import specs
from strategies.registry import STRATEGIES
from venues.model import TransferKind

T = TypeVar("T")
Answer = Any
"""Whatever msgspec writes as JSON; its shape is the question's own."""
ZERO = Decimal(0)

READ: dict[str, Callable[[AsOf, Args], Answer]] = {
    "orders": orders_page,
    "order": order_life,
    "audit": audit,
    "fills": exports.fills,
    "funding": exports.funding,
    "transfers": exports.transfers,
    "alarms": exports.alarms,
    "obligations": exports.obligations,
}
"""Questions that the journal answers alone."""


class NoAnswer(Exception):
    """A question that cannot be answered; the text says why."""


class Answers:
    """Reads on a thread and a connection of its own, so that a long page holds no picture up."""

    def __init__(self, path: Path, player: Player) -> None:
        self._path = path
        self._player = player
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answers")
        self._reader: AsOf | None = None

    async def ask(self, query: Query) -> Answer:
        """Raises `NoAnswer`."""
        past, ts = self._player.past, self._player.ts
        what, args = query.what, query.args
        try:
            if what in READ:
                return await self._read(past.seq, ts, lambda reader: READ[what](reader, args))
            if what == "strategies":
                return strategies()
            if what == "account":
                return await self._account(past, ts, args)
            if what == "loop":
                return await self._loop(past, ts, args)
            if what == "history":
                return await self._history(past, ts, args)
        except (LaunchError, JournalError, sqlite3.Error) as error:
            raise NoAnswer(str(error)) from None
        raise NoAnswer(f"a replay does not answer {what!r}: it is about what could be done now")

    async def _read(self, seq: int, ts: int, work: Callable[[AsOf], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, seq, ts, work)

    def _work(self, seq: int, ts: int, work: Callable[[AsOf], T]) -> T:
        if self._reader is None:
            self._reader = AsOf.open(str(self._path))
        self._reader.until(seq, ts)
        return work(self._reader)

    def close(self) -> None:
        self._thread.submit(self._let_go)
        self._thread.shutdown()

    def _let_go(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    # -- with the help of the ledger

    async def _account(self, past: Past, ts: int, args: Args) -> AccountSheet:
        name = args.get("account", "")
        if name not in past.facts.accounts:
            raise LaunchError(f"account: {name!r} is not known; expected one of {', '.join(past.facts.accounts)}")
        fills, counts = await self._read(
            past.seq, ts, lambda reader: (pages.newest_fills(reader, name, FILLS), pages.funding_counts(reader, name))
        )
        return AccountSheet(
            account=name,
            balances=tuple(
                BalanceLine(asset, cash, rounded(cash * past.prices.rate(asset, None), 2))
                for asset, cash in sorted(past.ledger.cash(name).items())
            ),
            fills=tuple(map(fill_line, fills)),
            funding=tuple(
                FundingLine(symbol, rounded(past.ledger.funding_usd(name, symbol), 4), payments, last)
                for symbol, (payments, last) in counts.items()
            ),
            fees_usd=rounded(wear_of(past, Scope.ACCOUNT, name).fees_usd, 4),
        )

    async def _loop(self, past: Past, ts: int, args: Args) -> LoopSheet:
        name = args.get("loop", "")
        loop = past.loops.get(name)
        if loop is None or loop.begun > ts:
            known = ", ".join(each.id for each in past.loops.values() if each.begun <= ts) or "none yet"
            raise LaunchError(f"loop: {name!r} is not known; expected one of: {known}")
        tolerance = tolerance_of(past, loop)

        def read(reader: AsOf) -> Answer:
            owed = pages.newest_obligations(reader, name, REPLAYED)
            hedges = pages.covering_fills(reader, name, owed[0].seq, 4 * REPLAYED) if owed else []
            return covered(owed, hedges, tolerance), changes(reader, limit=CHANGES, loop=name)

        (lines, latencies), changed = await self._read(past.seq, ts, read)
        return LoopSheet(
            loop=name,
            hedge_ms=histogram(latencies),
            obligations=tuple(reversed(lines))[:OBLIGATIONS],
            changes=tuple(changed),
        )

    async def _history(self, past: Past, ts: int, args: Args) -> History:
        wanted = whole(args, "days", DAYS, MOST_DAYS)

        def read(reader: AsOf) -> Answer:
            flows: dict[tuple[str, str], Decimal] = {}
            for moved in reader.transfers():
                if moved.kind is not TransferKind.REBATE:
                    key = (day_name(day_number(moved.ts_event)), moved.account)
                    flows[key] = flows.get(key, ZERO) + moved.transfer.signed * moved.rate_usd
            return pages.equities(reader), flows

        rows, flows = await self._read(past.seq, ts, read)
        equities: dict[str, dict[str, Decimal]] = {}
        for row in rows:
            equities.setdefault(row.day, {})[row.account] = row.usd
        worth = unit_values(equities, flows, staying=past.facts.accounts)
        names = sorted({*past.ledger.days(), *worth})[-wanted:]
        return History(tuple(day_line(name, wear_of(past, Scope.DAY, name), worth.get(name)) for name in names))


def strategies() -> Answer:
    """As a desk describes them: screens label parameters by it."""
    return [
        {"kind": kind, "doc": (strategy.params_type.__doc__ or "").strip(), "params": specs(strategy.params_type)}
        for kind, strategy in STRATEGIES.items()
    ]
