"""Panels about one loop or one account, and panels that draw instead of listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.geometry import Region
from textual.strip import Strip

from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.i18n import _
from widgets.paint import Cell, Span, fit, width_of
from widgets.panel import Panel, View

NS = 1_000_000_000
FRESH_S = 20
"""Age from which an answer says how old it is, seconds."""

T = TypeVar("T")


@dataclass(slots=True)
class Told(Generic[T]):
    """The desk's last answer to a question of a screen, kept while it is asked again."""

    value: T | None = None
    ts: int = 0
    """When it came, ns."""
    error: str = ""
    """Why the newest question was not answered; empty where it was."""

    def note(self, now_ns: int) -> Cell:
        """Why there is nothing, or how old it is; nothing where it is fresh."""
        if self.error:
            return ((f"✗ {self.error}", "warn"),)
        if self.value is None:
            return ((_("asking the desk …"), "dim"),)
        age = (now_ns - self.ts) / NS
        return ((_("{age} ago").format(age=fmt.span(age)), "dim"),) if age >= FRESH_S else ()


class About(Panel):
    """A panel about one thing, by its name."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        title: str = "",
        empty: Sequence[str] = (),
        mark: bool = False,
        fold_notes: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(columns, title=title, empty=empty, mark=mark, fold_notes=fold_notes, id=id)
        self.subject = ""

    def about(self, subject: str) -> None:
        """Show another one."""
        if subject != self.subject:
            self.subject = subject
            self.rebuild()


class Drawing(About):
    """Lines that it draws itself below a headline, which stays while the lines scroll. Nothing is selected here."""

    def __init__(self, *, title: str, empty: Sequence[str] = (), id: str | None = None) -> None:
        super().__init__((), title=title, empty=empty, id=id)
        self._headline: Cell = ()

    def headline(self, view: View) -> Cell:
        """What matters most, in one line."""
        return ()

    def draw(self, view: View, width: int, height: int) -> list[Cell]:
        """Lines of at most `width` columns, best `height` of them; none: the empty text stands here."""
        return []

    def build(self, view: View) -> list[Row]:
        headline = self.headline(view)
        if headline != self._headline:
            self._headline = headline
            self.refresh(Region(0, 0, self.size.width, 1))
        lines = self.draw(view, max(1, self.size.width - 2), self.page)
        return [Row(str(index), line=line or ((" ", "text"),)) for index, line in enumerate(lines)]

    def render_line(self, y: int) -> Strip:
        if y == 0 and self.rows:
            self.lines_painted += 1
            width = self.size.width
            return self.strip_of(((" ", "text"), *fit(self._headline, width - 2)), width)
        return super().render_line(y)


def flow(parts: Sequence[Cell], width: int, *, gap: str = "  ") -> list[Cell]:
    """Parts one after the other in lines of `width` columns; a part is never broken, and one that is wider is cut."""
    lines: list[Cell] = []
    line: list[Span] = []
    for part in parts:
        if line and width_of((*line, (gap, "text"), *part)) > width:
            lines.append(tuple(line))
            line = []
        if line:
            line.append((gap, "text"))
        line += fit(part, width)
    return [*lines, tuple(line)] if line else lines
