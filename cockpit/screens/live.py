"""What every screen shares: header and safety strips on top, the key bar below, painted from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from cockpit.link.store import ALL_TABLES
from widgets.header import Header, is_live, is_old
from widgets.keybar import KeyBar
from widgets.panel import Panel, View
from widgets.strips import Strips

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

EVERYTHING = frozenset((*ALL_TABLES, "second", "staged"))

T = TypeVar("T")


class LiveScreen(Screen[T]):
    """A screen that shows the store. Only the one on top is painted; it paints all when it comes to the top."""

    AUTO_FOCUS: ClassVar[str | None] = "Panel"
    HINTS: ClassVar[tuple[str, ...]] = ()
    """Ids of keys for the bar, the most important first; the last always stays."""

    def __init__(self) -> None:
        super().__init__()
        self.header = Header()
        self.strips = Strips()
        self.keybar = KeyBar()
        self._panels: list[Panel] | None = None

    @property
    def cockpit(self) -> CockpitApp:
        """The app, by its own type."""
        return cast("CockpitApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="top"):
            yield self.header
            yield self.strips
        yield from self.body()
        yield self.keybar

    def body(self) -> ComposeResult:
        """What stands between the strips and the key bar."""
        yield from ()

    def on_mount(self) -> None:
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
        if paused:
            return
        old = is_old(view.store)
        for panel in self.panels():
            panel.fade(old)
            if panel.display:
                panel.update_from(view, dirty)
