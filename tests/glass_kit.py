"""A terminal that is fed what an app sends, so that the picture there can be compared."""

from __future__ import annotations

import io

import pyte
from rich.console import Console
from textual._compositor import CompositorUpdate

from widgets.thrift import ThriftyUpdate


class Glass:
    """A terminal that is fed what the app sends."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self.screen)
        self.thrifty_updates = 0
        self.bytes = 0

    def feed(self, update: CompositorUpdate) -> None:
        self.thrifty_updates += isinstance(update, ThriftyUpdate)
        terminal = Console(color_system="truecolor", force_terminal=True, file=io.StringIO())
        text = update.render_segments(terminal).replace("\n", "")
        self.bytes += len(text.encode())
        self._stream.feed(text)

    def cells(self) -> list[list[tuple[object, ...]]]:
        """What the eye sees: of a blank only the background."""
        rows = [[self.screen.buffer[y][x] for x in range(self.screen.columns)] for y in range(self.screen.lines)]
        return [[(c.data, c.bg) if c.data == " " else (c.data, c.bg, c.fg, c.bold) for c in row] for row in rows]
