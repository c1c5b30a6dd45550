"""What every screen shares: header and safety strips on top, the key bar below, painted from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from cockpit.link.store import ALL_TABLES
from widgets.grid import Grid
from widgets.header import Header, is_live, is_old
from widgets.i18n import _
from widgets.keybar import KeyBar
from widgets.lines import Lines
from widgets.paint import fit
from widgets.panel import Panel, View
from widgets.spans import SpanCompositor
from widgets.strips import Strips
from widgets.timebar import TimeBar

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

BY_WIDTH = [(0, "-narrow"), (110, "-normal"), (150, "-wide")]
BY_HEIGHT = [(0, "-low"), (34, "-tall")]
"""Classes of every screen by the window's size; the sheet arranges what is shown by them."""
LEAST_WIDTH, LEAST_HEIGHT = 60, 20
"""Columns and lines that a screen needs to be read."""

EVERYTHING = frozenset((*ALL_TABLES, "second", "staged"))

T = TypeVar("T")


class LiveScreen(Screen[T]):
    """A screen that shows the store. Only the one on top is painted; it paints all when it comes to the top."""

    AUTO_FOCUS: ClassVar[str | None] = "Panel"
    HORIZONTAL_BREAKPOINTS = BY_WIDTH
    VERTICAL_BREAKPOINTS = BY_HEIGHT
    HINTS: ClassVar[tuple[str, ...]] = ()
    """Ids of keys for the bar, the most important first; the last always stays."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor = SpanCompositor()
        self.header = Header()
        self.strips = Strips()
        self.keybar = KeyBar()
        self.timebar = TimeBar()
        """Of a replay; elsewhere it is not there."""
        self.small = Lines(((),), id="small")
        """Instead of the body where the window is too small for it."""
        self._panels: list[Panel] | None = None

    @property
    def cockpit(self) -> CockpitApp:
        """The app, by its own type."""
        return cast("CockpitApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="top"):
            yield self.header
            yield self.strips
        yield self.small
        yield from self.body()
        if self.cockpit.link.store.replay is not None and not self.is_modal:
            yield self.timebar
        yield self.keybar

    def body(self) -> ComposeResult:
        """What stands between the strips and the key bar."""
        yield from ()

    def on_mount(self) -> None:
        self.show_hints()

    def on_resize(self, event: events.Resize) -> None:
        """Header, strips and key bar stay in any window; below the least size a word stands for the body."""
        width, height = event.size
        too_small = width < LEAST_WIDTH or height < LEAST_HEIGHT
        if too_small:
            need = _("the window is {width}x{height}: {least} shows all").format(
                width=width, height=height, least=f"{LEAST_WIDTH}x{LEAST_HEIGHT}"
            )
            self.small.show((fit(((" △ ", "warn"), (need, "text")), width),))
        elif self.has_class("-tiny") and self.focused is None:
            self.call_after_refresh(self._focus_again)
        self.set_class(too_small, "-tiny")

    def _focus_again(self) -> None:
        """What was hidden has lost the focus."""
        if self.AUTO_FOCUS:
            self.query(self.AUTO_FOCUS).first().focus(scroll_visible=False)

    def relabel(self) -> None:
        """The language has changed."""
        for grid in self.query(Grid):
            grid.relabel()
        self.show_hints()

    def on_screen_resume(self) -> None:
        self.cockpit.repaint()

    def show_hints(self) -> None:
        """Fill the key bar."""
        from cockpit.actions.registry import hints

        self.keybar.hints(hints(*self.HINTS))

    def panels(self) -> list[Panel]:
        if self._panels is None:
            self._panels = list(self.query(Panel))
        return self._panels

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        """Bring what is visible up to date. Paused, header and strips still are."""
        self.set_class(is_live(view.store), "-live-money")
        self.header.update_from(view, paused=paused)
        if dirty & {"alarms", "flattens", "second"}:
            self.strips.update_from(view)
        if view.store.replay is not None and self.timebar.is_mounted:
            self.timebar.update_from(view.store.replay)
        if paused:
            return
        old = is_old(view.store)
        for panel in self.panels():
            panel.fade(old)
            if panel.display:
                panel.update_from(view, dirty)
