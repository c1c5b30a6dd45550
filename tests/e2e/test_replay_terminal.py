"""`cockpit replay` on a terminal, over the journal of a desk that goes on writing it."""

from __future__ import annotations

import re

from process_kit import Home, loop_of, trading
from terminal_kit import Terminal

from cockpit.link.messages import Launch

PARAMS = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "iterations": "0"}
END, SPACE = "\x1b[F", " "


async def test_a_session_is_watched_again_while_its_desk_goes_on(home: Home) -> None:
    await home.desk()
    link = await home.link()
    await link.until(trading)
    await link.ask(Launch("hedge", PARAMS))
    await link.until(lambda store: store.loops and loop_of(store).iterations_done >= 2)
    terminal = Terminal(120, 40)
    try:
        await terminal.start(home, "replay")
        await terminal.shows("REPLAY", "1x", "extended", "lighter")
        terminal.press(END)
        await terminal.shows("L1", "running")
        # at its end it follows the desk
        done = loop_of(link.store).iterations_done
        await terminal.until(lambda text: any(int(n) > done for n in re.findall(r"\s(\d+)/∞", text)))
        terminal.press(SPACE)
        await terminal.shows("held")
        terminal.press("X")
        await terminal.shows("this is a replay")
        terminal.press("q")
        assert await terminal.ended() == 0
        assert loop_of(link.store).state == "running", "nobody has touched the desk"
    finally:
        await terminal.close()
