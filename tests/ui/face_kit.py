"""The app on a fake link, with clock and timers in the test's hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fake_link import FakeLink
from scenes import NOW
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.keymap import Keymap
from cockpit.link.rows import Tables
from cockpit.screens.command_line import CommandLine
from cockpit.screens.overview import OverviewScreen
from venues.model import ManualClock
from widgets.columns import Row
from widgets.panel import Panel


class Later:
    """Stands in for a timer: what was asked for runs when the test says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, delay: float, callback: Callable[[], None]) -> None:
        self.calls.append((delay, callback))

    def run(self) -> None:
        calls, self.calls = self.calls, []
        for _delay, callback in calls:
            callback()


class Face:
    """An app on a fake link, with its clock and its timers in hand."""

    def __init__(
        self,
        tables: Tables | None = None,
        *,
        theme: str = "harbor",
        pictures: Path | None = None,
        keymap: Keymap | None = None,
        history: Path | None = None,
    ) -> None:
        self.clock = ManualClock(NOW)
        self.link = FakeLink(self.clock)
        if tables is not None:
            self.link.snapshot(tables)
        self.app = CockpitApp(
            self.link, self.clock, rate_hz=0, theme=theme, pictures=pictures, keymap=keymap, history=history
        )
        self.later = Later()
        self.app.after = self.later

    def change(self, tables: Tables) -> None:
        """The desk says something new; the screen is painted."""
        self.link.snapshot(tables)
        self.app.flush()


async def settled(pilot: Pilot[str]) -> None:
    """Wait until nothing is to be painted any more (`tests/idle_kit.py`)."""
    await pilot.pause()


async def at_rest(face: Face, pilot: Pilot[str]) -> None:
    """Wait until nothing is asked and nothing is painted any more."""
    await settled(pilot)
    await face.app.workers.wait_for_complete()
    await settled(pilot)


async def press(face: Face, pilot: Pilot[str], *keys: str) -> None:
    """Press keys one by one and let everything that each of them starts come to rest."""
    for key in keys:
        await pilot.press(key)
        await face.app.workers.wait_for_complete()
        await settled(pilot)


def overview(face: Face) -> OverviewScreen:
    """The overview, which must be on top."""
    screen = face.app.screen
    assert isinstance(screen, OverviewScreen)
    return screen


async def say(face: Face, pilot: Pilot[str], text: str) -> None:
    """A line on the command line."""
    await pilot.press("colon")
    await at_rest(face, pilot)
    face.app.screen.query_one(CommandLine).entry.put(text)
    await settled(pilot)
    await pilot.press("enter")
    await at_rest(face, pilot)


def words(panel: Panel) -> str:
    """All rows of a panel, a line each."""

    def line(row: Row) -> str:
        return " ".join("".join(text for text, _ink in cell) for cell in (row.line, *row.cells, row.note))

    return "\n".join(line(row) for row in panel.rows)
