"""A watchdog in virtual time over fake venues, beside the journal of a real desk that has just died."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from desk_kit import D, FakeRig
from fake_venue import FakeVenue

from cockpit.watchdog.account import WatchedAccount
from cockpit.watchdog.books import Books
from cockpit.watchdog.reduce_only import ReduceOnlyVenue
from cockpit.watchdog.rules import Rules, Scope
from cockpit.watchdog.watchdog import Event, Watchdog
from venues.model import Clock, VenueRejected


class FakeDesk:
    """What the watchdog hears, under the test's hand."""

    pid = 4711

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.heard_ns: int | None = None
        self.goodbye = False
        self.unbelieved: dict[str, str] = {}
        self.left: list[str] = []
        self.lets: dict[str, bool] = {}

    def beat(self) -> None:
        self.heard_ns = self._clock.monotonic_ns()
        self.goodbye = False

    def suspects(self) -> Mapping[str, str]:
        return self.unbelieved

    def may_trade(self, account: str) -> bool | None:
        return self.lets.get(account)

    def holds(self) -> list[str]:
        return self.left


class Shut:
    """A gate, and how the venue behind it was connected."""

    def __init__(self, venue: FakeVenue) -> None:
        self.read_only = True
        self.connects: list[bool] = []
        self.closes = 0
        self.refuse = ""
        connect, close = venue.connect, venue.close

        async def connecting(listener: Any) -> None:
            self.connects.append(self.read_only)
            if self.refuse:
                raise VenueRejected(self.refuse)
            await connect(listener)

        async def closing() -> None:
            self.closes += 1
            await close()

        venue.connect = connecting  # type: ignore[method-assign]
        venue.close = closing  # type: ignore[method-assign]


class Dog:
    """The watchdog at work. `die` lets the desk fall silent; `beats` keeps it alive."""

    def __init__(
        self,
        rig: FakeRig,
        journal: Path,
        *,
        flatten: bool = True,
        scope: Scope = Scope.PAIRS,
        deadline: int = 10,
        without: tuple[str, ...] = (),
        gated: tuple[str, ...] = (),
    ) -> None:
        self.rig = rig
        self.desk = FakeDesk(rig.clock)
        self.events: list[Event] = []
        mine = [venue for venue in (rig.mk, rig.tk) if venue.account not in without]
        self.accounts = {
            venue.account: WatchedAccount(ReduceOnlyVenue(venue), Shut(venue) if venue.account in gated else None)
            for venue in mine
        }
        self.books = Books(journal, rig.clock)
        self.watchdog = Watchdog(
            clock=rig.clock,
            rules=Rules(deadline_s=D(deadline), flatten=flatten, scope=scope),
            desk=self.desk,
            accounts=self.accounts,
            books=self.books,
            tell=self.events.append,
            others=without,
        )
        self._task = rig.loop.create_task(self.watchdog.run())
        self.beats(1.0)

    def beats(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds))):
            self.rig.call(self.desk.beat, seconds=1.0)

    def die(self, seconds: float = 9.0) -> None:
        """Nothing is heard from now on; by default long enough for the first rounds to be over."""
        self.rig.pass_time(seconds)

    def close(self) -> None:
        self._task.cancel()
        self.rig.run(self._gather())
        self.rig.run(self.watchdog.close())

    async def _gather(self) -> None:
        await asyncio.gather(self._task, return_exceptions=True)

    def said(self, kind: str) -> list[str]:
        return [event.text for event in self.events if event.kind == kind]

    @property
    def left(self) -> str:
        """What the last round said is not done."""
        return (self.said("round") or [""])[-1]


def held(venue: FakeVenue) -> Decimal:
    return venue.held.get("BTCUSDT", D(0))


@contextmanager
def pair_left_behind(tmp_path: Path, qty: str = "0.05", **options: Any) -> Iterator[Dog]:
    """A desk that held `qty` long on mk and short on tk, died, and is watched. Both venues fill what is sent."""
    journal = tmp_path / "desk.sqlite"
    with FakeRig(journal=journal) as rig:
        rig.launch()
        order = rig.place(qty=qty)
        rig.tk.on_submit = rig.tk.fills_whole
        rig.at(rig.mk, "fill", order.id, qty, tell_order=True, seconds=0.5)
        rig.mk.on_submit = rig.mk.fills_whole
        rig.crash()
        for venue in (rig.mk, rig.tk):
            venue.submitted.clear()
            venue.cancel_alls = 0
        dog = Dog(rig, journal, **options)
        try:
            yield dog
        finally:
            dog.close()
