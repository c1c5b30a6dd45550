"""The line between one account's adapter and the exchange: delays, order, faults, time-outs, rate limits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from venues.model import (
    NS_PER_MS,
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    Transfer,
    VenueBusy,
    VenueListener,
    VenueUnavailable,
)
from venues.paper.faults import TIMEOUT_NS, Gate, Message, Passage
from venues.paper.latency import Action, Latency, Stream, Timers
from venues.paper.limits import RollingWindow
from venues.paper.orders import unplaced_report
from venues.paper.profiles import Profile

T = TypeVar("T")

DATA_LIMIT = 4096
"""Books under way to one account; past it the oldest is dropped, as newer ones replace it."""
SAME_MOMENT_NS = NS_PER_MS
"""Notices of one moment travel in one message."""


class AccountLink:
    """Requests go out in order, notices come in in order, market data on a line of its own."""

    def __init__(self, account: str, profile: Profile, timers: Timers, rng: random.Random) -> None:
        self.account = account
        self.gate = Gate()
        self.listener: VenueListener | None = None
        self.subscriptions: set[str] = set()
        self.orders = RollingWindow(profile.order_limit)
        self._rest = RollingWindow(profile.rest_limit)
        self._profile = profile
        self._timers = timers
        self._clock = timers.clock
        self._rng = rng
        self._requests = Stream(timers)
        self._private = Stream(timers)
        self._data = Stream(timers, DATA_LIMIT)
        self._noticed_at = 0
        self._held: dict[str, int] = {}
        """When an order that a speed bump holds will reach the book, monotonic ns, by client id."""
        self._submits: dict[str, tuple[int, OrderRequest]] = {}
        self._cancels: dict[str, tuple[int, str]] = {}
        """What has had no answer yet, by client id: deadline, and the request (submits) or symbol (cancels)."""

    # -- requests ------------------------------------------------------------------------------------------------

    def submit(self, request: OrderRequest, at_venue: Action) -> None:
        profile, key = self._profile, request.client_order_id
        bump = profile.maker_bump_ms if request.post_only else profile.taker_bump_ms
        self._submits[key] = (self._clock.monotonic_ns() + TIMEOUT_NS, request)
        if not self.gate.sound:
            self._timers.after(TIMEOUT_NS, partial(self._submit_timed_out, key, self._submits[key][0]))

        def arrive() -> None:
            self._held.pop(key, None)
            at_venue()

        due = self._send(Message.SUBMIT, request, profile.submit, bump, 0, arrive)
        if due:
            self._held[key] = due

    def cancel(self, client_order_id: str, symbol: str, at_venue: Action) -> None:
        deadline = self._clock.monotonic_ns() + TIMEOUT_NS
        self._cancels[client_order_id] = (deadline, symbol)
        if not self.gate.sound:
            self._timers.after(TIMEOUT_NS, partial(self._cancel_timed_out, client_order_id, deadline))
        # A cancel never reaches the book before the order it is for.
        not_before = self._held.get(client_order_id, 0) + SAME_MOMENT_NS
        profile = self._profile
        self._send(Message.CANCEL, client_order_id, profile.cancel, profile.cancel_bump_ms, not_before, at_venue)

    def _send(
        self, message: Message, subject: object, latency: Latency, bump_ms: Decimal, not_before: int, arrive: Action
    ) -> int:
        """Returns when it reaches the book, monotonic ns; 0 where it is lost. An echo does not count."""
        passage = self.gate.passage(message, subject)
        bump = int(bump_ms * NS_PER_MS)
        reached = 0
        for _ in range(passage.copies):
            delay = self._delay(latency, passage)
            due = self._clock.monotonic_ns() + delay if passage.overtakes else self._requests.due(delay)
            hold = max(bump, not_before - due)
            action = self._held_back(hold, arrive) if hold else arrive
            if passage.overtakes:
                self._timers.after(delay, action)
            else:
                self._requests.put(delay, action)
            reached = due + hold
        if passage.echo_ns > 0:
            now = self._clock.monotonic_ns()
            came = reached or max(now + self._delay(latency, passage) + bump, not_before)
            self._timers.after(came - now + passage.echo_ns, arrive)
        return reached

    def _delay(self, latency: Latency, passage: Passage) -> int:
        return int(latency.draw_ns(self._rng) * passage.scale) + passage.extra_ns

    def _held_back(self, hold_ns: int, arrive: Action) -> Action:
        def hold() -> None:
            self._timers.after(hold_ns, arrive)

        return hold

    async def query(self, answer: Callable[[], T], *, counted: bool = True) -> T:
        """Ask, and wait for the answer as it stood when the question arrived. Raises `VenueUnavailable`. Not `counted`:
        a request that trades, and does not use up the limit on questions."""
        loop = asyncio.get_running_loop()
        if counted and not self._rest.admit(self._clock.monotonic_ns()):
            await self._pause(loop, self._profile.query.draw_ns(self._rng))
            raise VenueBusy(f"{self.account}: too many requests (429)")
        asked = self._clock.monotonic_ns()
        passage = self.gate.passage(Message.QUERY)
        there = int(self._profile.query.draw_ns(self._rng) * passage.scale) // 2
        back = there + passage.extra_ns
        if passage.copies and there < TIMEOUT_NS:
            await self._pause(loop, there)
            if self.gate.arrives(Message.QUERY):
                result = answer()
                # What was asked for has been done by now, whether or not the answer comes in time.
                if there + back <= TIMEOUT_NS:
                    await self._pause(loop, back)
                    if self.gate.arrives(Message.QUERY):
                        return result
        await self._pause(loop, asked + TIMEOUT_NS - self._clock.monotonic_ns())
        raise VenueUnavailable(f"{self.account}: no answer within {TIMEOUT_NS // NS_PER_MS} ms")

    async def _pause(self, loop: asyncio.AbstractEventLoop, delay_ns: int) -> None:
        done: asyncio.Future[None] = loop.create_future()
        timer = self._timers.after(delay_ns, lambda: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            timer.cancel()

    # -- notices -------------------------------------------------------------------------------------------------

    def order(self, report: OrderStatusReport) -> None:
        def emit(listener: VenueListener, now: int) -> None:
            self._submits.pop(report.client_order_id, None)
            if report.status.terminal:
                self._cancels.pop(report.client_order_id, None)
            listener.on_order(replace(report, ts_init=now))

        self._notify(Message.ORDER, report, self._profile.ack, emit)

    def fill(self, fill: FillReport) -> None:
        self._notify(
            Message.FILL, fill, self._profile.fill, lambda listener, now: listener.on_fill(replace(fill, ts_init=now))
        )

    def cancel_failed(self, report: CancelReport) -> None:
        def emit(listener: VenueListener, now: int) -> None:
            self._cancels.pop(report.client_order_id, None)
            listener.on_cancel_failed(replace(report, ts_init=now))

        self._notify(Message.CANCEL_FAILED, report, self._profile.ack, emit)

    def funding(self, payment: FundingPayment) -> None:
        self._notify(
            Message.FUNDING,
            payment,
            self._profile.fill,
            lambda listener, now: listener.on_funding(replace(payment, ts_init=now)),
        )

    def transfer(self, transfer: Transfer) -> None:
        self._notify(
            Message.TRANSFER,
            transfer,
            self._profile.fill,
            lambda listener, now: listener.on_transfer(replace(transfer, ts_init=now)),
        )

    def _notify(
        self, message: Message, subject: object, latency: Latency, emit: Callable[[VenueListener, int], None]
    ) -> None:
        if self.listener is None:
            return
        passage = self.gate.passage(message, subject)
        hand_on = self._hand_on(message, self.listener, emit)
        now = self._clock.monotonic_ns()
        came: int | None = None
        for _ in range(passage.copies):
            together = 0 <= now - self._noticed_at < SAME_MOMENT_NS and len(self._private) > 0
            delay = passage.extra_ns if together else self._delay(latency, passage)
            self._noticed_at = now
            came = self._put(self._private, delay, passage, hand_on)
        if passage.echo_ns > 0:
            came = self._delay(latency, passage) if came is None else came
            self._timers.after(came + passage.echo_ns, hand_on)

    def _hand_on(self, message: Message, listener: VenueListener, emit: Callable[[VenueListener, int], None]) -> Action:
        def hand_on() -> None:
            # What was under way to an earlier connection is not for the one there is now.
            if self.listener is listener and self.gate.arrives(message):
                emit(listener, self._clock.now_ns())

        return hand_on

    def _put(self, stream: Stream, delay: int, passage: Passage, hand_on: Action) -> int:
        """Returns how long from now until it comes, ns."""
        if passage.overtakes:
            self._timers.after(delay, hand_on)
            return delay
        return stream.put(delay, hand_on) - self._clock.monotonic_ns()

    # -- market data ---------------------------------------------------------------------------------------------

    def book(self, update: BookUpdate) -> None:
        shown = self.gate.book(update)
        if shown is not None:
            self._publish(shown, lambda listener, _now: listener.on_book(shown))

    def dropped(self, empty: BookUpdate) -> None:
        """Our own adapter found a gap: it says so at once, and what was under way is worth nothing."""
        self._data.clear()
        if self.listener is not None:
            self.listener.on_book(empty)

    def mark(self, symbol: str, price: Decimal, ts: int) -> None:
        self._publish(None, lambda listener, _now: listener.on_mark(symbol, price, ts))

    def rate(self, rate: FundingRate) -> None:
        self._publish(None, lambda listener, _now: listener.on_funding_rate(rate))

    def _publish(self, subject: BookUpdate | None, emit: Callable[[VenueListener, int], None]) -> None:
        if self.listener is None:
            return
        passage = self.gate.passage(Message.DATA, subject)
        if not passage.copies and passage.echo_ns <= 0:
            return
        hand_on = self._hand_on(Message.DATA, self.listener, emit)
        came = delay = self._delay(self._profile.data, passage)
        if passage.copies:
            came = self._put(self._data, delay, passage, hand_on)
        if passage.echo_ns > 0:
            self._timers.after(came + passage.echo_ns, hand_on)

    # -- the connection ------------------------------------------------------------------------------------------

    def drop(self) -> None:
        """The socket is gone: what was under way to the desk is lost. Requests that left still arrive."""
        self._private.clear()
        self._data.clear()

    def watch_unanswered(self) -> None:
        """From now on messages may be lost: whatever stays without an answer until its deadline is reported UNKNOWN."""
        now = self._clock.monotonic_ns()
        for key, (deadline, _) in self._submits.items():
            self._timers.after(deadline - now, partial(self._submit_timed_out, key, deadline))
        for key, (deadline, _) in self._cancels.items():
            self._timers.after(deadline - now, partial(self._cancel_timed_out, key, deadline))

    def _submit_timed_out(self, client_order_id: str, deadline: int) -> None:
        waiting = self._submits.get(client_order_id)
        # A later request of the same id has a deadline of its own.
        if waiting is None or waiting[0] != deadline:
            return
        del self._submits[client_order_id]
        if self.listener is not None:
            text = f"no answer within {TIMEOUT_NS // NS_PER_MS} ms"
            self.listener.on_order(unplaced_report(waiting[1], OrderStatus.UNKNOWN, self._clock.now_ns(), None, text))

    def _cancel_timed_out(self, client_order_id: str, deadline: int) -> None:
        waiting = self._cancels.get(client_order_id)
        if waiting is None or waiting[0] != deadline:
            return
        del self._cancels[client_order_id]
        if self.listener is not None:
            text = f"no answer within {TIMEOUT_NS // NS_PER_MS} ms"
            self.listener.on_cancel_failed(CancelReport(client_order_id, waiting[1], False, text, self._clock.now_ns()))

    def attach(self, listener: VenueListener | None) -> None:
        """Who listens from now on; nothing of an earlier connection comes through."""
        self.drop()
        self._submits.clear()
        self._cancels.clear()
        self.listener = listener
