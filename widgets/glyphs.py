"""Signs that a terminal without Unicode can show: for each glyph of ours one of ASCII, of the same width.

Widgets write glyphs as they are. `Ascii` stands at the end of the way to the terminal, where borders, buttons and
titles pass too, so that nothing slips by.
"""

from __future__ import annotations

import locale
from collections.abc import Mapping
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

STAND_INS: dict[str, str] = {
    # states and signs
    "●": "*", "○": "o", "◌": "?", "◉": "@", "■": "#", "□": "=", "▪": "#", "▫": "=", "◆": "*", "◇": "o", "◐": "*",
    "▲": "^", "△": "^", "▼": "v", "▽": "v", "▶": ">", "◀": "<", "▸": ">", "▹": ">", "◂": "<", "▾": "v", "▴": "^",
    "✓": "+", "✔": "+", "✗": "x", "✘": "x", "✕": "x", "↺": "@", "⋮": ":", "✎": "%",
    "★": "*", "☆": "*", "†": "+", "‡": "#", "⚠": "!", "•": "*",
    # arrows
    "→": ">", "←": "<", "↑": "^", "↓": "v", "↔": "=", "↕": "|", "⇄": "=", "⇆": "=", "⇅": "|", "⇒": ">", "⇐": "<",
    "⇧": "^", "⇥": ">", "⇤": "<", "↵": "<", "⏎": "<", "↩": "<", "↪": ">", "↗": "/", "↘": "\\", "⌃": "^", "⌫": "<",
    "‹": "<", "›": ">", "«": "<", "»": ">",
    # punctuation and mathematics
    "…": "~", "·": ".", "–": "-", "—": "-", "−": "-", "×": "x", "÷": "/", "±": "~", "∞": "~", "≈": "~", "≠": "#",
    "≤": "<", "≥": ">", "Σ": "S", "∑": "S", "Δ": "d", "∆": "d", "δ": "d", "λ": "l", "σ": "s", "µ": "u", "μ": "u",
    "√": "v", "°": "o", "‰": "%", "¢": "c", "£": "L", "€": "E", "¥": "Y", "₿": "B", "²": "2", "³": "3",
    "½": "2", "¼": "4", "¾": "3",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "′": "'", "″": '"', "‖": "=", "¦": "|", "§": "S", "¶": "P",
    "\N{NO-BREAK SPACE}": " ", "\N{THIN SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
    # sparklines and bars, low to high
    "▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "-", "▆": "^", "▇": "^", "█": "#", "▀": "^", "▔": "^", "▐": "|",
    "▏": "|", "▎": "|", "▍": "|", "▌": ">", "▋": "#", "▊": "#", "▉": "#", "▕": "|", "░": ".", "▒": ":", "▓": "#",
    "▖": ".", "▗": ".", "▘": "'", "▝": "'", "▙": "#", "▛": "#", "▜": "#", "▟": "#", "▚": "%", "▞": "%",
    "🭨": ">", "🭬": "<", "🮂": "^", "🮇": "|",
}  # fmt: skip
"""Glyph to what stands for it where only ASCII may leave."""

_HORIZONTAL = "─━┄┅┈┉╌╍╴╶╸╺═╼╾"
_VERTICAL = "│┃┆┇┊┋╎╏╵╷╹╻║╽╿"


def _table() -> dict[int, str]:
    table = {ord(glyph): stand_in for glyph, stand_in in STAND_INS.items()}
    # Box drawing is one block: what is neither a horizontal nor a vertical line is a corner or a crossing.
    table.update(dict.fromkeys(range(0x2500, 0x2580), "+"))
    table.update({ord(char): "-" for char in _HORIZONTAL} | {ord(char): "|" for char in _VERTICAL})
    return table


TABLE: Mapping[int, str] = _table()

_ascii = False


def use_ascii(ascii_only: bool) -> None:
    """Say whether this process's terminal is to get ASCII alone; `g` answers by it."""
    global _ascii
    _ascii = ascii_only


def g(glyph: str) -> str:
    """The glyph, or its stand-in where only ASCII may leave."""
    return to_ascii(glyph) if _ascii else glyph


@lru_cache(maxsize=4096)
def to_ascii(text: str) -> str:
    """`text` in ASCII, as wide as before; what has no stand-in becomes question marks."""
    if text.isascii():
        return text
    known = text.translate(TABLE)
    return known if known.isascii() else "".join(c if c.isascii() else "?" * cell_len(c) for c in known)


class Ascii(LineFilter):
    """Turns everything that is painted into ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


def wants_ascii(setting: str, environ: Mapping[str, str]) -> bool:
    """Whether only ASCII may leave: by `[ui] glyphs` (`auto`, `unicode` or `ascii`), else by the locale's encoding.

    A terminal cannot be asked which glyphs it has; what its locale promises (`LC_ALL`, `LC_CTYPE`, `LANG`, in that
    order, as everywhere) is the best there is. Where none is set nobody has said anything, and today's terminals know
    UTF-8.
    """
    if setting in ("ascii", "unicode"):
        return setting == "ascii"
    said = {name: environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)}
    # Python puts LC_CTYPE=C.UTF-8 into its own environment where the locale is C (PEP 538): that is nobody's wish.
    if said.get("LC_CTYPE") == "C.UTF-8" and "LANG" in said:
        del said["LC_CTYPE"]
    if not said:
        return False
    named = next(iter(said.values()))
    encoding = named.partition(".")[2].partition("@")[0]
    if not encoding and named not in ("C", "POSIX"):
        encoding = locale.normalize(named).rpartition(".")[2]
    return encoding.lower().replace("-", "") != "utf8"
