"""The audit: commands and changes of everybody, newest first, paged in as one scrolls."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.link.answers import ChangeLine
from cockpit.screens.question import Question
from cockpit.screens.views import ViewScreen
from widgets.audit import LINES_KEPT, AuditPanel, change_spans
from widgets.desk_words import said
from widgets.detail import Detail
from widgets.i18n import N_, _
from widgets.paint import Cell, plain
from widgets.panel import View

PAGE = 300
AHEAD = 60
"""Rows before the end at which older lines are asked for."""


class AuditScreen(ViewScreen):
    """`subject` is a filter to begin with."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("audit")]
    HINTS: ClassVar[tuple[str, ...]] = ("move", "audit.loops", "filter", "sort", "copy", "flatten", "help", "back")
    NAMES: ClassVar[tuple[str, ...]] = (N_("audit"),)

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.panel = AuditPanel()
        self.order = (self.panel,)
        self.detail = Detail()
        self.loop = ""
        """Lines of this loop alone; empty for all."""
        self._at_end = False
        """The journal has none that are older."""
        self._newest = 0
        """The newest line of the log when the desk was asked last."""
        self._older = False
        """Whether the question under way is one for older lines."""
        self.question = Question(self, "audit", tuple[ChangeLine, ...], self._heard)

    def body(self) -> ComposeResult:
        yield from super().body()
        yield self.detail

    def on_mount(self) -> None:
        if self.subject:
            self.panel.filter_by(self.subject)
        log = self.cockpit.link.store.log
        self._newest = log[-1].seq if log else 0
        self._ask()

    # -- asking

    def _ask(self, *, older: bool = False) -> None:
        self._older = older
        args = {"limit": str(PAGE)}
        if self.loop:
            args["loop"] = self.loop
        if older:
            args["before"] = str(self.panel.oldest_ts)
        self.question.ask(args)

    def _heard(self, lines: tuple[ChangeLine, ...]) -> None:
        if self._older or not self.panel.count:
            self._at_end = len(lines) < PAGE
        self.panel.tell(lines)

    def on_grid_moved(self) -> None:
        rows = self.panel.rows
        near_end = any(row.key == self.panel.selected for row in rows[-AHEAD:])
        if near_end and not (self._at_end or self.panel.full or self.question.waits or self.question.refused):
            self._ask(older=True)
        self._tell()

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        # every command leaves a line in the log, so that is when there is news here
        newest = view.store.log[-1].seq if view.store.log else 0
        news = newest != self._newest and not self.question.waits and not self.question.refused
        if news or self.question.again(live=view.store.state == "live"):
            self._newest = newest
            self._ask()
        self._tell()

    def aside(self, index: int) -> str:
        parts = [self.loop] if self.loop else []
        if self.panel.full:
            parts.append(_("the newest {count}; `cockpit audit` has all").format(count=f"{LINES_KEPT:,}"))
        return " · ".join(parts)

    def _tell(self) -> None:
        self.tell_asides()
        line = self.panel.line(self.panel.selected)
        foot: Cell = ((" ", "text"), *self.question.words(self.cockpit.clock.now_ns()))
        if line is None:
            self.detail.tell("", (foot,))
        elif line.answer:
            self.detail.tell(f"{plain(change_spans(line))}  ✗ {said(line.answer)}", (foot,), always=True)
        else:
            self.detail.tell(plain(change_spans(line)), (foot,))

    # -- keys

    def action_loop(self, steps: int) -> None:
        """The next loop alone; after the last one all of them."""
        loops = ["", *self.cockpit.link.store.loops]
        at = loops.index(self.loop) if self.loop in loops else 0
        self.loop = loops[(at + steps) % len(loops)]
        self.question.forget()
        self._at_end = False
        self.panel.forget()
        self._ask()
        self.cockpit.say(_("audit of {loop}").format(loop=self.loop or _("all loops")))
