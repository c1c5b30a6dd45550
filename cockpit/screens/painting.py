"""The lowest layer of the app: the store to the screen on top, some times a second, and a word in its key bar."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from cockpit import locations
from cockpit.link.client import Link
from cockpit.looks import LooksApp
from cockpit.screens.bell import Bell
from cockpit.screens.held import HeldEnter
from cockpit.screens.live import EVERYTHING, LiveScreen
from cockpit.screens.staging import Staging
from cockpit.ui_state import UiState
from venues.model import NS_PER_S, Clock
from widgets import i18n
from widgets.moves import MoveMeter
from widgets.panel import View
from widgets.picture import widened

MESSAGE_S = 6
"""How long a plain answer stays in the key bar; errors stay until escape or the next answer."""

MESSAGES_KEPT = 200


class PaintingApp(LooksApp):
    def __init__(self, link: Link, clock: Clock) -> None:
        super().__init__()
        self.link = link
        self.clock = clock
        self.staging = Staging()
        self.bells = Bell(clock)
        self.enter = HeldEnter(clock)
        self.moves = MoveMeter()
        self.after: Callable[[float, Callable[[], None]], object] = self.set_timer
        """Calls back after some seconds; a test puts its own in place."""
        self.ui = UiState.load(locations.find().state)
        """What the screen remembers by itself: how tables were sorted, the theme."""
        self._dirty: set[str] = set(EVERYTHING)
        self._second = 0
        self._held = False
        self._message_until: int | None = None
        self.said: deque[tuple[int, str, str]] = deque(maxlen=MESSAGES_KEPT)
        """(wall clock in ns, level, text) of what the key bar has said, the oldest first."""

    def flush(self) -> None:
        """Paint what has changed since the last time, on the screen on top only."""
        self.catch_up()
        self._dirty |= self.link.store.take_dirty()
        now = self.clock.now_ns()
        if now // NS_PER_S != self._second:
            self._second = now // NS_PER_S
            self._dirty.add("second")
            self.moves.look(self.link.store.markets, now)
            self.look_at_themes()
        if self.bells.rings(self.link.store):
            self.bell()
        if self._message_until is not None and self.clock.monotonic_ns() >= self._message_until:
            self.say("")
        screen = self.screen
        if isinstance(screen, LiveScreen) and screen.is_mounted:
            with self.batch_update():
                view = View(self.link.store, now, self.staging.all)
                screen.paint(view, frozenset(self._dirty), paused=self._held)
            if not self._held:
                self._dirty.clear()

    def repaint(self) -> None:
        """Take everything as changed and paint it."""
        self._dirty |= EVERYTHING
        self.flush()

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """The screen as an SVG, wide characters too."""
        return widened(super().export_screenshot(title=title, simplify=simplify))

    def use_language(self, code: str) -> None:
        """Speak another language from here on. Raises `ValueError` for one that we do not have."""
        i18n.use(code)
        for screen in self.screen_stack:
            if isinstance(screen, LiveScreen):
                screen.relabel()
        self.repaint()

    def staged_changed(self) -> None:
        """Show what is staged now."""
        self._dirty.add("staged")
        self.flush()

    def toggle_display(self) -> None:
        """Hold the panels still, or let them go on; header and strips never stand still."""
        self._held = not self._held
        self.repaint()

    def say(self, text: str, level: str = "info") -> None:
        """A word in the key bar of the screen on top."""
        if text:
            self.said.append((self.clock.now_ns(), level, text))
        screen = self.screen
        if isinstance(screen, LiveScreen):
            screen.keybar.say(text, level)
        lasting = level == "error" or not text
        self._message_until = None if lasting else self.clock.monotonic_ns() + MESSAGE_S * NS_PER_S
