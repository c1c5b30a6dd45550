"""What would go to a terminal: counted, and kept where asked for."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Literal

import pytest
from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from widgets.paint import Painted
from widgets.terminal import TerminalApp


class Meter:
    """Counts what would go to a terminal with all colours, by the one way that bytes take."""

    def __init__(
        self,
        app: TerminalApp,
        monkeypatch: pytest.MonkeyPatch,
        keep: Callable[[str], object] = lambda text: None,
        colours: Literal["standard", "truecolor"] = "truecolor",
    ) -> None:
        """`keep` is given every text that would go out."""
        self.bytes = 0
        self._app = app
        terminal = Console(color_system=colours, force_terminal=True, file=io.StringIO())

        def count(_app: App[str], _screen: Screen[object], renderable: object) -> None:
            if isinstance(renderable, CompositorUpdate):
                text = renderable.render_segments(terminal)
                self.bytes += len(text.encode())
                keep(text)

        monkeypatch.setattr(App, "_display", count)

    async def begin(self, pilot: Pilot[str]) -> None:
        """Let everything be painted once, as on a real terminal, and count from there."""
        self._app.redraw()
        await pilot.pause()
        await pilot.pause()
        self.bytes = 0

    @property
    def lines(self) -> int:
        return sum(widget.lines_painted for widget in self._app.screen.query(Painted))
