"""The desk dies by kill -9 or goes by SIGTERM, in mid-cycle: nothing is lost, nothing is hedged twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from process_kit import WAIT_S, Heard, Home, WatchedLink, killed, loop_of, net_base, trading

from cockpit.link.messages import Launch, Query, Resume
from cockpit.link.rows import LoopRow
from cockpit.link.store import Store
from venues.model import OrderStatus, SystemClock
from venues.paper.client import PaperClient

PARAMS = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "iterations": "0"}


def resting(store: Store) -> bool:
    """A maker order of the loop lies in the venue's book."""
    return any(row.role in ("open", "close") and row.status is OrderStatus.OPEN for row in store.orders.values())


def holding(store: Store) -> bool:
    """The loop holds a position."""
    return any(row.qty for row in store.positions.values())


def settled(store: Store) -> LoopRow | None:
    """The loop, once it is back, paused, and owes nothing that could be hedged; its venues all answer."""
    row = store.loops.get("L1")
    if row is None or not trading(store) or row.state != "paused":
        return None
    within = abs(row.owed_base) <= row.tolerance_base and abs(row.exposure_base) <= row.tolerance_base
    at_work = any(not order.status.terminal for order in store.orders.values())
    return row if within and not at_work else None


async def fills_while_dead(home: Home, account: str) -> int:
    """How many fills come while nobody is at the desk, until nothing rests there any more, or for a few seconds."""
    heard = Heard()
    client = PaperClient(account, home.places.paper_socket, SystemClock())
    await client.connect(heard)
    page = await client.fills_since("")
    before = len(page.fills)
    try:
        async with asyncio.timeout(3):
            while await client.open_orders():
                heard.moved.clear()
                await heard.moved.wait()
    except TimeoutError:
        pass  # the market has gone the other way: the order goes on resting, which is a moment to restart in too
    page = await client.fills_since("")
    await client.close()
    return len(page.fills) - before


async def venue_fills(home: Home, accounts: Sequence[str]) -> tuple[dict[tuple[str, str], Decimal], dict[str, Decimal]]:
    """Without a desk: (account, trade id) to signed size as the venues tell, and each venue's BTC position."""
    fills: dict[tuple[str, str], Decimal] = {}
    held: dict[str, Decimal] = {}
    for account in accounts:
        client = PaperClient(account, home.places.paper_socket, SystemClock())
        await client.connect(Heard())
        cursor, more = "", True
        while more:
            page = await client.fills_since(cursor)
            fills.update({(account, fill.trade_id): fill.qty * fill.side.sign for fill in page.fills})
            more, cursor = bool(page.fills) and page.cursor != cursor, page.cursor
        assert await client.open_orders() == ()
        held[account] = sum((report.qty for report in await client.positions()), Decimal(0))
        await client.close()
    return fills, held


async def launched(home: Home) -> tuple[asyncio.subprocess.Process, WatchedLink]:
    desk = await home.desk()
    link = await home.link()
    await link.until(trading)
    assert (await link.ask(Launch("hedge", PARAMS)))["loop"] == "L1"
    await link.until(lambda store: "L1" in store.loops)
    return desk, link


async def journaled(link: WatchedLink) -> dict[tuple[str, str], Decimal]:
    rows = await link.ask(Query("fills"))
    keys = [(row["account"], row["trade_id"]) for row in rows]
    assert len(set(keys)) == len(keys)
    signs = {"buy": 1, "sell": -1}
    return {key: Decimal(row["qty"]) * signs[row["side"]] for key, row in zip(keys, rows, strict=True)}


async def test_killed_at_any_moment_nothing_is_lost_and_nothing_hedged_twice(home: Home) -> None:
    dice = random.Random(2026)
    desk, link = await launched(home)
    paper = home.paper_pid
    seen_dead = 0
    for kill in range(5):
        done = loop_of(link.store).iterations_done
        await link.until(lambda store, n=done: loop_of(store).iterations_done > n)
        moment = (resting, holding)[kill % 2]
        await link.until(moment)
        for _ in range(dice.randrange(4)):
            await link.step()
        done = loop_of(link.store).iterations_done
        await killed(desk)
        await link.until(lambda store: store.connection == "disconnected")
        assert os.getpgid(paper), "the exchange is a process of its own"
        seen_dead += await fills_while_dead(home, "extended")

        desk = await home.desk()
        await link.until(lambda store, pid=desk.pid: store.desk is not None and store.desk.pid == pid)
        row = await link.until(settled)
        assert "restarted" in row.detail
        assert row.iterations_done >= done - 1, "a cycle that had just ended may count once more"
        assert abs(net_base(link.store)) <= row.tolerance_base
        assert not [
            alarm for alarm in link.store.alarms.values() if alarm.id.startswith(("foreign", "suspect", "defect"))
        ]
        assert home.paper_pid == paper
        await link.ask(Resume("L1"))
    await link.until(lambda store, n=row.iterations_done: loop_of(store).iterations_done >= n + 2)
    assert seen_dead, "not one order filled while the desk was dead: the test has lost its point"

    desk.send_signal(signal.SIGTERM)
    assert await desk.wait() == 0
    told, held = await venue_fills(home, ("extended", "lighter"))
    await home.desk()
    await link.until(settled)
    assert await journaled(link) == told
    for account, qty in held.items():
        assert qty == sum((size for (name, _), size in told.items() if name == account), Decimal(0))
    assert abs(sum(held.values())) <= loop_of(link.store).tolerance_base


@pytest.mark.parametrize("moment", [resting, holding])
async def test_sigterm_in_mid_cycle_stops_clean(home: Home, moment: Any) -> None:
    desk, link = await launched(home)
    await link.until(moment)
    desk.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(desk.wait(), WAIT_S) == 0
    assert "still open" not in home.log()
    assert home.log().rstrip().endswith("desk: stopped")
    assert not home.places.desk_socket.exists()
    told, held = await venue_fills(home, ("extended", "lighter"))

    again = await home.desk()
    await link.until(lambda store: store.desk is not None and store.desk.pid == again.pid)
    row = await link.until(settled)
    assert abs(sum(held.values())) <= row.tolerance_base
    assert await journaled(link) == told
    assert "owes" not in "".join(line.text for line in link.store.log), "nothing was owed"
    await link.ask(Resume("L1"))
    await link.until(lambda store: loop_of(store).iterations_done > row.iterations_done)
