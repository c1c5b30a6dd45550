"""The cockpit as an operator sees it: on a terminal, at work, killed, and come back."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from decimal import Decimal
from typing import Any

import pytest
from process_kit import Home, loop_of, trading
from terminal_kit import Terminal

from cockpit.link.messages import Launch

CTRL_X = "\x18"
PARAMS = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "iterations": "0"}

Open = Callable[[int, int], Coroutine[Any, Any, Terminal]]


@pytest.fixture
async def open_terminal(home: Home) -> AsyncIterator[Open]:
    """Opens `cockpit` in terminals that are gone when the test is."""
    opened: list[Terminal] = []

    async def start(columns: int, lines: int) -> Terminal:
        terminal = Terminal(columns, lines)
        opened.append(terminal)
        await terminal.start(home)
        return terminal

    yield start
    for terminal in opened:
        await terminal.close()


def loops_of(text: str) -> str:
    """The panel of the loops alone: a large window shows the log too, which tells of the change for ever."""
    return text[: text.index("2 Accounts and positions")]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_from_the_first_command_to_a_flat_book_by_keyboard(
    home: Home, open_terminal: Open, size: tuple[int, int]
) -> None:
    terminal = await open_terminal(*size)
    await terminal.shows("desk LIVE", "No loop runs", "extended")
    link = await home.link()
    await link.until(trading)

    terminal.press("n")
    await terminal.shows("Launch hedge", "slippage_max", "maker", "size")
    terminal.press("\t")
    await terminal.until(lambda text: "‹" not in text)
    terminal.press("\r")
    await terminal.shows("L1", "running", "0.02")
    await terminal.until(lambda text: any(f" {done}/20 " in text for done in range(1, 21)))

    terminal.press(">")
    await terminal.shows("0.02 → 0.021", "enter sends")
    assert loop_of(link.store).params["size"] == "0.02"
    assert not loop_of(link.store).pending, "staged is not sent"
    terminal.press("\r")
    await link.until(lambda store: loop_of(store).params["size"] == "0.021")
    await terminal.until(lambda text: "0.021" in loops_of(text) and "→ 0.021" not in loops_of(text))

    # a key that is held confirms nothing
    terminal.press(CTRL_X)
    await terminal.shows("FLATTEN ALL ACCOUNTS", "once more flattens")
    for _ in range(30):
        terminal.press(CTRL_X)
    await terminal.shows("FLATTEN ALL ACCOUNTS", "let go")
    terminal.press("\x1b")
    await terminal.until(lambda text: "FLATTEN ALL ACCOUNTS" not in text)
    assert not link.store.flattens

    terminal.press(CTRL_X)
    await terminal.shows("FLATTEN ALL ACCOUNTS", "once more flattens")
    await terminal.confirm(CTRL_X, "FLATTEN ALL ACCOUNTS")
    await link.until(lambda store: any(row.state == "flat" for row in store.flattens.values()))
    await link.until(lambda store: not store.positions)
    await terminal.shows("halted", "ENTRIES DENIED")

    desk = link.store.desk
    assert desk is not None
    terminal.press("q")
    assert await terminal.ended() == 0
    await terminal.shows("Detached", f"pid {desk.pid}", "cockpit desk stop")
    said = await home.run("desk", "stop", "--json")
    assert said.json == {"ok": True, "pid": desk.pid}


async def test_the_terminal_is_killed_and_the_loop_goes_on(home: Home, open_terminal: Open) -> None:
    first = await open_terminal(80, 24)
    await first.shows("desk LIVE")
    link = await home.link()
    await link.until(trading)
    await link.ask(Launch("hedge", PARAMS))
    await first.shows("L1", "running", "opening")
    await link.until(lambda store: any(row.qty for row in store.positions.values()))
    assert first.process is not None
    os.killpg(first.process.pid, signal.SIGKILL)
    assert await first.ended() == -signal.SIGKILL
    done = loop_of(link.store).iterations_done
    await link.until(lambda store: loop_of(store).iterations_done >= done + 2)

    status = (await home.run("status", "--json")).json
    (loop,) = status["loops"]
    assert (loop["id"], loop["strategy"], loop["state"]) == ("L1", "hedge", "running")
    assert loop["iterations_done"] >= done + 2
    assert loop["params"]["size"] == "0.01"
    assert [(account["name"], account["venue"], account["mode"]) for account in status["accounts"]] == [
        ("extended", "extended", "paper"),
        ("lighter", "lighter", "paper"),
    ]
    for account in status["accounts"]:
        assert {"health", "state", "positions"} <= account.keys()
        for position in account["positions"]:
            assert position["instrument"]
            assert Decimal(position["base_qty"])

    second = await open_terminal(160, 50)
    await second.shows("desk LIVE", "L1", "running", "extended", "lighter")
    assert link.store.desk is not None
    assert link.store.desk.pid == status["desk"]["pid"], "the same desk all the time"


async def test_a_closed_window_ends_the_screen_though_nobody_passes_the_signal_on(
    home: Home, open_terminal: Open
) -> None:
    terminal = await open_terminal(80, 24)
    await terminal.shows("desk LIVE")
    link = await home.link()
    await link.until(trading)
    await link.ask(Launch("hedge", PARAMS))
    await terminal.shows("L1", "running")
    terminal.hang_up()
    assert await terminal.ended() == -signal.SIGHUP, "and it does not spin on a terminal that is gone"
    done = loop_of(link.store).iterations_done
    await link.until(lambda store: loop_of(store).iterations_done > done)


async def test_without_a_terminal_it_says_so_and_starts_nothing(home: Home) -> None:
    said = await home.run()
    assert said.code != 0
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "needs a terminal" in said.err
    assert home.pids() == []
