"""A few lines of text, repainted only where they changed: header, strips, key bar, bodies of dialogs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region, Size
from textual.strip import Strip

from widgets.paint import Cell, Painted, plain, width_of


def changed_columns(old: Cell, new: Cell) -> tuple[int, int]:
    """First column that differs, and how many up to the last one that does; (0, 0) for none.

    Columns are counted for text of width one, which is all that this is used for; wide text refreshes the line.
    """
    before = [(char, ink) for text, ink in old for char in text]
    after = [(char, ink) for text, ink in new for char in text]
    if before == after:
        return 0, 0
    longest = max(len(before), len(after))
    before += [(" ", "text")] * (longest - len(before))
    after += [(" ", "text")] * (longest - len(after))
    differing = [i for i in range(longest) if before[i] != after[i]]
    if not differing:
        return 0, 0
    return differing[0], differing[-1] - differing[0] + 1


def _narrow(spans: Cell) -> bool:
    """True where every character takes one column."""
    return width_of(spans) == len(plain(spans))


class Lines(Painted):
    """Shows what it is given; its height is the number of lines."""

    DEFAULT_CSS = "Lines { height: auto; }"

    def __init__(self, lines: Sequence[Cell] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Cell, ...] = tuple(lines)

    @property
    def text(self) -> str:
        """What stands there, lines joined."""
        return "\n".join(plain(line) for line in self._lines)

    def show(self, lines: Sequence[Cell]) -> None:
        """Replace the lines; only the columns that changed are painted again."""
        old, self._lines = self._lines, tuple(lines)
        if len(old) != len(self._lines):
            self.refresh(layout=True)
            return
        for y, (before, after) in enumerate(zip(old, self._lines, strict=True)):
            if before == after:
                continue
            if _narrow(before) and _narrow(after):
                x, count = changed_columns(before, after)
                if count:
                    self.refresh(Region(x, y, count, 1))
            else:
                self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return max((width_of(line) for line in self._lines), default=0)

    def render_line(self, y: int) -> Strip:
        self.lines_painted += 1
        spans = self._lines[y] if y < len(self._lines) else ()
        return self.strip_of(spans, self.size.width)
