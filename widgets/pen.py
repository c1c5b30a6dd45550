"""Cells as a terminal has them, and a pen that writes them with as few bytes as it can."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

RESET = "\x1b[0m"

BOLD, DIM, ITALIC, UNDERLINE, REVERSE, STRIKE = 1, 2, 4, 8, 16, 32
VISIBLE = UNDERLINE | REVERSE | STRIKE
"""Attributes that show on a blank."""
_ATTRIBUTES = (
    (BOLD, "bold", "1", "22"),
    (DIM, "dim", "2", "22"),
    (ITALIC, "italic", "3", "23"),
    (UNDERLINE, "underline", "4", "24"),
    (REVERSE, "reverse", "7", "27"),
    (STRIKE, "strike", "9", "29"),
)
"""Bit, rich's name, SGR code that turns it on, and off. Blinking is left out: nothing blinks here."""


class Ink(NamedTuple):
    """How a cell is drawn: attributes as bits, colours as SGR parameters."""

    attributes: int
    fore: str | None
    """Empty: the terminal's own; None: it does not show."""
    back: str

    def covers(self, other: Ink) -> bool:
        """Whether a cell in `other` looks the same in this ink: the same one, or a blank on the same ground."""
        return self == other or (
            other.fore is None and self.back == other.back and self.attributes & VISIBLE == other.attributes
        )


Cell: TypeAlias = tuple[str, Ink]
"""A character and its ink; a wide one is followed by a cell without text."""

PLAIN = Ink(0, "", "")


@lru_cache(maxsize=1024)
def ink_of(style: Style | None, system: ColorSystem) -> Ink:
    """The ink of a style on a terminal with that many colours."""
    if style is None:
        return PLAIN
    bits = sum(bit for bit, name, _on, _off in _ATTRIBUTES if getattr(style, name))
    fore = style.color.downgrade(system).get_ansi_codes(foreground=True) if style.color else ()
    back = style.bgcolor.downgrade(system).get_ansi_codes(foreground=False) if style.bgcolor else ()
    return Ink(bits, _own(";".join(fore), "39"), _own(";".join(back), "49"))


def _own(code: str, default: str) -> str:
    """The terminal's own colour has one name here, whether a style says it or says nothing."""
    return "" if code == default else code


@lru_cache(maxsize=1024)
def blank_of(ink: Ink) -> Ink:
    """What shows of an ink where there is no character."""
    return ink if ink.attributes & REVERSE else Ink(ink.attributes & VISIBLE, None, ink.back)


@lru_cache(maxsize=1024)
def cells_of(text: str, style: Style | None, system: ColorSystem) -> tuple[Cell, ...]:
    """The cells that a piece of text fills."""
    ink = ink_of(style, system)
    blank = blank_of(ink)
    if text.isascii() or all(cell_len(char) == 1 for char in text):
        return tuple([(char, blank if char == " " else ink) for char in text])
    out: list[Cell] = []
    for char in text:
        width = cell_len(char)
        if width:
            out.append((char, ink))
            out.extend([("", ink)] * (width - 1))
        elif out:
            # a combining mark belongs to the character before it, which is one cell further back if it is wide
            at = -1 if out[-1][0] else -2
            out[at] = (out[at][0] + char, ink)
    return tuple(out)


class Pen:
    """Writes pieces of text at places, and remembers where the terminal's cursor is and what colours it has."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._ink = PLAIN
        self._at: tuple[int, int] | None = None

    def put(self, x: int, y: int, text: str, width: int, ink: Ink) -> None:
        """`text`, `width` columns wide, at a place."""
        if self._at != (x, y):
            # The column is said as it is and not by how far it is off: where a terminal draws a glyph wider than we
            # think, only what stands right beside it is shifted.
            same_line = self._at is not None and self._at[1] == y
            self.out.append(f"\x1b[{x + 1}G" if same_line else f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        if not self._ink.covers(ink):
            self._turn(ink)
        self.out.append(text)
        self._at = (x + width, y)

    def _turn(self, want: Ink) -> None:
        now = self._ink
        fore = now.fore if want.fore is None else want.fore
        keep = ~VISIBLE & now.attributes if want.fore is None else 0
        attributes = want.attributes | keep
        parts: list[str] = []
        gone = now.attributes & ~attributes
        still = now.attributes & attributes
        for bit, _name, _on, off in _ATTRIBUTES:
            if gone & bit and off not in parts:
                parts.append(off)
                if off == "22":
                    still &= ~(BOLD | DIM)
        parts += [on for bit, _name, on, _off in _ATTRIBUTES if attributes & bit and not still & bit]
        if fore != now.fore:
            parts.append(fore or "39")
        if want.back != now.back:
            parts.append(want.back or "49")
        self.out.append(f"\x1b[{';'.join(parts)}m")
        self._ink = Ink(attributes, fore, want.back)

    def text(self) -> str:
        """All of it, colours reset at the end where any were set."""
        return "".join((*self.out, RESET)) if self._ink != PLAIN else "".join(self.out)
