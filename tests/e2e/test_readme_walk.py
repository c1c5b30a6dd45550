"""A new user, at 80x24, who has nothing but the README: from a clone to a running loop, a live tweak and a flatten."""

from __future__ import annotations

import re
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

from process_kit import Home, WatchedLink, loop_of, trading
from terminal_kit import LEAST_READING_S, Terminal

README = Path(__file__).resolve().parents[2] / "README.md"
KEYS = {"enter": "\r", "tab": "\t", "ctrl+x": "\x18"}
"""Keys that are not the character they are named by."""
MOST_KEYSTROKES = 60
"""Commands and keys together; at one a second well below three minutes."""


def walk() -> list[str]:
    """What the README says to press, in its order: the first column of the table below `By keyboard`."""
    text = README.read_text(encoding="utf-8")
    table = text[text.index("### By keyboard") :]
    rows = re.findall(r"^\| (`[^|]+`) \|", table[: table.index("\n##", 5)], re.MULTILINE)
    return [key for row in rows for key in re.findall(r"`([^`]+)`", row)]


def typed(key: str) -> str:
    return KEYS.get(key, key)


def first_command() -> str:
    """The one command before the keys."""
    found = re.search(r"```sh\n(make demo)\n```", README.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def test_it_is_little_to_type() -> None:
    keys = walk()
    assert keys[:2] == ["enter", "n"]
    strokes = len(first_command()) + 1 + len(keys)
    assert strokes <= MOST_KEYSTROKES, strokes


async def test_what_the_readme_says_is_all_that_is_needed(home: Home) -> None:
    # as a new user has it: nothing is configured
    home.places.config_file.unlink()
    terminal = Terminal(80, 24)
    keys = iter(walk())
    try:
        await terminal.start(home)
        await terminal.shows("Welcome to cockpit", "paper desk")
        assert not home.places.config_file.exists(), "nothing is written before a key is pressed"
        terminal.press(typed(next(keys)))
        await terminal.shows("desk LIVE", "No loop runs")
        assert stat.S_IMODE(home.places.config_file.stat().st_mode) & 0o077 == 0
        link = await home.link()
        await link.until(trading)

        for shown in steps(terminal, link):
            terminal.press(typed(next(keys)))
            await shown()
        assert list(keys) == []
        assert await terminal.ended() == 0
        await terminal.shows("Detached")
    finally:
        await terminal.close()


def steps(terminal: Terminal, link: WatchedLink) -> list[Callable[[], Awaitable[object]]]:
    """What is to be seen after each key, the first one aside."""

    async def form() -> None:
        await terminal.shows("Launch hedge", "maker", "size")

    async def button() -> None:
        await terminal.until(lambda text: "‹" not in text)

    async def running() -> None:
        await terminal.shows("L1", "running")
        await link.until(lambda store: store.loops)

    async def staged() -> None:
        await terminal.shows("→")
        assert not loop_of(link.store).pending, "staged is not sent"

    async def sent() -> None:
        before = loop_of(link.store).params["size"]
        await link.until(lambda store: loop_of(store).pending or loop_of(store).params["size"] != before)

    async def listed() -> None:
        await terminal.shows("FLATTEN ALL", "once more flattens")
        await terminal.passes(LEAST_READING_S)

    async def flat() -> None:
        await terminal.confirm(KEYS["ctrl+x"], "FLATTEN ALL")
        await link.until(lambda store: any(row.state == "flat" for row in store.flattens.values()))
        await link.until(lambda store: not store.positions)
        await terminal.shows("ENTRIES DENIED")

    async def left() -> None:
        return None

    return [form, button, running, staged, sent, listed, flat, left]


async def test_the_demo_goes_straight_to_the_paper_desk(home: Home) -> None:
    home.places.config_file.unlink()
    terminal = Terminal(80, 24)
    try:
        await terminal.start(home, "--paper")
        await terminal.shows("desk LIVE", "No loop runs")
        assert "Welcome" not in terminal.text
    finally:
        await terminal.close()
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    assert "cockpit --paper" in makefile


async def test_who_leaves_the_welcome_has_started_nothing(home: Home) -> None:
    home.places.config_file.unlink()
    terminal = Terminal(80, 24)
    try:
        await terminal.start(home)
        await terminal.shows("Welcome to cockpit")
        terminal.press("q")
        assert await terminal.ended() == 0
        assert not home.places.config_file.exists()
        assert home.pids() == []
    finally:
        await terminal.close()
