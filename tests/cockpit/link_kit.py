"""A desk that does as it is told, rows to fill it with, and a client that speaks in frames."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec

from cockpit.link.codec import decode_to_client, encode_to_desk
from cockpit.link.messages import Ack, Command, Query, ToClient, ToDesk
from cockpit.link.rows import (
    AccountRow,
    AlarmRow,
    DeskRow,
    FlattenRow,
    LogRow,
    LoopRow,
    MarketRow,
    OrderRow,
    PositionRow,
    Tables,
    WearRow,
)
from cockpit.link.store import Store
from venues.model import Health, Mode, OrderStatus, Side
from venues.wire import FrameSplitter, frame

TS = 1_763_715_600_000_000_000
D = Decimal


def counting_ids(prefix: str = "c") -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers)}"


def account(name: str = "lighter", **changes: object) -> AccountRow:
    row = AccountRow(
        name=name,
        venue=name,
        mode=Mode.PAPER,
        health=Health.LIVE,
        state="active",
        note="",
        equity_usd=D("10000"),
        free_usd=D("9500"),
        margin_ratio=0.01,
        leverage=0.5,
        open_orders=1,
        data_ts=TS,
    )
    return msgspec.structs.replace(row, **changes)


def position(account: str = "lighter", symbol: str = "BTC-PERP", base_qty: str = "0.05") -> PositionRow:
    return PositionRow(
        account=account,
        symbol=symbol,
        base=symbol.split("-", maxsplit=1)[0],
        qty=D(base_qty),
        base_qty=D(base_qty),
        entry=D("90000"),
        mark=D("90010.5"),
        liq=None,
        unrealised_usd=D("0.525"),
        notional_usd=D("4500.525"),
        ledger_qty=D(base_qty),
    )


def market(account: str = "lighter", symbol: str = "BTC-PERP", bid: str = "90000") -> MarketRow:
    return MarketRow(
        account=account,
        symbol=symbol,
        base="BTC",
        bid=D(bid),
        ask=D(bid) + 1,
        bid_qty=D(1),
        ask_qty=D(2),
        ts=TS,
    )


def loop_row(id: str = "h1", **changes: object) -> LoopRow:
    row = LoopRow(
        id=id,
        strategy="hedge",
        state="running",
        phase="opening",
        detail="quoting 0.05 at 90000",
        legs=(("maker", "extended", "BTC-USD"), ("taker", "lighter", "BTC-PERP")),
        base="BTC",
        iterations_done=3,
        iterations=20,
        params={"size": "0.05", "iterations": "20"},
        pending={},
        exposure_base=D("0"),
        owed_base=D("0"),
        tolerance_base=D("0.0001"),
        wear_bps=0.9,
        wear_usd=D("1.25"),
        volume_usd=D("13500"),
        hedges=6,
        hedge_ms_p50=0.2,
        hedge_ms_p99=0.6,
        started_ts=TS,
    )
    return msgspec.structs.replace(row, **changes)


def order(id: str = "o1") -> OrderRow:
    return OrderRow(
        client_order_id=id,
        venue_order_id="v1",
        account="extended",
        symbol="BTC-USD",
        loop="h1",
        role="open",
        side=Side.BUY,
        qty=D("0.05"),
        filled=D("0"),
        price=D("90000"),
        status=OrderStatus.OPEN,
        ts=TS,
    )


def log_row(seq: int, text: str = "a line") -> LogRow:
    return LogRow(seq=seq, ts=TS + seq, level="info", source="desk", text=text)


def wear(scope: str = "total", name: str = "all") -> WearRow:
    return WearRow(
        scope=scope,
        name=name,
        wear_bps=1.21,
        wear_usd=D("36.38"),
        fees_usd=D("30"),
        trade_usd=D("6"),
        funding_usd=D("0.38"),
        volume_usd=D("300000"),
    )


def flatten_row(id: str = "f1", state: str = "working", legs: tuple[str, ...] = (), text: str = "") -> FlattenRow:
    return FlattenRow(id=id, kind="flatten", state=state, accounts=("lighter",), text=text, legs=legs, ts=TS)


def alarm(id: str = "a1", text: str = "naked 0.05 BTC") -> AlarmRow:
    return AlarmRow(id=id, level="critical", text=text, ts=TS)


def full_tables() -> Tables:
    return Tables(
        desk=[DeskRow(pid=4711, version="0.1.0", epoch=3, started_ts=TS, entries_denied=False)],
        accounts=[account("lighter"), account("extended", health=Health.STALE, note="silent for 4 s")],
        positions=[position("lighter"), position("extended", "BTC-USD", "-0.05")],
        markets=[market("lighter"), market("extended", "BTC-USD")],
        wear=[wear(), wear("loop", "h1")],
        loops=[loop_row()],
        orders=[order()],
        alarms=[alarm()],
        log=[log_row(1), log_row(2)],
    )


class FakeDesk:
    """Answers with what `answer` gives; everything it was asked stands in `commands`."""

    version = "0.1.0"
    pid = 4711

    def __init__(self, tables: Tables | None = None) -> None:
        self.rows = tables if tables is not None else full_tables()
        self.commands: list[Command] = []
        self.looks = 0
        self.gate: asyncio.Event | None = None
        self.taken = asyncio.Event()
        self.answer: Callable[[Command], Ack] = lambda command: Ack(
            command.id, ok=True, result=msgspec.Raw(b'{"n":%d}' % len(self.commands))
        )

    async def execute(self, command: Command) -> Ack:
        self.commands.append(command)
        self.taken.set()
        if self.gate is not None and not isinstance(command.verb, Query):
            await self.gate.wait()
        return self.answer(command)

    def tables(self) -> Tables:
        self.looks += 1
        return self.rows

    def change(self, **tables: list) -> None:
        self.rows = msgspec.structs.replace(self.rows, **tables)


class RawClient:
    """Frames by hand, for everything a well-behaved client would never do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._splitter = FrameSplitter()
        self._ready: list[bytes] = []

    @classmethod
    async def open(cls, path: Path) -> RawClient:
        return cls(*await asyncio.open_unix_connection(str(path)))

    def say(self, message: ToDesk) -> None:
        self.writer.write(frame(encode_to_desk(message)))

    async def message(self) -> ToClient | None:
        """The next message; None at the end of the stream."""
        async with asyncio.timeout(10):
            while not self._ready:
                data = await self.reader.read(65_536)
                if not data:
                    return None
                self._ready.extend(self._splitter.feed(data))
        return decode_to_client(self._ready.pop(0))

    async def expect(self, kind: type) -> ToClient:
        """The next message of a kind; others are passed over."""
        while True:
            message = await self.message()
            assert message is not None, f"the desk hung up before a {kind.__name__} came"
            if isinstance(message, kind):
                return message

    async def close(self) -> None:
        self.writer.close()
        await asyncio.wait({asyncio.ensure_future(self.writer.wait_closed())})


async def until(store: Store, holds: Callable[[Store], bool]) -> None:
    """Return as soon as the store satisfies `holds`, looking whenever a message has been applied."""
    if holds(store):
        return
    changed = asyncio.Event()
    plain = store.apply

    def apply(message):
        taken = plain(message)
        changed.set()
        return taken

    store.apply = apply
    try:
        async with asyncio.timeout(10):
            while not holds(store):
                changed.clear()
                await changed.wait()
    finally:
        store.apply = plain
