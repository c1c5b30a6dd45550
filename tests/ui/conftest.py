"""A still world for screens: no clock of the machine, no settings of the user, paints by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.app import CockpitApp
from cockpit.link.rows import Tables
from fake_link import FakeLink
from scenes import NOW
from venues.model import ManualClock


@pytest.fixture(autouse=True)
def still_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FPS", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    time.tzset()


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

    def __init__(self, tables: Tables | None = None, *, theme: str = "harbor", pictures: Path | None = None) -> None:
        self.clock = ManualClock(NOW)
        self.link = FakeLink(self.clock)
        if tables is not None:
            self.link.snapshot(tables)
        self.app = CockpitApp(self.link, self.clock, rate_hz=0, theme=theme, pictures=pictures)
        self.later = Later()
        self.app.after = self.later

    def change(self, tables: Tables) -> None:
        """The desk says something new; the screen is painted."""
        self.link.snapshot(tables)
        self.app.flush()


@pytest.fixture
def face() -> Callable[..., Face]:
    return Face
