"""The bench exchange: plays the paper exchange's side of the wire with a load that is decided beforehand.

Run as a process of its own (`python -m cockpit.bench.exchange`), it ends when its stdin is closed and then prints what
it did. Unlike the paper exchange it matches nothing: resting orders fill when the seed says so, orders that take fill
at once, and each fill of a resting order carries the sender's stamp.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from cockpit.bench.feed import BenchMarket, instruments
from cockpit.bench.member import MAKER_FEE, TAKER_FEE, Member
from cockpit.desk.ids import OrderId
from strategies.protocol import Role
from venues.model import (
    CancelReport,
    Capabilities,
    FillPage,
    FillReport,
    FundingRate,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    Side,
    TimeInForce,
)
from venues.paper.protocol import (
    CLIENT_DECODER,
    ENCODER,
    PROTOCOL_VERSION,
    Cancel,
    Event,
    Login,
    Request,
    Response,
    Status,
    Submit,
    Subscribe,
    Welcome,
    What,
)
from venues.wire import FrameProtocol

READY = "ready"
"""Its first line on stdout, once it listens."""
PAGE = 500
"""Fills in one answer."""
BURST = 64
"""Most updates sent in one turn: what was held up longer is not sent late in a heap."""


class Load(msgspec.Struct, frozen=True):
    """What the exchange does, all of it decided by `seed`."""

    socket: str
    accounts: tuple[str, ...]
    updates_per_s: float = 1000.0
    """Book updates over all accounts and markets, exponentially spaced."""
    fills_per_s: float = 100.0
    """Fills of resting orders, exponentially spaced."""
    fill_lots: int = 0
    """Lots of one such fill; 0 fills the whole order."""
    seed: int = 1


class Report(msgspec.Struct, frozen=True):
    """What the exchange saw of one run."""

    updates: int
    maker_fills: int
    seconds: float
    """Since somebody first subscribed."""
    round_trip_us: list[float]
    """From the stamp of each maker fill to the arrival of the first order that hedges it, microseconds."""


def stamp_of(trade_id: str) -> int:
    """The sender's CLOCK_MONOTONIC just before it wrote the fill, ns."""
    return int(trade_id.rpartition("@")[2])


