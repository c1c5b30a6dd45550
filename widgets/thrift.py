"""Sends the terminal only the columns that are dirty, and only the colours that change.

Textual 8.2.8 writes a dirty span from the left edge of its widget on, once for every span of a line, and sets and
resets all of a style for every piece of text. Over SSH that is most of the traffic: this sends a quarter of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console, ConsoleOptions, RenderableType, RenderResult
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate

RESET = "\x1b[0m"
ATTRIBUTES = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("underline", "4"),
    ("blink", "5"),
    ("reverse", "7"),
    ("strike", "9"),
)


@lru_cache(maxsize=1024)
def codes(style: Style | None, system: ColorSystem) -> tuple[str, str, str]:
    """(attributes, foreground, background) of a style as SGR parameters; empty where it leaves them alone."""
    if style is None:
        return "", "", ""
    attributes = ";".join(code for name, code in ATTRIBUTES if getattr(style, name))
    fore = style.color.downgrade(system).get_ansi_codes(foreground=True) if style.color else ()
    back = style.bgcolor.downgrade(system).get_ansi_codes(foreground=False) if style.bgcolor else ()
    return attributes, ";".join(fore), ";".join(back)


class Pen:
    """Writes text in styles and remembers the colours that the terminal has from the last piece."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._now = ("", "", "")
        self.out: list[str] = []

    def move(self, x: int, y: int) -> None:
        self.out.append(Control.move_to(x, y).segment.text)

    def write(self, segments: Iterable[Segment]) -> None:
        for text, style, control in segments:
            if control or not text:
                continue
            want = codes(style, self._system)
            if want != self._now:
                self._turn(want)
            self.out.append(text)

    def _turn(self, want: tuple[str, str, str]) -> None:
        attributes, fore, back = want
        old_attributes, old_fore, old_back = self._now
        if attributes == old_attributes and fore and back:
            parts = [new for new, old in ((fore, old_fore), (back, old_back)) if new != old]
        else:
            parts = ["0", *(part for part in want if part)]
        self.out.append(f"\x1b[{';'.join(parts)}m")
        self._now = want

    def text(self) -> str:
        """All of it, colours reset at the end."""
        return "".join((*self.out, RESET))


class ThriftyUpdate(CompositorUpdate):
    """The same update, each span cut on both sides."""

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """For consoles that are no terminals: as Textual has it."""
        return self._update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        """What goes to the terminal, escape sequences and all."""
        update = self._update
        system = COLOR_SYSTEMS.get(console.color_system or "")
        if system is None:
            return update.render_segments(console)
        pen = Pen(system)
        for y, x1, x2 in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                first, last = max(x, x1), min(end, x2)
                pen.move(first, y)
                pen.write(strip.crop(first - x, last - x))
        return pen.text()


def thrifty(renderable: RenderableType | None) -> RenderableType | None:
    """The thrifty form of a partial update; anything else as it came."""
    return ThriftyUpdate(renderable) if isinstance(renderable, ChopsUpdate) else renderable
