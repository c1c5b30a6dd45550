"""The watchdog itself: hears the desk, keeps the venues' dead-man switches pressed, and acts when the heart stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from cockpit.watchdog.account import READ_ONLY, WatchedAccount
from cockpit.watchdog.books import Books, BooksError
from cockpit.watchdog.heart import Heart, Pulse
from cockpit.watchdog.reducer import Reducer
from cockpit.watchdog.rules import Rules
from venues.model import NS_PER_S, Clock

LOOK_S = 0.25
PRESSES = 3
"""How often a dead-man switch is pressed within the deadline."""
FRESH_S = 1.5
"""A switch is pressed only on a beat as young as this: an older one would vouch for a desk that may have died."""
READ_S = 60.0
"""How often the books are read while all is well, so that little is left to be read when it is not."""


class Heard(Protocol):
    """The desk as the watchdog hears it."""

    @property
    def heard_ns(self) -> int | None:
        """When its last message came, monotonic; None for never."""
        ...

    @property
    def goodbye(self) -> bool: ...
    @property
    def pid(self) -> int: ...

    def suspects(self) -> Mapping[str, str]:
        """Account to why the desk did not believe it, as last heard."""
        ...

    def may_trade(self, account: str) -> bool | None:
        """Whether a live account may be traded, as last heard; None where nothing was heard of it."""
        ...

    def holds(self) -> list[str]:
        """Positions and live orders as last heard, in words."""
        ...


class Event(msgspec.Struct, frozen=True):
    """Something the operator may want to know."""

    ts: int
    kind: str
    """`waiting`, `beating`, `stopped`, `dead`, `round`, `closed`, `done`, `account`, `books` or `defect`."""
    text: str
    detail: tuple[str, ...] = ()


class Watchdog:
    """`run` until it is cancelled; `close` disarms and hangs up."""

    def __init__(
        self,
        *,
        clock: Clock,
        rules: Rules,
        desk: Heard,
        accounts: Mapping[str, WatchedAccount],
        books: Books,
        tell: Callable[[Event], None],
        others: Sequence[str] = (),
    ) -> None:
        self._clock = clock
        self._rules = rules
        self._desk = desk
        self._accounts = accounts
        self._books = books
        self._tell = tell
        self._heart = Heart(rules.deadline)
        self._reducer = Reducer(
            clock=clock,
            accounts=accounts,
            books=books,
            flatten=rules.flatten,
            scope=rules.scope,
            suspects=desk.suspects,
            others=others,
        )
        self._acting: asyncio.Task[None] | None = None
        self._pressed_ns = 0
        self._read_ns = 0
        self._last: Pulse | None = None
        self._up: dict[str, str] = {}
        self._unread = ""

    @property
    def pulse(self) -> Pulse:
        return self._heart.pulse

    async def run(self) -> None:
        for account in self._accounts.values():
            account.start()
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """Stop, disarm every switch that was armed (not those of a dead desk), hang up. What rests at the venues is
        left as it is."""
        await self._stop_acting()
        alive = self.pulse is not Pulse.DEAD
        armed = [account for account in self._accounts.values() if alive and account.up and account.armed_s]
        await asyncio.gather(*(account.set_switch(0) for account in armed))
        await asyncio.gather(*(account.close() for account in self._accounts.values()))

    def look(self) -> None:
        """What is done a few times a second."""
        now = self._clock.monotonic_ns()
        pulse = self._heart.look(now, self._desk.heard_ns, self._desk.goodbye)
        self._gates(pulse)
        self._tell_accounts()
        if pulse is not self._last:
            self._last = pulse
            self._turn(pulse, now)
        if pulse is Pulse.BEATING:
            self._press(now)
            self._read(now)
        elif pulse is Pulse.DEAD and (self._acting is None or self._acting.done()):
            if self._acting is not None and not self._acting.cancelled():
                self._say("defect", f"{self._acting.exception()!r}; trying again")
            self._acting = asyncio.get_running_loop().create_task(self._act())

    def _gates(self, pulse: Pulse) -> None:
        """Live accounts are let go and taken back by a desk that is alive, and by nothing else."""
        if pulse is not Pulse.BEATING:
            return
        for name, account in self._accounts.items():
            may = self._desk.may_trade(name)
            if may is not None:
                account.let_trade(may)

    # -- the heart

    def _turn(self, pulse: Pulse, now: int) -> None:
        if pulse is not Pulse.DEAD and self._acting is not None:
            self._acting.cancel()
            self._acting = None
        if pulse is Pulse.WAITING:
            self._say("waiting", f"no desk was heard yet; {self._rules.words}")
        elif pulse is Pulse.BEATING:
            self._say("beating", f"hearing the desk (pid {self._desk.pid}); {self._rules.words}")
        elif pulse is Pulse.DEAD:
            act = "cancelling every order and flattening" if self._rules.flatten else "cancelling every order"
            self._say("dead", f"nothing heard from the desk for {self._heart.silence(now):.1f} s: {act}")
        else:
            for account in self._accounts.values():
                account.press(0)
            left = self._desk.holds()
            words = "left open: " + "; ".join(left) if left else "nothing is open"
            self._say("stopped", f"the desk has stopped as it was asked to; standing down; {words}", tuple(left))

    def _press(self, now: int) -> None:
        """Keep the switches pressed, each for what is left of the deadline since the last beat."""
        age = self._heart.silence(now)
        if age > FRESH_S or now - self._pressed_ns < self._rules.deadline / PRESSES * NS_PER_S:
            return
        self._pressed_ns = now
        for account in self._accounts.values():
            account.press(round(self._rules.deadline - age, 3))

    def _read(self, now: int) -> None:
        if not self._rules.flatten or (self._read_ns and now - self._read_ns < READ_S * NS_PER_S):
            return
        self._read_ns = now
        try:
            self._books.refresh()
        except BooksError as error:
            if str(error) != self._unread:
                self._unread = str(error)
                self._say("books", f"cannot flatten, only cancel: {error}")
        else:
            self._unread = ""

    def _tell_accounts(self) -> None:
        for name, account in self._accounts.items():
            switch = "dead-man switch" if account.has_switch else "no dead-man switch"
            state = f"is up, {switch}" if account.up else f"is down: {account.why}"
            if not account.let:
                state = READ_ONLY
            elif account.up and account.switch_trouble:
                state = f"does not take its dead-man switch: {account.switch_trouble}"
            if state != self._up.get(name):
                self._up[name] = state
                self._say("account", f"{name} {state}")

    # -- acting

    async def _act(self) -> None:
        """Rounds until every venue says that it is done; then it is looked at again now and then, for something may
        have been on its way."""
        reducer = self._reducer
        reducer.begin()
        said: tuple[str, ...] | None = None
        while True:
            outcome = await reducer.step()
            for close in outcome.sent:
                words = (
                    f"{close.account}: {close.side} {close.qty:f} {close.symbol}, limit {close.price:f}, reduce-only"
                )
                self._say("closed", words)
            if outcome.left and outcome.left != said:
                self._say("round", f"not done: {'; '.join(outcome.left)}", outcome.left)
                said = outcome.left
            elif outcome.done and said != ():
                self._say("done", "every venue reads flat" if self._rules.flatten else "no order is open at any venue")
                said = ()
            await asyncio.sleep(self._rules.deadline if outcome.done else reducer.pause())

    async def _stop_acting(self) -> None:
        acting, self._acting = self._acting, None
        if acting is not None:
            acting.cancel()
            await asyncio.gather(acting, return_exceptions=True)

    def _say(self, kind: str, text: str, detail: tuple[str, ...] = ()) -> None:
        self._tell(Event(self._clock.now_ns(), kind, text, detail))
