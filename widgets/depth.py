"""Fewer colours than a theme has: the sixteen of an old terminal, or none at all.

Both stand at the end of the way to the terminal as filters of painted lines, so that borders and buttons pass too. That
nothing is told by colour alone is the widgets' matter; here it is that text and ground differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

Rgb = tuple[int, int, int]

PALETTE: tuple[Rgb, ...] = (
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255),
    (255, 255, 255),
)  # fmt: skip
"""The sixteen colours as a VGA card draws them; what is readable in these is so in the brighter ones of others."""

PLAIN_TEXT = 9.0
"""From this contrast on, text without a hue is plain text, and gets all the contrast there is; what has less is dim."""
READABLE = 2.8
"""Least contrast of text with its ground where there are only sixteen colours to choose from."""
BADGE = 2.5
"""From this contrast with the ground on, a background of its own is a badge, and is kept as reversed text."""


def luminance(rgb: Rgb) -> float:
    """Relative luminance of a colour, 0 to 1, as WCAG 2 defines it."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in (v / 255 for v in rgb)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Rgb) -> tuple[float, float, float]:
    """CIE L*a*b* of an sRGB colour under D65."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in (v / 255 for v in rgb)
    )
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (math.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: Rgb, other: Rgb) -> float:
    """How different two colours look: CIE 1976, where 2 can just be told apart."""
    return math.dist(lab(one), lab(other))


@lru_cache(maxsize=1024)
def nearest(rgb: Rgb, ground: Rgb | None = None) -> int:
    """Number of the palette's colour that is most like `rgb`; on `ground`, of those that can be read there.

    The hue counts more than how light it is: a pale green stays green and does not become grey.
    """
    numbers: Sequence[int] = range(len(PALETTE))
    if ground is not None:
        numbers = [n for n in numbers if contrast(PALETTE[n], ground) >= READABLE]
    light, a, b = lab(rgb)
    coloured = math.hypot(a, b) > 20
    if not coloured and ground is not None and contrast(rgb, ground) >= PLAIN_TEXT:
        return 15 if light > 50 else 0

    def unlike(number: int) -> float:
        other_light, other_a, other_b = lab(PALETTE[number])
        size = max(math.hypot(other_a, other_b), 1e-9)
        if coloured:
            if size < 1:
                return 1000 + abs(light - other_light)
            own = math.hypot(a, b)
            turn = math.hypot(a / own - other_a / size, b / own - other_b / size)
            return 100 * turn + abs(light - other_light) / 4
        return abs(light - other_light) + 2 * size * (size > 1)

    return min(numbers, key=unlike)


def _rgb(colour: RichColor | None) -> Rgb | None:
    """None for the terminal's own colours, which nobody knows."""
    if colour is None or colour.triplet is None:
        return None
    return colour.triplet.red, colour.triplet.green, colour.triplet.blue


def _standard(number: int) -> RichColor:
    return RichColor(f"color{number}", ColorType.STANDARD, number=number)


@lru_cache(maxsize=1024)
def in_sixteen(style: Style) -> Style:
    """The style in the sixteen colours, its text readable on its ground."""
    ground, text = _rgb(style.bgcolor), _rgb(style.color)
    back = None if ground is None else nearest_ground(ground)
    fore = None if text is None else nearest(text, None if back is None else PALETTE[back])
    return style + Style(
        color=None if fore is None else _standard(fore), bgcolor=None if back is None else _standard(back)
    )


@lru_cache(maxsize=256)
def nearest_ground(rgb: Rgb) -> int:
    """As `nearest`, but what is nearly black or nearly white is that and not a grey: a ground has to lie low."""
    light = lab(rgb)[0]
    if light < 16:
        return 0
    return 15 if light > 88 else nearest(rgb)


@lru_cache(maxsize=1024)
def without_colour(style: Style, ground: Rgb) -> Style:
    """Bold, underlined and so on as it was; reversed where it stood on a ground of its own."""
    own = _rgb(style.bgcolor)
    badge = own is not None and contrast(own, ground) >= BADGE
    return Style(
        bold=style.bold,
        italic=style.italic,
        underline=style.underline,
        strike=style.strike,
        reverse=badge != bool(style.reverse) or None,
        meta=style.meta,
    )


class Sixteen(LineFilter):
    """For terminals with sixteen colours."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment if segment.style is None else Segment(segment.text, in_sixteen(segment.style), segment.control)
            for segment in segments
        ]


class Colourless(LineFilter):
    """For whoever has set `NO_COLOR`: no colour is sent at all, not even grey."""

    def __init__(self, ground: Rgb) -> None:
        """`ground`: what badges stand out from."""
        super().__init__()
        self.ground = ground

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.style is None
            else Segment(segment.text, without_colour(segment.style, self.ground), segment.control)
            for segment in segments
        ]
