"""The watchdog beside a real desk and a real exchange: a desk that is frozen or killed in mid-cycle leaves nothing
resting and, where so configured, nothing open; and when it wakes up it does not open again."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

from process_kit import WAIT_S, Heard, Home, WatchedLink, killed, loop_of, trading

from cockpit.desk.ids import OrderId
from cockpit.link.messages import Launch, Query, Resume
from cockpit.link.store import Store
from strategies.protocol import Role
from venues.model import FillReport, OrderStatus, SystemClock
from venues.paper.client import PaperClient

DEADLINE_S = 8.0
BUSY_S = 3.0
"""For a machine with other work: the test asks over the same slow machine."""
WITH_SWITCH = ("extended", "lighter")
WITHOUT_SWITCH = ("backpack", "grvt")
FAR = {"offset": "-900", "requote": "time", "fill_timeout": "600"}
"""An order far behind the touch: it rests until somebody cancels it."""
HOLDING = {"sleep": "600"}


class Guard:
    """A watchdog process and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []

    async def until(self, kind: str, after: int = 0) -> dict[str, Any]:
        """The first event of that kind that is not among the first `after`."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    for event in self.events[after:]:
                        if event["kind"] == kind:
                            return event
                    line = await self.process.stdout.readline()
                    assert line, f"the watchdog has ended; it said {self.events}"
                    self.events.append(json.loads(line))
        except TimeoutError:
            raise AssertionError(f"the watchdog did not say {kind!r}; it said {self.events}") from None


class Scene:
    """A desk that trades, a watchdog that hears it, and connections of the test's own to the exchange."""

    def __init__(self, home: Home, accounts: tuple[str, str]) -> None:
        self.home = home
        self.accounts = accounts
        self.heard = Heard()
        self.venues: dict[str, PaperClient] = {}
        self.desk: asyncio.subprocess.Process
        self.link: WatchedLink
        self.guard: Guard

    async def begin(self, **params: str) -> None:
        self.desk = await self.home.desk()
        self.link = await self.home.link()
        await self.link.until(trading)
        await self.watch()
        for name in self.accounts:
            self.venues[name] = PaperClient(name, self.home.places.paper_socket, SystemClock(), beside=True)
            await self.venues[name].connect(self.heard)  # type: ignore[arg-type]  # it takes whatever is told
        maker, taker = self.accounts
        given = {"maker": maker, "taker": taker, "ticker": "BTC", "size": "0.01", "iterations": "0", **params}
        await self.link.ask(Launch("hedge", given))

    async def watch(self) -> None:
        """Start the watchdog and wait until desk and watchdog know of each other."""
        process = await asyncio.create_subprocess_exec(
            *self.home.command("watchdog", "--json"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=self.home.environ,
        )
        self.guard = Guard(process)
        await self.guard.until("beating")
        await self.link.until(lambda store: store.desk is not None and "deadline 8 s" in store.desk.watchdog)

    def freeze(self) -> float:
        """SIGSTOP. Returns when, by the loop's clock."""
        self.desk.send_signal(signal.SIGSTOP)
        return asyncio.get_running_loop().time()

    async def orders(self) -> int:
        return sum([len(await venue.open_orders()) for venue in self.venues.values()])

    async def positions(self) -> dict[str, Decimal]:
        """Account to what its venue reports in BTC; only what is not flat."""
        held = {name: await venue.positions() for name, venue in self.venues.items()}
        return {name: reports[0].qty for name, reports in held.items() if reports}

    async def none_left(self, what: Callable[[], Coroutine[Any, Any, object]]) -> float:
        """Ask the exchange with every word of it until there is none; returns when, by the loop's clock."""
        async with asyncio.timeout(WAIT_S):
            while True:
                self.heard.moved.clear()
                if not await what():
                    return asyncio.get_running_loop().time()
                await self.heard.moved.wait()

    async def fills(self) -> dict[tuple[str, str], FillReport]:
        out = {}
        for name, venue in self.venues.items():
            page = await venue.fills_since("")
            out.update({(name, fill.trade_id): fill for fill in page.fills})
        return out

    async def journaled(self) -> set[tuple[str, str]]:
        rows = await self.link.ask(Query("fills"))
        keys = [(row["account"], row["trade_id"]) for row in rows]
        assert len(set(keys)) == len(keys)
        return set(keys)

    async def end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.desk.pid, signal.SIGCONT)
        for venue in self.venues.values():
            await venue.close()
        with suppress(ProcessLookupError):
            self.guard.process.terminate()
        await self.guard.process.communicate()


