"""The log, newest line last; it follows the end while the cursor stands there."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from cockpit.link.rows import LogRow
from widgets import format as fmt
from widgets import times
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.i18n import N_, _
from widgets.paint import cell
from widgets.panel import Panel, View
from widgets.words import word

LEVELS = {"info": (" ", "text"), "warning": ("!", "warn"), "error": ("✗", "crit")}
RANKS = {name: rank for rank, name in enumerate(LEVELS)}
TIMES = ("clock", "full", "age")
"""How a line's time is shown: of day, with date and milliseconds, or how long ago."""


class LogPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"log"})

    def __init__(self, *, keep: int, title: str = "[b]6[/b] " + N_("Log"), id: str = "log") -> None:
        super().__init__(
            (
                Column("UTC", 8, left=True),
                Column(N_("source"), 7, left=True),
                Column(N_("what"), 20, left=True, flex=True),
            ),
            title=title,
            empty=(N_("The log is empty."), N_("What the desk does shows here; L opens it whole.")),
            id=id,
        )
        self._keep = keep
        self.level = "info"
        """Lines of this level and worse are shown."""
        self.source = ""
        """Lines of this loop, account or `desk` alone; empty for all."""
        self.times = TIMES[0]
        self.follows = True
        """Whether the cursor stays at the end as lines come."""
        self.unseen = 0
        """Lines that have come since it was held."""
        self._newest = 0

    def lines(self, view: View) -> list[LogRow]:
        """Those that are shown, oldest first, filter aside."""
        least = RANKS[self.level]
        return [
            line
            for line in list(view.store.log)[-self._keep :]
            if RANKS.get(line.level, len(RANKS)) >= least and self.source in ("", line.source)
        ]

    def build(self, view: View) -> list[Row]:
        counted = view.now_ns // times.NS_PER_S if self.times == "age" else self.times
        make = self._row
        return [self.memo.row(line.key, partial(make, line, view.now_ns), line, counted) for line in self.lines(view)]

    def _row(self, line: LogRow, now_ns: int) -> Row:
        sign, ink = LEVELS.get(line.level, ("?", "warn"))
        cells = (
            cell(self._time(line.ts, now_ns), "dim"),
            cell(word("source", line.source), "accent"),
            cell(f"{sign} {said(line.text)}", ink),
        )
        return Row(line.key, cells, sort=(float(line.seq),), also=f"{line.level} {line.source} {line.text}")

    def _time(self, ts: int, now_ns: int) -> str:
        if self.times == "full":
            return f"{times.day(ts)} {times.to_the_ms(ts)}"
        return fmt.utc(ts) if self.times == "clock" else fmt.span((now_ns - ts) / times.NS_PER_S)

    def update_from(self, view: View, dirty: frozenset[str]) -> None:
        newest = view.store.log[-1].seq if view.store.log else 0
        if self.follows:
            self.unseen = 0
        else:
            self.unseen += max(0, newest - self._newest) if self._newest else 0
        self._newest = newest
        counts = self.times == "age" and "second" in dirty
        super().update_from(view, dirty | self.TABLES if counts else dirty)
        if self.follows and self.rows and not self.sorted_by[0]:
            self.select(self.rows[-1].key)

    def select(self, key: str) -> None:
        super().select(key)
        self._follow_at_end()

    def move(self, steps: int) -> None:
        super().move(steps)
        self._follow_at_end()

    def _follow_at_end(self) -> None:
        """It follows while the cursor is at the end, however it came there."""
        self.follows = not self.rows or self.selected == self.rows[-1].key

    def follow(self, on: bool) -> None:
        """Follow the end, or hold."""
        self.follows = on
        if on and self.rows:
            self.select(self.rows[-1].key)

    def state_words(self) -> str:
        """What is shown and whether it follows, for the border."""
        held = _("held, {count} new").format(count=self.unseen) if self.unseen else _("held")
        parts = [_("follows") if self.follows else held]
        if self.level != "info":
            parts.append(_("warnings and errors") if self.level == "warning" else _("errors"))
        if self.source:
            parts.append(word("source", self.source))
        return " · ".join(parts)
