"""Lines of a widget between its borders, put together once the borders' look is known.

Textual works out colours, boxes and effects anew for every line that it paints; that took more time than the lines
themselves. Here it is asked once, and its answer is kept for as long as the widget's styles are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.segment import Segment
from textual._context import active_app
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.css.styles import RenderStyles, StylesBase
from textual.filter import ANSIToTruecolor
from textual.geometry import Size, Spacing
from textual.strip import Strip

from widgets.lean import LeanStrip

Sides = tuple[tuple[Segment, ...], tuple[Segment, ...]]
"""What stands left and right of the content."""


class FramedLines(StylesCache):
    """Textual's way, but for lines of content in a widget without padding, outline and effects."""

    def __init__(self) -> None:
        super().__init__()
        self._known: object = None
        self._sides: Sides | None = None

    def render_line(
        self,
        styles: StylesBase,
        y: int,
        size: Size,
        content_size: Size,
        padding: Spacing,
        base_background: Color,
        background: Color,
        render_content_line: Callable[[int], Strip],
        *rest: Any,
    ) -> Strip:
        """`rest` goes to Textual as it came: titles, opacity, and how palette colours are shown."""
        assert isinstance(styles, RenderStyles)
        gutter = styles.gutter
        own = (styles, y, size, content_size, padding, base_background, background)
        if not gutter.top <= y < min(size.height - gutter.bottom, gutter.top + content_size.height):
            return _in_true_colours(super().render_line(*own, render_content_line, *rest), background)
        now = (styles._cache_key, size, content_size, padding, base_background, background, rest[2])
        if now != self._known:
            self._known = now
            blank = Strip.blank(content_size.width)
            framed = super().render_line(*own, lambda _y: blank, *rest) if _is_plain(styles, padding, rest[2]) else None
            self._sides = None if framed is None else _sides(framed, styles)
        line = render_content_line(y - gutter.top)
        if self._sides is None or line.cell_length != content_size.width:
            return _in_true_colours(super().render_line(*own, lambda _y: line, *rest), background)
        left, right = self._sides
        return LeanStrip((*left, *line, *right), size.width) if left or right else line


def _in_true_colours(strip: Strip, background: Color) -> Strip:
    """What titles have in the terminal's palette, and what is dim there, as the app shows it."""
    for each in active_app.get().get_line_filters():
        if isinstance(each, ANSIToTruecolor):
            strip = strip.apply_filter(each, background)
    return strip


def _is_plain(styles: StylesBase, padding: Spacing, opacity: float) -> bool:
    outlined = any(edge for edge, _colour in styles.outline)
    effects = styles.tint.a or styles.text_opacity != 1.0 or opacity != 1.0 or styles.has_rule("hatch")
    return not (any(padding) or outlined or effects)


def _sides(framed: Strip, styles: StylesBase) -> Sides:
    """The border's segments of a line that has nothing between them."""
    segments = list(framed)
    left, right = bool(styles.border_left[0]), bool(styles.border_right[0])
    return tuple(segments[:1] if left else ()), tuple(segments[-1:] if right else ())
