"""Text that is broken into lines where the window is too narrow for it, never cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual import events
from textual.geometry import Size

from widgets.lines import Lines
from widgets.paint import Cell, Span, plain

WORDS = re.compile(r" +|[^ ]+")


def wrapped(spans: Cell, width: int, indent: int = 2) -> list[Cell]:
    """`spans` in lines of at most `width` columns, broken at blanks; lines after the first are indented. A word wider
    than a line, and text without blanks, is broken where the line ends."""
    lines: list[Cell] = []
    line: list[Span] = []
    used = 0
    for text, ink in _words(spans, max(1, width - indent)):
        wide = cell_len(text)
        if used + wide > width and line:
            lines.append(tuple(line))
            line, used = ([(" " * indent, "text")] if indent else []), indent
            if text.isspace():
                continue
        line.append((text, ink))
        used += wide
    return [*lines, tuple(line)] if line or not lines else lines


def _words(spans: Cell, most: int) -> Iterator[Span]:
    """Words and the blanks between them, none wider than `most` columns. Badges stay whole."""
    for text, ink in spans:
        if ink.startswith("badge"):
            yield text, ink
            continue
        for word in WORDS.findall(text):
            yield from ((part, ink) for part in _parts(word, most))


def _parts(word: str, most: int) -> Iterator[str]:
    """The word, or pieces of it: wide characters may stand at the end of any line."""
    part, used = "", 0
    for char in word:
        wide = cell_len(char)
        if part and (used + wide > most or wide > 1):
            yield part
            part, used = "", 0
        part += char
        used += wide
    yield part


class Prose(Lines):
    """Lines that take as many lines as their text needs."""

    def __init__(self, lines: Sequence[Cell] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(lines, id=id, classes=classes)
        self._whole = tuple(lines)

    @property
    def text(self) -> str:
        """What was given, before it was broken."""
        return "\n".join(plain(line) for line in self._whole)

    def show(self, lines: Sequence[Cell]) -> None:
        self._whole = tuple(lines)
        super().show(self._broken(self.size.width) if self.size.width else self._whole)

    def lines_at(self, width: int) -> int:
        """How many lines it takes in so many columns."""
        return len(self._broken(width)) if width > 0 else len(self._whole)

    def _broken(self, width: int) -> list[Cell]:
        return [line for whole in self._whole for line in wrapped(whole, width)]

    def on_resize(self, _event: events.Resize) -> None:
        self.show(self._whole)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self.lines_at(width)
