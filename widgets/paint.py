"""What everything painted by lines shares: spans of text with a named ink, and the strips made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Self, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from widgets.frame import FramedLines
from widgets.inks import style_of
from widgets.lean import LeanStrip

Span: TypeAlias = tuple[str, str]
"""(text, name of an ink)"""
Cell: TypeAlias = tuple[Span, ...]

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
PIECES = re.compile(rf"\s*(?:[{_WIDE}][，。；：、！？）」』》]*|[^\s{_WIDE}]+)\s*")
"""Where a line may be broken: after each wide character and what closes after it, else at blanks."""


def cell(text: str, ink: str = "text") -> Cell:
    """A cell in one ink."""
    return ((text, ink),)


def plain(spans: Cell) -> str:
    """The text alone."""
    return "".join(text for text, _ink in spans)


def width_of(spans: Cell) -> int:
    """Columns that the spans take; a wide character takes two."""
    total = 0
    for text, _ink in spans:
        total += len(text) if text.isascii() else cell_len(text)
    return total


def fit(spans: Cell, width: int) -> Cell:
    """`spans` cut to `width` columns, with an ellipsis where something went."""
    if width_of(spans) <= width:
        return spans
    out: list[Span] = []
    left = max(0, width - 1)
    for text, ink in spans:
        take = cell_len(text)
        if take > left:
            out.append((set_cell_size(text, left) + "…"[: width > 0], ink))
            return tuple(out)
        out.append((text, ink))
        left -= take
    return tuple(out)


def wrapped(text: str, width: int, most: int) -> list[str]:
    """`text` in lines of `width` columns, broken at blanks, or between wide characters, which need none; at the most
    `most` lines, an ellipsis where more would follow."""
    lines: list[str] = []
    line = ""
    for piece in PIECES.findall(text):
        if cell_len(line + piece.rstrip()) <= width or not line.strip():
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece.lstrip()
    lines = [*lines, line.rstrip()] if line.strip() else lines
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [plain(fit(cell(each), width)) for each in lines]


class Painted(Widget):
    """A widget that paints lines itself, from inks, and can be faded as a whole when what it shows is old."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_cache = FramedLines()
        self._inks: dict[tuple[str, str], Style] = {}
        self._colours: Mapping[str, str] = {}
        self.faded = False
        self.lines_painted = 0
        """Lines rendered since the start: what a paint budget counts."""

    @property
    def size(self) -> Size:
        """Of the content, as laid out last. Textual's own looks the widget up in the layout each time, and lines that
        are painted ask some times each."""
        gutter = self.styles.gutter
        width, height = self.outer_size
        return Size(max(0, width - gutter.width), max(0, height - gutter.height))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Those of the app, without what turns palette colours into true ones: inks have none, borders have been."""
        return [each for each in super().get_line_filters() if not isinstance(each, ANSIToTruecolor)]

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """What asks for paint alone is told to the screen at once: Textual's way has two messages for each widget."""
        screen = self._screen_below() if repaint and not layout and not recompose else None
        if screen is None:
            return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        self._set_dirty(*regions)
        screen._dirty_widgets.add(self)
        screen.check_idle()
        return self

    def _screen_below(self) -> Screen[object] | None:
        """The screen that shows this widget now."""
        if not self.is_mounted or self._closing or not self.display:
            return None
        screen = self.screen
        return screen if self in screen._compositor else None

    def fade(self, faded: bool) -> None:
        """Paint everything in the dim ink, or stop doing so."""
        if faded != self.faded:
            self.faded = faded
            self.repaint()

    def repaint(self) -> None:
        """Forget what is cached and paint all of it again."""
        self._inks.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks.clear()
        if self._colours is not (colours := self.app.theme_variables):
            self._colours = colours
            self.refresh()

    def ink(self, name: str, under: str = "") -> Style:
        """Style of an ink; `under` names the ink whose background lies below it: `cursor` or `select`."""
        if self.faded and not name.startswith("badge"):
            name = "dim"
        key = (name, under)
        style = self._inks.get(key)
        if style is None:
            style = style_of(name, under, self.app.theme_variables, self.rich_style, self.background_colors[1])
            self._inks[key] = style
        return style

    def strip_of(self, spans: Iterable[Span], width: int, under: str = "") -> Strip:
        """One line, cut or padded to `width` columns. Neighbours of one ink become one segment: fewer bytes."""
        segments: list[Segment] = []
        taken = 0
        text_run, ink_run = "", "text"
        for text, ink in spans:
            taken += len(text) if text.isascii() else cell_len(text)
            blank = not text.strip() and not ink.startswith("badge") and not ink_run.startswith("badge")
            if ink == ink_run or blank:
                text_run += text
                continue
            if text_run:
                segments.append(Segment(text_run, self.ink(ink_run, under)))
            text_run, ink_run = text, ink
        if text_run:
            segments.append(Segment(text_run, self.ink(ink_run, under)))
        if taken < width:
            # Padded here and not by the strip, which would make another one of itself.
            segments.append(Segment(" " * (width - taken), self.ink("text", under)))
            taken = width
        return LeanStrip(segments, taken).adjust_cell_length(width, self.ink("text", under))
