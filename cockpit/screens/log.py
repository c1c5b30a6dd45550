"""The whole log: by level and source, following the end or held still, each line to be read whole."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.screens.views import ViewScreen
from widgets.desk_words import said
from widgets.detail import Detail
from widgets.i18n import N_, _
from widgets.logview import LEVELS, TIMES, LogPanel
from widgets.panel import View
from widgets.words import word


class LogScreen(ViewScreen):
    """`subject` is a filter to begin with."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("log")]
    HINTS: ClassVar[tuple[str, ...]] = (
        "move", "log.follow", "log.level", "log.sources", "log.times", "filter", "copy", "flatten", "help", "back",
    )  # fmt: skip
    NAMES: ClassVar[tuple[str, ...]] = (N_("log"),)

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.panel = LogPanel(keep=1000, title=N_("Log"))
        self.order = (self.panel,)
        self.detail = Detail()

    def body(self) -> ComposeResult:
        yield from super().body()
        yield self.detail

    def on_mount(self) -> None:
        if self.subject:
            self.panel.filter_by(self.subject)

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        self._tell()

    def on_grid_moved(self) -> None:
        self._tell()

    def _tell(self) -> None:
        """What is shown of the log, and the line under the cursor whole."""
        self.tell_asides()
        key = self.panel.selected
        line = next((row for row in reversed(self.cockpit.link.store.log) if row.key == key), None)
        self.detail.tell(said(line.text) if line is not None else "")

    def aside(self, index: int) -> str:
        return self.panel.state_words()

    # -- keys

    def action_follow(self) -> None:
        self.panel.follow(not self.panel.follows)
        self.cockpit.repaint()

    def action_level(self) -> None:
        levels = list(LEVELS)
        self.panel.level = levels[(levels.index(self.panel.level) + 1) % len(levels)]
        self.cockpit.repaint()

    def action_times(self) -> None:
        self.panel.times = TIMES[(TIMES.index(self.panel.times) + 1) % len(TIMES)]
        self.panel.relabel()
        self.cockpit.repaint()

    def action_source(self, steps: int) -> None:
        """The next source that the log names; after the last one all of them."""
        named = dict.fromkeys(row.source for row in self.cockpit.link.store.log)
        sources = ["", *sorted(named)]
        at = sources.index(self.panel.source) if self.panel.source in sources else 0
        self.panel.source = sources[(at + steps) % len(sources)]
        self.cockpit.repaint()
        shown = word("source", self.panel.source) if self.panel.source else _("all sources")
        self.cockpit.say(_("log of {source}").format(source=shown))
