"""History: volume and wear by day, the value of a unit, and the days in figures."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.answers import History
from cockpit.screens.question import Question
from cockpit.screens.views import ViewScreen
from venues.model import NS_PER_S
from widgets.history import DayBars, DayTable, UnitValue
from widgets.i18n import N_
from widgets.paint import plain
from widgets.panel import View

DAYS = 366
"""How far back the desk is asked."""
AGAIN_S = 60
"""An answer is asked for anew after so long: today goes on."""


class HistoryScreen(ViewScreen):
    NAMES = (N_("days"), N_("unit value"), N_("figures"))
    HINTS: ClassVar[tuple[str, ...]] = (
        "move", "panel.next", "zoom", "filter", "sort", "copy", "flatten", "help", "back",
    )  # fmt: skip
    ALWAYS = 0
    AUTO_FOCUS: ClassVar[str | None] = "#bars"

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.bars = DayBars()
        self.unit = UnitValue()
        self.days = DayTable()
        self.order = (self.bars, self.unit, self.days)
        self.question = Question(self, "history", History, self._heard)
        self._asked_ns = 0
        self._words = ""

    def on_mount(self) -> None:
        self._ask()

    def _ask(self) -> None:
        self._asked_ns = self.cockpit.clock.now_ns()
        self.question.ask({"days": str(DAYS)})

    def _heard(self, answer: History) -> None:
        for panel in (self.bars, self.unit, self.days):
            panel.tell(answer.days)

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        if "second" in dirty and not self.question.waits:
            live = view.store.state == "live"
            old = view.now_ns - self._asked_ns >= AGAIN_S * NS_PER_S
            if (live and old) or self.question.again(live=live):
                self._ask()
        words = plain(self.question.words(view.now_ns))
        if words != self._words:
            self._words = words
            self.tell_asides()

    def aside(self, index: int) -> str:
        return self._words if self.order[index].display and index == self._first_shown() else ""

    def _first_shown(self) -> int:
        """The age of the answer stands once, behind the first title in sight."""
        return next((i for i, panel in enumerate(self.order) if panel.display), 0)
