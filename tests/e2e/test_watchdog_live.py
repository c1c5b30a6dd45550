"""The watchdog beside a desk that trades on live accounts: keys, adapter and sockets of its own, against served
exchanges whose own books tell what is left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from live_kit import LiveHome, Served, live_home
from process_kit import WAIT_S, WatchedLink, loop_of, trading

from cockpit.link.store import Store
from venues.model import OrderStatus

pytestmark = pytest.mark.timeout(240)

DEADLINE_S = 10.0
BUSY_S = 5.0
"""For a machine with other work."""
LONG_S = 90.0
LOOP = ("--maker", "maker", "--taker", "taker", "--ticker", "BTC", "--size", "0.01", "--mix")
PAPER = '\n[[account]]\nname = "taker"\nvenue = "lighter"\n'
FAR = ("--offset", "-900", "--requote", "time", "--fill-timeout", "600", "--iter", "1")
HOLDING = ("--sleep", "600", "--iter", "1")


class Scene:
    def __init__(self, home: LiveHome, served: Served) -> None:
        self.home = home
        self.served = served
        self.events: list[dict[str, Any]] = []
        self.desk: asyncio.subprocess.Process
        self.link: WatchedLink
        self.guard: asyncio.subprocess.Process

    async def begin(self, *, let: bool = True) -> None:
        self.home.configure({"maker": self.served})
        await self.home.add_key("maker", self.served)
        file = self.home.places.config_file
        file.write_text(file.read_text() + PAPER + self.rules)
        self.desk = await self.home.desk()
        self.link = await self.home.link()
        await self.link.until(trading, LONG_S)
        if let:
            await self.home.good("live", "maker", "--live", "maker", "--skip-rehearsal")
            await self.link.until(
                lambda store: "first session" in store.accounts["maker"].live and trading(store), LONG_S
            )
            await self.home.good("live", "maker", "--lift")
        self.guard = await self.home.with_passphrase("watchdog", "--json")
        await self.until("beating", lambda event: True)

    rules = ""

    async def until(self, kind: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self.guard.stdout is not None
        seen = 0
        try:
            async with asyncio.timeout(LONG_S):
                while True:
                    for event in self.events[seen:]:
                        if event["kind"] == kind and true(event):
                            return event
                    seen = len(self.events)
                    line = await self.guard.stdout.readline()
                    assert line, f"the watchdog has ended; it said {self.events}"
                    if line.startswith(b"{"):
                        self.events.append(json.loads(line))
        except TimeoutError:
            raise AssertionError(f"the watchdog did not say {kind!r}; it said {self.events}") from None

    async def account_says(self, words: str) -> None:
        await self.until("account", lambda event: words in event["text"])

    async def gone(self, what: Callable[[], Any]) -> float:
        """Ask the exchange until it has none left; returns when, by the loop's clock."""
        async with asyncio.timeout(WAIT_S):
            # nobody tells of another account's orders, so the exchange is asked again and again
            while await what():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return asyncio.get_running_loop().time()

    async def orders(self) -> int:
        return (await self.served.books()).open_orders

    async def held(self) -> bool:
        return bool((await self.served.books()).qty)

    async def end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.desk.pid, signal.SIGCONT)
        with suppress(ProcessLookupError):
            self.guard.terminate()
        await self.guard.communicate()


@asynccontextmanager
async def scene(*, flatten: bool = False, let: bool = True) -> AsyncIterator[Scene]:
    async with live_home() as home:
        at = Scene(home, await home.serve("binanceusdm"))
        at.rules = f"\n[watchdog]\ndeadline_s = {DEADLINE_S:g}\nflatten = {str(flatten).lower()}\n"
        await at.begin(let=let)
        yield at
        await at.end()


def resting(store: Store) -> bool:
    return any(row.role == "open" and row.status is OrderStatus.OPEN for row in store.orders.values())


def holding(store: Store) -> bool:
    return len([row for row in store.positions.values() if row.qty]) == 2 and loop_of(store).phase == "holding"


async def test_a_frozen_desks_orders_are_gone_within_the_deadline() -> None:
    async with scene() as at:
        await at.account_says("maker is up, dead-man switch")
        await at.home.good("launch", "hedge", *LOOP, *FAR)
        await at.link.until(resting, LONG_S)
        assert await at.orders() == 1
        at.desk.send_signal(signal.SIGSTOP)
        frozen = asyncio.get_running_loop().time()
        gone = await at.gone(at.orders)
        assert gone - frozen < DEADLINE_S + BUSY_S
        await at.until("dead", lambda event: "cancelling every order" in event["text"])
        await at.until("done", lambda event: True)


@pytest.mark.slow
async def test_with_the_watchdog_killed_too_the_venues_own_switch_strikes() -> None:
    async with scene() as at:
        await at.account_says("maker is up, dead-man switch")
        await at.home.good("launch", "hedge", *LOOP, *FAR)
        await at.link.until(resting, LONG_S)
        at.guard.kill()
        at.desk.kill()
        killed = asyncio.get_running_loop().time()
        assert await at.orders() == 1
        assert await at.gone(at.orders) - killed < DEADLINE_S + BUSY_S


async def test_a_frozen_desk_is_flattened_by_the_exchanges_own_books() -> None:
    async with scene(flatten=True) as at:
        await at.account_says("maker is up")
        await at.home.good("launch", "hedge", *LOOP, *HOLDING)
        await at.link.until(holding, LONG_S)
        assert await at.held()
        at.desk.send_signal(signal.SIGSTOP)
        await at.gone(at.held)
        await at.until("done", lambda event: event["text"] == "every venue reads flat")
        assert await at.orders() == 0
        said = " ".join(event["text"] for event in at.events if event["kind"] == "closed")
        assert "maker: " in said
        assert "reduce-only" in said

        at.desk.send_signal(signal.SIGCONT)
        await at.link.until(lambda store: not store.positions and loop_of(store).state == "halted", LONG_S)
        assert not await at.held()
        assert not [id_ for id_ in at.link.store.alarms if id_.startswith(("foreign", "suspect", "defect"))]


@pytest.mark.slow
async def test_an_account_that_is_read_only_is_left_alone() -> None:
    async with scene(flatten=True, let=False) as at:
        await at.account_says("maker is read-only: left alone")
        at.desk.send_signal(signal.SIGSTOP)
        await at.until("done", lambda event: True)
        assert not [event for event in at.events if "maker is up" in event["text"]]


@pytest.mark.slow
async def test_check_tries_the_key_and_says_that_it_is_read_only() -> None:
    async with scene(let=False) as at:
        process = await at.home.with_passphrase("watchdog", "--check")
        out, _ = await process.communicate()
        assert process.returncode == 0, out
        assert "ok: maker: up, dead-man switch; read-only, so it is left alone" in out.decode()
