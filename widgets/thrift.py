"""Sends the terminal only the cells that differ from what it shows, and only the colours that change.

Textual 8.2.8 compares nothing: it writes every dirty span from the left edge of its widget on, sets and resets all of a
style for every piece of text, and writes the whole screen when a dialog opens. Over SSH that is most of the traffic.
Here the terminal's cells are remembered, and what stands there already is not sent again, whoever asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console, ConsoleOptions, RenderableType, RenderResult
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from widgets.pen import Cell, Ink, Pen, blank_of, cells_of
from widgets.spans import Part, SpansUpdate, parts_of

GAP = 4
"""Unchanged cells between two changed ones that are written again rather than jumped over: a jump takes five bytes."""


class Piece(NamedTuple):
    """Text of one ink at a place."""

    y: int
    x: int
    text: str
    width: int
    ink: Ink


def changed_runs(old: list[Cell], new: list[Cell]) -> list[tuple[int, int]]:
    """(first, end) of the runs of cells to be written so that `old` becomes `new`; both are equally long."""
    runs: list[tuple[int, int]] = []
    count = len(new)
    at = 0
    while at < count:
        if new[at] == old[at]:
            at += 1
            continue
        first = at
        while first and not new[first][0]:
            first -= 1
        at += 1
        while at < count and (new[at] != old[at] or not new[at][0]):
            at += 1
        if runs and _worth_joining(new, runs[-1][1], first):
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((first, at))
    return runs


def _worth_joining(cells: list[Cell], end: int, first: int) -> bool:
    """Whether the cells between two runs go along in the ink of the run before them."""
    return first - end <= GAP and all(cells[end - 1][1].covers(cells[i][1]) for i in range(end, first))


def pieces_of(y: int, x: int, cells: list[Cell]) -> Iterable[Piece]:
    """Cells that follow one another, cut where the ink changes; blanks go with either side."""
    start = 0
    ink = cells[0][1]
    for index, (_char, want) in enumerate(cells):
        if ink.covers(want):
            continue
        if want.covers(ink):
            ink = want
            continue
        yield _piece(y, x, cells, start, index, ink)
        start, ink = index, want
    yield _piece(y, x, cells, start, len(cells), ink)


def _piece(y: int, x: int, cells: list[Cell], start: int, end: int, ink: Ink) -> Piece:
    return Piece(y, x + start, "".join([char for char, _ink in cells[start:end]]), end - start, ink)


def written(pieces: list[Piece]) -> str:
    """The pieces as they go to the terminal: line by line, or colour by colour where that is shorter."""
    by_place = _in_order(pieces)
    if len({piece.ink for piece in pieces}) == len(pieces):
        return by_place
    by_ink: dict[Ink, list[Piece]] = {}
    for piece in pieces:
        by_ink.setdefault(piece.ink, []).append(piece)
    return min(by_place, _in_order([piece for group in by_ink.values() for piece in group]), key=len)


def _in_order(pieces: list[Piece]) -> str:
    pen = Pen()
    for y, x, text, width, ink in pieces:
        pen.put(x, y, text, width, ink)
    return pen.text()


class Line:
    """The line to one terminal, and what stands there."""

    def __init__(self) -> None:
        self._shown: list[list[Cell]] | None = None

    def forget(self) -> None:
        """Something else has written there, or it was resized: the next paint is a whole one."""
        self._shown = None

    def thrifty(self, renderable: RenderableType | None) -> RenderableType | None:
        """The thrifty form of one of Textual's updates; anything else as it came."""
        if isinstance(renderable, (SpansUpdate, ChopsUpdate, LayoutUpdate)):
            return ThriftyUpdate(self, renderable)
        return renderable

    def layout(self, update: LayoutUpdate, system: ColorSystem) -> str:
        """What a whole screen takes."""
        rows = [_cells(strips, system) for strips in update.strips]
        shown = self._shown
        self._shown = rows
        if shown is None or [len(row) for row in shown] != [len(row) for row in rows]:
            return _in_order([piece for y, row in enumerate(rows) if row for piece in pieces_of(y, 0, row)])
        pieces: list[Piece] = []
        for y, row in enumerate(rows):
            _add_changed(pieces, y, 0, shown[y], row)
        return written(pieces)

    def parts(self, parts: Iterable[Part], system: ColorSystem) -> str:
        """What some parts of lines take."""
        pieces: list[Piece] = []
        whole: Strip | None = None
        cells: list[Cell] = []
        for y, first, end, x, strip in parts:
            if strip is not whole:
                whole, cells = strip, _cells((strip,), system)
            part = _part(cells, first - x, end - x)
            if not part:
                continue
            if self._shown is None:
                pieces += pieces_of(y, first, part)
                continue
            row = self._shown[y]
            last = first + len(part)
            _add_changed(pieces, y, first, row[first:last], part)
            row[first:last] = part
        return written(pieces)


def _cells(strips: Iterable[Strip], system: ColorSystem) -> list[Cell]:
    out: list[Cell] = []
    for strip in strips:
        for text, style, control in strip:
            if not control:
                out += cells_of(text, style, system)
    return out


def _part(cells: list[Cell], start: int, end: int) -> list[Cell]:
    """Some cells of a strip; of a wide character that is cut in two a blank is left."""
    part = cells[start:end]
    if part and not part[0][0]:
        part[0] = (" ", blank_of(part[0][1]))
    if part and end < len(cells) and not cells[end][0]:
        part[-1] = (" ", blank_of(part[-1][1]))
    return part


def _add_changed(pieces: list[Piece], y: int, x: int, old: list[Cell], new: list[Cell]) -> None:
    if old != new:
        for first, end in changed_runs(old, new):
            pieces += pieces_of(y, x + first, new[first:end])


class ThriftyUpdate(CompositorUpdate):
    """The same update; rendered once, when it is written, for the line remembers it as shown from then on."""

    def __init__(self, line: Line, update: SpansUpdate | ChopsUpdate | LayoutUpdate) -> None:
        self._line = line
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
        if isinstance(update, LayoutUpdate):
            return self._line.layout(update, system)
        return self._line.parts(update.parts if isinstance(update, SpansUpdate) else parts_of(update), system)
