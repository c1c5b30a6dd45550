"""An app that knows its terminal: how many colours it shows, which glyphs, and what stands on it already."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen

from widgets.depth import Colourless, Sixteen
from widgets.glyphs import Ascii, use_ascii, wants_ascii
from widgets.thrift import Line
from widgets.type_ahead import TypeAhead

GLYPHS = ("auto", "unicode", "ascii")
"""What may be asked for; `auto` goes by the locale."""


MOST_BEHIND = 6
"""Writes that may wait for the terminal; a frame is three of them. Textual takes thirty, and then stands still."""


class TerminalApp(App[str]):
    """Nothing moves by itself here: no animation, no blinking, and a frame is what has changed since the last one.

    A terminal that does not read (a lid was closed, a phone lost its line) holds nothing up: frames are left out, and
    once it reads again it gets what differs by then, in one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.animation_level = "none"
        self.line = Line()
        self.type_ahead = TypeAhead(self)
        self._behind = False
        self._ascii = Ascii(enabled=False)
        self._sixteen = Sixteen(enabled=self.console.color_system in ("standard", "windows"))
        self._colourless: Colourless | None = None
        self.use_glyphs("auto")

    def use_glyphs(self, setting: str) -> None:
        """`auto`, `unicode` or `ascii`, from now on. Raises `ValueError` for anything else."""
        if setting not in GLYPHS:
            raise ValueError(f"glyphs: {setting!r} is not valid; expected one of {', '.join(GLYPHS)}")
        self._ascii.enabled = wants_ascii(setting, os.environ)
        use_ascii(self._ascii.enabled)
        if self.is_running:
            self.refresh_css(animate=False)

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes one after the other, each where the one before it has led."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded and self.type_ahead.holds(event):
            return
        await super().on_event(event)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, but for its own greys, and ours."""
        filters = [each for each in super().get_line_filters() if not isinstance(each, (Monochrome, NoColor))]
        if self.no_color:
            filters.append(self._no_colours())
        elif self._sixteen.enabled:
            filters.append(self._sixteen)
        if self._ascii.enabled:
            filters.append(self._ascii)
        return filters

    def _no_colours(self) -> Colourless:
        ground = Color.parse(self.current_theme.background or "#000000").rgb
        if self._colourless is None or self._colourless.ground != ground:
            self._colourless = Colourless(ground)
        return self._colourless

    @property
    def backlog(self) -> int:
        """Writes that the terminal has not taken yet. Textual has no public word for it."""
        queue = getattr(getattr(self._driver, "_writer_thread", None), "_queue", None)
        return 0 if queue is None else int(queue.qsize())

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Textual's way to the terminal, which has no public hook: only what differs goes out."""
        if self.backlog > MOST_BEHIND:
            self._behind = True
            return
        super()._display(screen, self.line.thrifty(renderable))

    def catch_up(self) -> None:
        """Paint what was left out, if the terminal reads again. To be called some times a second."""
        if self._behind and not self.backlog:
            self._behind = False
            self.screen.refresh()

    def on_resize(self, _event: events.Resize) -> None:
        """Also told when the process comes back from a suspension; either way the terminal shows something else."""
        self.redraw()

    def redraw(self) -> None:
        """Paint the whole screen, whatever is thought to stand there."""
        self.line.forget()
        if self.is_running:
            self.screen.refresh()
