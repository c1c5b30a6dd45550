"""The journal: everything that happened to money is in it, once. Typed methods over a writer that is passed in."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from cockpit.desk.journal_file import MEMORY, Connect, FileLock, JournalError, connect_ro, connect_rw, prepare
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_rows import JournaledAlarm
from cockpit.desk.journal_writer import JournalWriter, Row, SyncWriter
from cockpit.desk.ledger_account import Opening
from venues.model import FillReport, FundingPayment, OrderRequest, OrderStatus, Transfer

WriterFactory: TypeAlias = Callable[[Connect], JournalWriter]
"""`SyncWriter`, `ThreadWriter`, or a `functools.partial` of one with its options."""


DAY_NS = 86_400 * 1_000_000_000
EPOCHS_FROM_NS = 20_454 * DAY_NS
"""2026-01-01, ns since the Unix epoch."""


EPOCHS = 1 << 12
"""Runs that client order ids can tell apart."""


class OrderFacts(Protocol):
    """What the journal keeps of an order; the tracker's `Order` has it all."""

    @property
    def id(self) -> str: ...
    @property
    def request(self) -> OrderRequest: ...
    @property
    def account(self) -> str: ...
    @property
    def loop(self) -> str: ...
    @property
    def leg(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def cycle(self) -> int: ...
    @property
    def status(self) -> OrderStatus: ...
    @property
    def filled_qty(self) -> Decimal: ...
    @property
    def venue_order_id(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def ts(self) -> int: ...


class Journal:
    """One desk's journal. Methods queue a row and return; `barrier` waits for the disk. All stamps in ns."""

    def __init__(self, writer: JournalWriter, reader: JournalReader, lock: FileLock | None) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = lock
        self._seq = reader.next_seq()

    @classmethod
    def open(
        cls,
        path: str | Path,
        writer: WriterFactory = SyncWriter,
        *,
        connect: Callable[[str], sqlite3.Connection] = connect_rw,
    ) -> Journal:
        """Make or open the journal at `path`; `:memory:` needs a `SyncWriter`.

        Raises `JournalError` where another desk has it, where its schema is newer than this code, and where the file
        is damaged, no journal, or cannot be written.
        """
        name = str(path)
        if name == MEMORY:
            shared = prepare(name, lambda: connect(name))
            return cls(writer(lambda: shared), JournalReader(shared), None)
        lock = FileLock(Path(name))
        try:
            prepare(name, lambda: connect(name)).close()
            return cls(writer(lambda: connect(name)), JournalReader(connect_ro(name)), lock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> int:
        """Save everything and let go of the file. The number of rows that could not be saved, 0 when all is well."""
        if self._lock is None:
            # In memory reader and writer share the one connection there is.
            unsaved = self._writer.close()
            self._reader.close()
            return unsaved
        # The writer's connection goes last: only it may fold the write-ahead log into the file.
        self._reader.close()
        unsaved = self._writer.close()
        self._lock.release()
        return unsaved

    async def barrier(self) -> None:
        """Return when everything written before is on disk. Where it is already, this does not yield."""
        saved = self._writer.barrier()
        if not saved.done():
            # Shielded: who waits may be cancelled, the barrier may not.
            await asyncio.shield(asyncio.wrap_future(saved))

    def flush(self, timeout_s: float = 10.0) -> None:
        """`barrier` for callers without an event loop: blocks. Raises `JournalError` when the disk takes longer."""
        try:
            self._writer.barrier().result(timeout_s)
        except TimeoutError:
            raise JournalError(
                f"the journal could not be written within {timeout_s:g} s; see that the disk has room"
            ) from None

    @property
    def backlog(self) -> int:
        """Rows not yet known to be on disk."""
        return self._writer.backlog

    def reader(self) -> JournalReader:
        """What is on disk; what was written just now is there after a barrier."""
        return self._reader

    def _next(self) -> int:
        seq = self._seq
        self._seq = seq + 1
        return seq

    def _write(self, key: str, *row: str | int | Decimal) -> None:
        self._writer.write(key, row)

    # -- the run

    def begin_epoch(self, *, ts: int, pid: int, version: str) -> int:
        """Number of this run, on disk before it is returned: client order ids are derived from it.

        It is at least the number of days since 2026, so that a new journal beside old accounts does not use the ids of
        the journal before it again."""
        epoch = max(self._reader.epoch() + 1, (ts - EPOCHS_FROM_NS) // DAY_NS)
        if epoch >= EPOCHS:
            raise JournalError(
                f"this would be run {epoch} of the journal, and order ids hold up to {EPOCHS - 1}: "
                "flatten, move the journal away and start a new one"
            )
        self._write("epoch", epoch, ts, pid, version)
        self.flush()
        return epoch

    def slot(self, epoch: int, slot: int, loop: str) -> None:
        """Which loop client order ids of (epoch, slot) belong to. Wait for a barrier before the first order."""
        self._write("slot", epoch, slot, loop)

    def loop(
        self,
        loop: str,
        *,
        strategy: str,
        params: Mapping[str, str],
        state: str,
        iterations_done: int,
        created_ts: int,
        ts: int,
    ) -> None:
        """A loop as it stands now; replaces what was known of it."""
        text = msgspec.json.encode(dict(params)).decode()
        self._write("loop", loop, strategy, text, state, iterations_done, created_ts, ts)

    def param_change(self, *, ts: int, loop: str, field: str, old: str, new: str, origin: str, command_id: str) -> None:
        self._write("param_change", self._next(), ts, loop, field, old, new, origin, command_id)

    # -- orders and what they owe

    def order_intent(self, order: OrderFacts) -> None:
        """Before the order leaves. The same client order id twice is a defect and is told as trouble."""
        r = order.request
        # One tuple, no helper: this stands on the way from a fill to its hedge.
        row: Row = (
            order.id, self._next(), order.account, r.symbol, r.side, r.qty, r.price, r.tif, r.post_only, r.reduce_only,
            order.loop, order.leg, order.cycle, order.role, order.ts, order.status, order.filled_qty,
            order.venue_order_id, order.reason,
        )  # fmt: skip
        self._writer.write("order_intent", row)

    def order_changed(self, order: OrderFacts) -> None:
        """After each change the tracker accepted."""
        venue_id, status, filled, reason = order.venue_order_id, order.status, order.filled_qty, order.reason
        write = self._writer.write
        write("order_event", (self._next(), order.id, venue_id, status, filled, reason, order.ts))
        write("order_state", (venue_id, status, filled, reason, order.id))

    def obligation(
        self, *, loop: str, number: int, account: str, symbol: str, trade_id: str, base: Decimal, ts: int
    ) -> None:
        """Signed `base` coin to trade (positive is to be bought) because of a fill. A write-off has no trade id and
        the opposite sign."""
        self._write("obligation", loop, number, self._next(), account, symbol, trade_id, base, ts)

    # -- money

    def fill(
        self,
        account: str,
        fill: FillReport,
        *,
        base_qty: Decimal,
        fee_rate_usd: Decimal,
        settle_rate_usd: Decimal,
        loop: str,
        cycle: int,
        role: str,
        volume: bool,
    ) -> None:
        """A fill the ledger booked as new; `base_qty` at the fill price, not signed."""
        self._writer.write(
            "fill",
            (
                self._next(), account, fill.symbol, fill.trade_id, fill.client_order_id, fill.venue_order_id, fill.side,
                fill.qty, fill.price, base_qty, fill.fee, fill.fee_asset, fee_rate_usd, settle_rate_usd, fill.liquidity,
                fill.liquidation, loop, cycle, role, volume, fill.ts_event, fill.ts_init,
            ),
        )  # fmt: skip

    def funding(self, account: str, payment: FundingPayment, rate_usd: Decimal) -> None:
        p = payment
        self._write(
            "funding", self._next(), account, p.payment_id, p.symbol, p.cost, p.asset, p.rate, p.qty, p.price,
            rate_usd, p.ts_event, p.ts_init,
        )  # fmt: skip

    def transfer(self, account: str, transfer: Transfer, rate_usd: Decimal) -> None:
        t = transfer
        self._write(
            "transfer", self._next(), account, t.transfer_id, t.kind, t.asset, t.amount, rate_usd, t.ts_event, t.ts_init
        )

    def opening(self, opening: Opening) -> None:
        text = msgspec.json.encode(opening).decode()
        self._write("opening", opening.account, self._next(), opening.ts, text)

    def day_marks(self, day: str, marks: Mapping[tuple[str, str], Decimal]) -> None:
        """What `Ledger.roll_day` closed a day at."""
        for (account, symbol), mark in marks.items():
            self._write("day_mark", day, account, symbol, self._next(), mark)

    def equity(self, day: str, account: str, usd: Decimal, ts: int) -> None:
        """What an account was worth on a UTC day, at `ts`; the last word on a day stands."""
        self._write("equity", day, account, usd, ts)

    def cursor(self, account: str, kind: str, value: str) -> None:
        """Where the next query of `kind` (fills, funding, …) goes on. Written after what it stands behind."""
        self._write("cursor", account, kind, value)

    # -- operators and alarms

    def command(
        self, id_: str, *, ts: int, origin: str, verb: str, ok: bool, error: str = "", result: str = "null"
    ) -> None:
        """The first answer to a command; `verb` and `result` are JSON. A second answer changes nothing."""
        self._write("command", id_, ts, origin, verb, ok, error, result)

    def flatten(self, id_: str, *, kind: str, state: str, spec: str, text: str, ts: int) -> None:
        """A flatten or reduce as it stands now; `spec` is JSON, all that a restarted desk needs to go on."""
        self._write("flatten", id_, kind, state, spec, text, ts)

    def alarm(self, row: JournaledAlarm) -> None:
        """An alarm as it stands now; it is the same one as long as `first_ts` is."""
        self._write("alarm", *msgspec.structs.astuple(row))

    def log(self, *, ts: int, level: str, source: str, text: str) -> None:
        self._write("log", self._next(), ts, level, source, text)

    def prune(self, before_ts: int) -> None:
        """Forget log lines, alarms that are over and the steps of orders from before, but for the orders that one can
        page through. Money is never pruned."""
        self._write("prune_log", before_ts)
        self._write("prune_order_events", before_ts)
        self._write("prune_alarms", before_ts)