@asynccontextmanager
async def scene(*, flatten: bool, accounts: tuple[str, str] = WITH_SWITCH, **params: str) -> AsyncIterator[Scene]:
    sections = f"[watchdog]\ndeadline_s = {DEADLINE_S:g}\nflatten = {str(flatten).lower()}\n"
    home = Home(accounts, sections=sections)
    made = Scene(home, accounts)
    try:
        await made.begin(**params)
        yield made
        await made.end()
    finally:
        await home.close()


def resting(store: Store) -> bool:
    """A maker order of the loop lies in the venue's book."""
    return any(row.role in ("open", "close") and row.status is OrderStatus.OPEN for row in store.orders.values())


def holding(store: Store) -> bool:
    """The loop holds both legs, and waits."""
    return len([row for row in store.positions.values() if row.qty]) == 2 and loop_of(store).phase == "holding"


def alarmed(store: Store, *wanted: str) -> bool:
    return set(wanted) <= store.alarms.keys()


def by_watchdog(fill: FillReport) -> bool:
    order_id = OrderId.parse(fill.client_order_id)
    return order_id is not None and order_id.role is Role.WATCHDOG


async def test_a_frozen_desks_orders_are_gone_within_the_deadline_and_it_wakes_up_paused() -> None:
    async with scene(flatten=False, accounts=WITHOUT_SWITCH, **FAR) as at:
        await at.link.until(resting)
        frozen = at.freeze()
        assert await at.orders() == 1
        gone = await at.none_left(at.orders)
        assert gone - frozen < DEADLINE_S + BUSY_S
        assert "nothing heard from the desk" in (await at.guard.until("dead"))["text"]
        await at.guard.until("done")

        at.desk.send_signal(signal.SIGCONT)
        await at.link.until(lambda store: alarmed(store, "standstill"))
        row = await at.link.until(lambda store: loop_of(store).state == "paused" and loop_of(store))
        assert "stood still" in row.detail
        await at.guard.until("beating", after=len(at.guard.events))
        for _ in range(10):
            await at.link.step()
        assert await at.orders() == 0, "paused, it puts nothing in the place of what was cancelled"
        await at.link.ask(Resume("L1"))
        await at.link.until(resting)


async def test_with_desk_and_watchdog_both_killed_the_venues_own_switch_strikes() -> None:
    async with scene(flatten=False, **FAR) as at:
        await at.link.until(resting)
        killed_at = asyncio.get_running_loop().time()
        await killed(at.guard.process)
        await at.link.until(lambda store: alarmed(store, "watchdog"))
        assert at.link.store.alarms["watchdog"].level == "warning"
        await killed(at.desk)
        gone = await at.none_left(at.orders)
        assert gone - killed_at < DEADLINE_S + BUSY_S


async def test_a_frozen_desk_is_flattened_and_opens_nothing_when_it_wakes() -> None:
    async with scene(flatten=True, **HOLDING) as at:
        await at.link.until(holding)
        before = await at.fills()
        at.freeze()
        await at.none_left(at.positions)
        assert await at.orders() == 0
        await at.guard.until("done")
        closed = {key: fill for key, fill in (await at.fills()).items() if key not in before}
        assert {account for account, _ in closed} == set(at.accounts)
        assert all(map(by_watchdog, closed.values()))

        at.desk.send_signal(signal.SIGCONT)
        await at.link.until(lambda store: alarmed(store, "standstill", "watchdog/L1"))
        row = await at.link.until(lambda store: not store.positions and loop_of(store))
        assert row.state == "halted"
        assert "the watchdog closed" in row.detail
        await at.link.until(lambda store: abs(loop_of(store).owed_base) <= loop_of(store).tolerance_base)
        for _ in range(20):
            await at.link.step()
        after = await at.fills()
        assert after.keys() == {*before, *closed}, "nothing has traded since"
        assert await at.journaled() == after.keys(), "each fill stands once in the journal, and in the loop's name"
        rows = await at.link.ask(Query("fills", {"loop": "L1"}))
        assert {(row["account"], row["trade_id"]) for row in rows} == after.keys()
        assert not [id_ for id_ in at.link.store.alarms if id_.startswith(("foreign", "suspect", "defect", "unexpl"))]
        done = loop_of(at.link.store).iterations_done
        await at.link.ask(Resume("L1"))
        await at.link.until(holding)
        assert loop_of(at.link.store).iterations_done >= done


