"""A compositor that looks at what has changed alone.

Textual's asks every widget on the screen for all of its lines, several times a second, cuts each line that has a change
at the edges of all widgets, and throws most of it away. Here a changed span asks the widgets below it for that line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Span: TypeAlias = tuple[int, int, int]
"""Line, first column, and the column after the last."""


class Part(NamedTuple):
    """Columns `first` to `end` of a line, to be shown anew, from a strip that stands at column `x`."""

    y: int
    first: int
    end: int
    x: int
    strip: Strip


class Own(NamedTuple):
    """Columns of a line where one widget is on top."""

    first: int
    end: int
    widget: Widget
    region: Region
    shown: Region
    """What of the region is not clipped."""


class SpansUpdate(CompositorUpdate):
    """Parts of lines, from the top down."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for y, first, end, x, strip in self.parts:
            yield Control.move_to(first, y).segment
            yield from strip.crop(first - x, end - x)

    def render_segments(self, console: Console) -> str:
        """As Textual would send it."""
        return "".join(
            Control.move_to(first, y).segment.text + strip.crop(first - x, end - x).render(console)
            for y, first, end, x, strip in self.parts
        )


def parts_of(update: ChopsUpdate) -> Iterator[Part]:
    """Of an update that Textual's own compositor made."""
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < x2 and end > x1:
                yield Part(y, max(x, x1), min(end, x2), x, strip)


class SpanCompositor(Compositor):
    """Textual's, but for updates of parts of the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._of: tuple[object, object] | None = None
        self._owns: dict[int, list[Own]] = {}

    def render_partial_update(self) -> SpansUpdate | None:  # type: ignore[override]  # the base says which class
        """Nothing where nothing has changed."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not regions:
            return None
        return SpansUpdate(self._parts(self._regions_to_spans(regions)))

    def _parts(self, spans: Iterable[Span]) -> list[Part]:
        wanted: list[tuple[int, int, int, Own]] = []
        lines: dict[Widget, tuple[Own, int, int]] = {}  # from which line of the screen to which each widget is asked
        height = self.size.height
        for y, x1, x2 in spans:
            if not 0 <= y < height:
                continue
            for own in self._owners(y):
                if own.first < x2 and own.end > x1:
                    wanted.append((y, max(own.first, x1), min(own.end, x2), own))
                    _, top, bottom = lines.get(own.widget, (own, y, y))
                    lines[own.widget] = own, min(top, y), max(bottom, y)
        strips = {widget: (top, _lines(own, top, bottom + 1)) for widget, (own, top, bottom) in lines.items()}
        parts: list[Part] = []
        for y, first, end, own in wanted:
            top, found = strips[own.widget]
            if y - top < len(found):
                parts.append(Part(y, first, end, own.shown.x, found[y - top]))
        return parts

    def _owners(self, y: int) -> list[Own]:
        """Who is on top along a line, from left to right; known until something is laid out anew."""
        visible, cuts = self.visible_widgets, self.cuts
        if self._of is None or self._of[0] is not visible or self._of[1] is not cuts:
            self._of = visible, cuts
            self._owns = {}
        owns = self._owns.get(y)
        if owns is None:
            owns = self._owns[y] = []
            for first, end in pairwise(cuts[y]):
                for widget, (region, clip) in visible.items():
                    shown = region.intersection(clip)
                    if shown.contains(first, y):
                        if owns and owns[-1].widget is widget:
                            owns[-1] = owns[-1]._replace(end=end)
                        else:
                            owns.append(Own(first, end, widget, region, shown))
                        break
        return owns


def _lines(own: Own, top: int, bottom: int) -> list[Strip]:
    """The widget's lines from one line of the screen to another."""
    region, shown = own.region, own.shown
    return own.widget.render_lines(Region(shown.x - region.x, top - region.y, shown.width, bottom - top))
