"""The cockpit over a real SSH line: what is seen, and what happens when the line goes."""

from __future__ import annotations

import os
import re
import signal
import unicodedata
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import ssh_kit
from process_kit import Home, loop_of, trading
from ssh_kit import Line, SshTerminal, far_client, gone, session_of

from cockpit.link.messages import Launch

PARAMS = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "iterations": "0"}
TRUECOLOUR, PALETTE = re.compile(r"\x1b\[[0-9;]*38;2;"), re.compile(r"\x1b\[[0-9;]*38;5;")

Open = Callable[..., Coroutine[Any, Any, SshTerminal]]


@pytest.fixture(autouse=True)
def server_installed() -> None:
    ssh_kit.need()


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with ssh_kit.sshd(tmp_path / "ssh") as line:
        yield line


@pytest.fixture
async def open_line(home: Home, line: Line) -> AsyncIterator[Open]:
    """Opens `cockpit` behind lines that are gone when the test is."""
    opened: list[SshTerminal] = []

    async def start(columns: int, lines: int, **environ: str) -> SshTerminal:
        terminal = SshTerminal(line, columns, lines)
        opened.append(terminal)
        await terminal.start(home, **environ)
        return terminal

    yield start
    for terminal in opened:
        if terminal.process is not None and terminal.process.returncode is None:
            terminal.read_on()
        await terminal.close()


async def test_colours_are_those_that_the_line_lets_through(home: Home, open_line: Open) -> None:
    full = await open_line(80, 24, COLORTERM="truecolor")
    await full.shows("desk LIVE", "extended", "lighter")
    assert TRUECOLOUR.search(full.raw)
    plain = await open_line(80, 24, COLORTERM="")
    await plain.shows("desk LIVE", "extended")
    assert PALETTE.search(plain.raw)
    assert not TRUECOLOUR.search(plain.raw)


async def test_another_window_is_another_picture(open_line: Open) -> None:
    terminal = await open_line(80, 24)
    await terminal.shows("desk LIVE", "extended")
    for columns, lines in ((160, 50), (60, 20), (120, 40)):
        terminal.resize(columns, lines)
        # the key bar stands on the last line, over the whole width, whatever the window
        await terminal.until(lambda text, last=lines: "help" in text.split("\n")[last - 1])
        assert all(len(row.rstrip()) <= columns for row in terminal.screen.display)


async def test_wide_characters_stand_in_their_columns(line: Line) -> None:
    home = Home(sections='[ui]\nlanguage = "zh"\n')
    terminal = SshTerminal(line, 80, 24)
    try:
        await terminal.start(home)
        await terminal.until(lambda text: "extended" in text and any(map(wide, text)))
        await terminal.until(lambda _text: framed(terminal))
    finally:
        await terminal.close()
        await home.close()


def framed(terminal: SshTerminal) -> bool:
    """Where a line begins with a border it ends with one, down to the key bar: no character took more or less room
    than was reckoned with."""
    rows = [terminal.screen.buffer[y] for y in range(terminal.screen.lines)]
    ends = [row[79].data for row in rows if row[0].data in "╭│╰"]
    return len(ends) > 15 and set(ends) <= set("╮│╯")


def wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


@pytest.mark.parametrize("who", ["the near end", "the session"])
async def test_the_line_drops_in_mid_cycle_and_the_loop_goes_on(home: Home, open_line: Open, who: str) -> None:
    terminal = await open_line(80, 24)
    await terminal.shows("desk LIVE")
    link = await home.link()
    await link.until(trading)
    await link.ask(Launch("hedge", PARAMS))
    await terminal.shows("L1", "running")
    await link.until(lambda store: any(row.qty for row in store.positions.values()))
    client = far_client(home)
    assert terminal.process is not None
    os.kill(terminal.process.pid if who == "the near end" else session_of(client), signal.SIGKILL)
    await gone(client)
    assert client not in home.pids(), "the client does not stay behind on a terminal that is gone"
    done = loop_of(link.store).iterations_done
    await link.until(lambda store: loop_of(store).iterations_done >= done + 2)
    assert loop_of(link.store).state == "running"

    again = await open_line(120, 40)
    await again.shows("desk LIVE", "L1", "running", "extended", "lighter")
    # the figures go on, so it is no picture of before
    before = again.text
    await link.until(lambda store: loop_of(store).iterations_done >= done + 4)
    await again.until(lambda text: text != before and "running" in text)


async def test_a_line_that_nobody_reads_holds_up_neither_the_desk_nor_another_client(
    home: Home, open_line: Open
) -> None:
    stalled = await open_line(160, 50)
    await stalled.shows("desk LIVE")
    link = await home.link()
    await link.until(trading)
    await link.ask(Launch("hedge", PARAMS))
    await stalled.shows("L1", "running")
    await link.until(lambda store: store.loops)
    stalled.stop_reading()
    done = loop_of(link.store).iterations_done
    await link.until(lambda store: loop_of(store).iterations_done >= done + 4)
    other = await open_line(80, 24)
    await other.shows("desk LIVE", "L1", "running")
    stalled.read_on()
    # what was not read meanwhile is not told again: the picture is that of now, and keys work
    stalled.press("L")
    await stalled.shows("L1", "UTC")
    stalled.press("q")
    assert await stalled.ended() == 0