class BenchExchange:
    """Four accounts or so, and a clock that drives them."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self._rng = random.Random(load.seed)
        self._instruments = instruments()
        self._members = {name: Member(name, self._instruments) for name in load.accounts}
        self._markets = {
            (name, symbol): BenchMarket(instrument, self._rng)
            for name in load.accounts
            for symbol, instrument in self._instruments.items()
        }
        self._keys = list(self._markets)
        self._by_session: dict[FrameProtocol, Member] = {}
        self._next_update = self._next_fill = 0.0
        self._began = 0.0
        self._updates = self._fills = 0
        self._stamps: list[int] = []
        self._round_trips: list[float] = []

    def report(self) -> Report:
        seconds = asyncio.get_running_loop().time() - self._began
        return Report(self._updates, self._fills, seconds, self._round_trips)

    async def serve(self) -> asyncio.AbstractServer:
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(lambda: FrameProtocol(self._on_frame, self._on_lost), self.load.socket)
        self._began = self._next_update = self._next_fill = loop.time()
        self._turn()
        return server

    # -- the load

    def _turn(self) -> None:
        """Send what is due by now, and come back when something is due next."""
        loop, load, rng = asyncio.get_running_loop(), self.load, self._rng
        now = loop.time()
        for _ in range(BURST):
            if self._next_update > now:
                break
            self._next_update += rng.expovariate(load.updates_per_s)
            self._send_book(*self._keys[rng.randrange(len(self._keys))])
        else:
            self._next_update = now
        if load.fills_per_s and self._next_fill <= now:
            self._next_fill = now + rng.expovariate(load.fills_per_s)
            self._fill_something()
        due = min(self._next_update, self._next_fill) if load.fills_per_s else self._next_update
        loop.call_at(due, self._turn)

    def _send_book(self, name: str, symbol: str) -> None:
        update = self._markets[(name, symbol)].step(time.time_ns())
        member = self._members[name]
        if member.session is not None and symbol in member.symbols:
            self._updates += 1
            member.session.send(ENCODER.encode(update))

    def _fill_something(self) -> None:
        """Fill one resting order, or a part of it. Its stamp is taken last before it is written."""
        resting = [(member, order) for member in self._members.values() for order in member.resting.values()]
        if not resting:
            return
        member, order = resting[self._rng.randrange(len(resting))]
        left = order.qty - order.filled_qty
        lot = self._instruments[order.symbol].lot
        qty = min(lot * self.load.fill_lots, left) if self.load.fill_lots else left
        self._fills += 1
        stamp = time.monotonic_ns()
        self._stamps.append(stamp)
        trade_id = f"m{self._fills}@{stamp}"
        self._tell(member, *member.fill(order, trade_id, qty, order.price, LiquiditySide.MAKER, time.time_ns()))

    # -- sessions

    def _on_lost(self, protocol: FrameProtocol, error: Exception | None) -> None:
        member = self._by_session.pop(protocol, None)
        if member is not None and member.session is protocol:
            member.session = None
            member.symbols = set()

    def _on_frame(self, protocol: FrameProtocol, payload: bytes) -> None:
        message = CLIENT_DECODER.decode(payload)
        if isinstance(message, Request):
            protocol.send(ENCODER.encode(self._answer(self._by_session.get(protocol), message)))
            return
        if isinstance(message, Login):
            self._log_in(protocol, message.account)
            return
        member = self._by_session[protocol]
        if isinstance(message, Submit):
            self._submit(member, message.order)
        elif isinstance(message, Cancel):
            self._cancel(member, message)
        elif isinstance(message, Subscribe):
            if not self._updates:
                self._began = asyncio.get_running_loop().time()
            member.symbols.update(message.symbols)
            for symbol in message.symbols:
                self._show(member, symbol)

    def _log_in(self, protocol: FrameProtocol, account: str) -> None:
        member = self._by_session[protocol] = self._members[account]
        member.session = protocol
        able = Capabilities(maker_fee=MAKER_FEE, taker_fee=TAKER_FEE)
        protocol.send(ENCODER.encode(Welcome(account, "bench", able, self._instruments, True, "")))

    def _show(self, member: Member, symbol: str) -> None:
        now = time.time_ns()
        if member.session is not None:
            member.session.send(ENCODER.encode(self._markets[(member.name, symbol)].now(now)))
            rate = FundingRate(symbol, Decimal("0.0001"), 28_800, now + 3600 * 10**9, now)
            member.session.send(ENCODER.encode(Event(rate)))

    def _tell(self, member: Member, *reports: FillReport | OrderStatusReport) -> None:
        if member.session is not None:
            for report in reports:
                member.session.send(ENCODER.encode(Event(report)))

    # -- orders

    def _submit(self, member: Member, request: OrderRequest) -> None:
        self._note_hedge(request)
        now = time.time_ns()
        order = member.order(request, now)
        if request.tif is TimeInForce.GTC:
            member.resting[request.client_order_id] = order
            self._tell(member, order)
            return
        touch = self._markets[(member.name, request.symbol)].touch(request.side)
        if (touch - request.price) * request.side.sign > 0:
            ended = msgspec.structs.replace(order, status=OrderStatus.CANCELED)
            member.end(ended)
            self._tell(member, ended)
            return
        trade_id = f"t{order.venue_order_id}@0"
        self._tell(member, *member.fill(order, trade_id, request.qty, touch, LiquiditySide.TAKER, now))

    def _note_hedge(self, request: OrderRequest) -> None:
        """The first attempt on the n-th obligation answers the n-th fill, as long as one loop runs."""
        order_id = OrderId.parse(request.client_order_id)
        if order_id is None or order_id.role is not Role.HEDGE or order_id.attempt:
            return
        if order_id.slot == 1 and order_id.serial <= len(self._stamps):
            self._round_trips.append((time.monotonic_ns() - self._stamps[order_id.serial - 1]) / 1000)

    def _cancel(self, member: Member, cancel: Cancel) -> None:
        now = time.time_ns()
        order = member.resting.get(cancel.client_order_id)
        if order is None:
            if member.session is not None:
                no = CancelReport(cancel.client_order_id, cancel.symbol, True, "not open", now)
                member.session.send(ENCODER.encode(Event(no)))
            return
        ended = msgspec.structs.replace(order, status=OrderStatus.CANCELED, ts_event=now)
        member.end(ended)
        self._tell(member, ended)

    # -- questions

    def _answer(self, member: Member | None, request: Request) -> Response:
        return Response(request.id, msgspec.Raw(ENCODER.encode(self._known(member, request))))

    def _known(self, member: Member | None, request: Request) -> object:
        what, args, now = request.what, request.args, time.time_ns()
        if what is What.PING:
            return Status(os.getpid(), PROTOCOL_VERSION, dict.fromkeys(self._members, "bench"))
        if member is None:
            return None
        marks = {
            symbol: (market.touch(Side.BUY) + market.touch(Side.SELL)) / 2
            for (name, symbol), market in self._markets.items()
            if name == member.name
        }
        if what is What.QUERY_ORDER:
            return member.find(args.client_order_id, args.venue_order_id)
        if what is What.OPEN_ORDERS:
            return tuple(member.resting.values())
        if what is What.FILLS:
            start = int(args.cursor or 0)
            page = tuple(member.fills[start : start + PAGE])
            return FillPage(page, str(start + len(page)))
        if what is What.POSITIONS:
            return member.positions(marks, now)
        if what is What.BALANCES:
            return member.balances(marks, now)
        return () if what in (What.FUNDING, What.TRANSFERS) else None


async def _until_told(load: Load) -> Report:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    exchange = BenchExchange(load)
    server = await exchange.serve()
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
    return exchange.report()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cockpit.bench.exchange", description=__doc__)
    parser.add_argument("load", help="what to do, as JSON")
    load = msgspec.json.decode(parser.parse_args(argv).load, type=Load)
    if hasattr(os, "SCHED_BATCH"):
        # A real exchange is another machine: on a shared core this one must not push the desk aside in the very
        # moment in which the desk writes to it.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    report = asyncio.run(_until_told(load))
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
