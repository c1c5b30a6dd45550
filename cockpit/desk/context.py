"""What a strategy gets to hold: the `Context` protocol over one loop of the desk."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cockpit.desk.loops import Loop, LoopState, StopMode
from cockpit.desk.orders import Order
from strategies.protocol import OrderHandle, Role
from venues.model import BookUpdate, Clock, Instrument, Side, TimeInForce

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

SETTLE_LOOK_S = 1.0
"""How often a waiting strategy looks again without being woken; wakes come by events, this bounds a missed one."""


class LoopContext:
    """One loop's view of the desk."""

    def __init__(self, desk: Desk, loop: Loop) -> None:
        self._desk = desk
        self._loop = loop

    @property
    def loop_id(self) -> str:
        return self._loop.id

    @property
    def clock(self) -> Clock:
        return self._desk.clock

    @property
    def params(self) -> Any:
        """Of the strategy's own params type; the loop was launched with it."""
        return self._loop.params

    @property
    def iterations_done(self) -> int:
        return self._loop.iterations_done

    # -- what it sees

    def instrument(self, leg: str) -> Instrument:
        at = self._loop.legs[leg]
        return self._desk.markets.of(at.account, at.symbol).instrument

    def book(self, leg: str) -> BookUpdate | None:
        at = self._loop.legs[leg]
        return self._desk.markets.of(at.account, at.symbol).book

    def book_age(self, leg: str) -> float:
        at = self._loop.legs[leg]
        return self._desk.markets.of(at.account, at.symbol).age(self._desk.clock.now_ns())

    def position(self, leg: str) -> Decimal:
        at = self._loop.legs[leg]
        return self._desk.ledger.position(at.account, at.symbol, self._loop.id)

    def exposure(self) -> Decimal:
        return self._desk.ledger.exposure(self._loop.id)

    def owed(self) -> Decimal:
        return self._loop.owed()

    def tolerance(self) -> Decimal:
        return self._loop.tolerance()

    def tradable(self, leg: str, *, reduce_only: bool = False) -> str:
        account = self._desk.accounts[self._loop.legs[leg].account]
        if reduce_only:
            return account.refusal(Role.CLOSE, True)
        return account.refusal(Role.OPEN, False) or self._desk.risk.entries_denied

    def fees(self, leg: str) -> tuple[Decimal, Decimal]:
        able = self._desk.accounts[self._loop.legs[leg].account].venue.capabilities
        return able.maker_fee, able.taker_fee

    def holding_back(self) -> bool:
        return self._loop.holding_back or bool(self._desk.risk.entries_denied)

    def wear(self, last: int = 0) -> tuple[Decimal, Decimal]:
        return self._desk.loop_wear(self._loop.id, last)

    # -- what it does

    async def place(
        self,
        leg: str,
        side: Side,
        qty: Decimal,
        price: Decimal,
        *,
        role: Role,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> OrderHandle:
        self._loop.check()
        at = self._loop.legs[leg]
        return self._desk.executor.send(
            self._loop.owner.next_id(role),
            loop=self._loop.id,
            leg=leg,
            account=at.account,
            symbol=at.symbol,
            side=side,
            qty=qty,
            price=price,
            cycle=self._loop.iterations_done,
            tif=tif,
            post_only=post_only,
            reduce_only=reduce_only,
        )

    def cancel(self, order: OrderHandle) -> None:
        assert isinstance(order, Order)
        self._desk.executor.cancel(order)

    async def change(self, timeout: float | None = None) -> bool:
        return await self._loop.change(timeout)

    async def sleep(self, seconds: float) -> None:
        running = asyncio.get_running_loop()
        until = running.time() + seconds
        while (left := until - running.time()) > 0:
            await self._loop.change(left)

    async def hold(self, seconds: float) -> None:
        running = asyncio.get_running_loop()
        until = running.time() + seconds
        while (left := until - running.time()) > 0 and self._loop.staged is None and not self.holding_back():
            await self._loop.change(left)

    async def settled(self, order: OrderHandle) -> None:
        while not (order.done and self._loop.hedged()):
            await self._loop.change(SETTLE_LOOK_S)

    async def safe_point(self) -> bool:
        loop = self._loop
        loop.check()
        if loop.take_staged():
            self._desk.params_taken(loop)
        while loop.paused and loop.stop_mode is None:
            self._desk.set_state(loop, LoopState.PAUSED)
            await loop.change(None)
            if loop.take_staged():
                self._desk.params_taken(loop)
        self._desk.set_state(loop, LoopState.STOPPING if loop.stop_mode is StopMode.CYCLE else LoopState.RUNNING)
        return loop.stop_mode is None

    def iteration(self, done: int) -> None:
        self._loop.iterations_done = done
        self._desk.progress(self._loop)

    def phase(self, phase: str, detail: str = "") -> None:
        self._loop.phase = phase
        self._loop.detail = detail

    def pace(self, text: str) -> None:
        self._loop.pace = text

    def pause(self, text: str) -> None:
        self._desk.pause_by_strategy(self._loop, text)

    def log(self, text: str) -> None:
        self._desk.say("info", self._loop.id, text)