async def test_a_killed_desk_is_flattened_and_its_next_start_agrees() -> None:
    async with scene(flatten=True, **HOLDING) as at:
        await at.link.until(holding)
        await killed(at.desk)
        await at.none_left(at.positions)
        await at.guard.until("done")
        said = len(at.guard.events)

        at.desk = await at.home.desk()
        await at.link.until(lambda store: store.desk is not None and store.desk.pid == at.desk.pid)
        await at.link.until(lambda store: trading(store) and alarmed(store, "watchdog/L1"))
        await at.guard.until("beating", after=said)
        row = await at.link.until(lambda store: not store.positions and loop_of(store))
        assert row.state == "halted"
        assert abs(row.owed_base) <= row.tolerance_base
        assert await at.journaled() == (await at.fills()).keys()
        assert await at.positions() == {}
        assert not [id_ for id_ in at.link.store.alarms if id_.startswith(("foreign", "suspect", "defect"))]


async def test_frozen_at_any_moment_of_a_cycle_the_venues_read_flat() -> None:
    dice = random.Random(8)
    async with scene(flatten=True) as at:
        for _freeze in range(3):
            await at.link.until(resting)
            for _ in range(dice.randrange(12)):
                await at.link.step()
            said = len(at.guard.events)
            at.freeze()
            await at.guard.until("done", after=said)
            assert await at.positions() == {}
            assert await at.orders() == 0
            said = len(at.guard.events)
            at.desk.send_signal(signal.SIGCONT)
            await at.link.until(lambda store: alarmed(store, "standstill"))
            await at.guard.until("beating", after=said)
            await at.link.until(
                lambda store: (
                    not store.positions
                    and loop_of(store).state in ("paused", "halted")
                    and abs(loop_of(store).owed_base) <= loop_of(store).tolerance_base
                    and all(order.status.terminal for order in store.orders.values())
                )
            )
            assert await at.positions() == {}
            assert await at.journaled() == (await at.fills()).keys()
            assert not [id_ for id_ in at.link.store.alarms if id_.startswith(("foreign", "suspect", "defect"))]
            done = loop_of(at.link.store).iterations_done
            await at.link.ask(Resume("L1"))
            await at.link.until(lambda store, n=done: loop_of(store).iterations_done > n)  # type: ignore[misc]


async def test_a_desk_that_stops_as_asked_is_let_alone() -> None:
    async with scene(flatten=True, **HOLDING) as at:
        await at.link.until(holding)
        held = await at.positions()
        assert (await at.home.run("desk", "stop")).code == 0
        event = await at.guard.until("stopped")
        assert len([leg for leg in event["detail"] if "BTC" in leg]) == 2, event
        assert "left open: " in event["text"]
        assert await at.positions() == held
        at.guard.process.send_signal(signal.SIGTERM)
        await at.guard.until("ended")
        assert "dead" not in {event["kind"] for event in at.guard.events}


async def test_check_says_what_is_missing() -> None:
    home = Home(sections="[watchdog]\ndeadline_s = 8\n")
    try:
        said = await home.run("watchdog", "--check", "--json")
        assert said.code == 1
        bad = [json.loads(line)["text"] for line in said.out.splitlines() if json.loads(line)["kind"] == "bad"]
        assert [text.split(":")[0].split()[0] for text in bad] == ["desk", "extended", "lighter", "journal"]
        await home.desk()
        link = await home.link()
        await link.until(trading)
        said = await home.run("watchdog", "--check")
        assert said.code == 0, said
        assert "lighter: up, dead-man switch" in said.out
    finally:
        await home.close()
