"""The cockpit's face: a client of the desk that paints its replica and sends the operator's commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import msgspec
from rich.console import RenderableType
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from cockpit import locations
from cockpit.actions.registry import bindings
from cockpit.link.client import Link, LinkError
from cockpit.link.messages import Flatten, Query, SetParams, Verb
from cockpit.link.rows import LoopRow
from cockpit.screens.bell import Bell
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.live import EVERYTHING, LiveScreen
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.staging import Staging
from cockpit.screens.views import HelpDialog
from strategies.params import ParamSpec
from themes.loader import VARIABLES, built_in
from venues.model import NS_PER_S, Clock
from widgets.panel import View
from widgets.thrift import thrifty

DEFAULT_THEME = "harbor"
MESSAGE_S = 6
"""How long a plain answer stays in the key bar; errors stay until escape or the next answer."""


class StrategyDoc(msgspec.Struct, frozen=True):
    """What the desk tells of a strategy."""

    kind: str
    doc: str
    params: tuple[ParamSpec, ...]


def paint_rate(environ: Mapping[str, str]) -> float:
    """Paints a second where nobody asked for another rate: fewer over SSH, where bytes cost."""
    return 4.0 if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") else 10.0


class CockpitApp(App[str]):
    """Returns what to print once the terminal is back: how to come back, and how to stop the desk."""

    TITLE = "cockpit"
    CSS_PATH = "cockpit.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]

    def __init__(
        self,
        link: Link,
        clock: Clock,
        *,
        rate_hz: float,
        theme: str = DEFAULT_THEME,
        pictures: Path | None = None,
        program: str = "cockpit",
    ) -> None:
        """`rate_hz` 0: nothing is painted but by `flush`. `pictures` is where screenshots go, `program` is how one
        types the command again.

        Raises `ValueError` for a theme that does not exist."""
        self._themes = built_in()
        if theme not in self._themes:
            raise ValueError(f"theme: {theme!r} does not exist; expected one of {', '.join(self._themes)}")
        super().__init__()
        self.link = link
        self.clock = clock
        self.rate_hz = rate_hz
        self.staging = Staging()
        self.bells = Bell(clock)
        self.after: Callable[[float, Callable[[], None]], object] = self.set_timer
        """Calls back after some seconds; a test puts its own in place."""
        self._pictures = pictures
        self._program = program
        self._strategies: dict[str, StrategyDoc] = {}
        self._dirty: set[str] = set(EVERYTHING)
        self._second = 0
        self._held = False
        self._message_until: int | None = None
        for each in self._themes.values():
            self.register_theme(each)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours of our own, for Textual's themes, which do not know them."""
        return dict.fromkeys(VARIABLES, "#808080") | self._themes[DEFAULT_THEME].variables

    def get_default_screen(self) -> OverviewScreen:
        return OverviewScreen()

    async def on_mount(self) -> None:
        await self.link.start()
        if self.rate_hz > 0:
            self.set_interval(1 / self.rate_hz, self.flush)

    # -- painting

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Textual's way to the terminal, which has no public hook: partial updates go out thrifty."""
        super()._display(screen, thrifty(renderable))

    def flush(self) -> None:
        """Paint what has changed since the last time, on the screen on top only."""
        self._dirty |= self.link.store.take_dirty()
        now = self.clock.now_ns()
        if now // NS_PER_S != self._second:
            self._second = now // NS_PER_S
            self._dirty.add("second")
        if self.bells.rings(self.link.store):
            self.bell()
        if self._message_until is not None and now >= self._message_until:
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

    def toggle_display(self) -> None:
        """Hold the panels still, or let them go on; header and strips never stand still."""
        self._held = not self._held
        self.repaint()

    def say(self, text: str, level: str = "info") -> None:
        """A word in the key bar of the screen on top."""
        screen = self.screen
        if isinstance(screen, LiveScreen):
            screen.keybar.say(text, level)
        lasting = level == "error" or not text
        self._message_until = None if lasting else self.clock.now_ns() + MESSAGE_S * NS_PER_S

    # -- commands

    def command(self, verb: Verb, done: str) -> None:
        """Send; say `done` once the desk has acknowledged it, or why it would not."""
        self.run_worker(self._command(verb, done), group="commands")

    async def _command(self, verb: Verb, done: str) -> bool:
        try:
            ack = await self.link.send(verb)
        except LinkError as error:
            unsure = "; it may have been done all the same, look before you repeat it" if error.unknown else ""
            self.say(f"{error}{unsure}", "error")
            return False
        if ack.ok:
            self.say(done)
        else:
            self.say(ack.error, "error")
        return ack.ok

    async def specs(self, kind: str) -> tuple[ParamSpec, ...]:
        """Parameters of a strategy, asked of the desk once. Raises `LinkError`."""
        if kind not in self._strategies:
            ack = await self.link.send(Query("strategies"))
            if not ack.ok:
                raise LinkError(ack.error, ack.id, unknown=False)
            docs = msgspec.json.decode(ack.result, type=tuple[StrategyDoc, ...])
            self._strategies = {doc.kind: doc for doc in docs}
            if kind not in self._strategies:
                known = ", ".join(self._strategies)
                raise LinkError(f"the desk has no strategy {kind!r}; it has {known}", ack.id, unknown=False)
        return self._strategies[kind].params

    # -- staged changes

    def stage(self, row: LoopRow, name: str, steps: int) -> None:
        """Stage a parameter some steps further; the step is the parameter's own."""
        self.run_worker(self._stage(row, name, steps), group="staging")

    async def _stage(self, row: LoopRow, name: str, steps: int) -> None:
        try:
            specs = await self.specs(row.strategy)
        except LinkError as error:
            self.say(str(error), "error")
            return
        step = next((spec.step for spec in specs if spec.name == name), "")
        if not self.staging.step(row, name, step, steps):
            self.say(f"{name} cannot go further", "warning")
        self.staged_changed()

    def staged_changed(self) -> None:
        """Show what is staged now."""
        self._dirty.add("staged")
        self.flush()

    def send_staged(self, loop: str) -> None:
        """Send a loop's staged changes, all in one command, once."""
        changes = self.staging.begin(loop)
        if changes:
            self.run_worker(self._send_staged(loop, changes), group="commands")
        else:
            self.say("nothing is staged; < > change the size, { } the cycles", "warning")

    async def _send_staged(self, loop: str, changes: dict[str, str]) -> None:
        words = ", ".join(f"{name} {value}" for name, value in changes.items())
        taken = await self._command(SetParams(loop, changes), f"{loop}: {words}, at the next safe point")
        self.staging.end(loop, taken=taken)
        self.staged_changed()

    # -- keys that work everywhere

    def action_flatten(self) -> None:
        """The first stroke of the chord opens the list, the second one confirms it."""
        if isinstance(self.screen, FlattenDialog):
            self.screen.stroke()
            return

        def confirmed(scope: str | None) -> None:
            if scope is not None:
                self.command(Flatten(scope=scope), "the desk has the flatten; it is done when every venue reads flat")

        self.push_screen(FlattenDialog(), confirmed)

    def action_help(self) -> None:
        self.push_screen(HelpDialog())

    def action_next_theme(self) -> None:
        names = list(self._themes)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.say(f"theme {self.theme}")

    def action_screenshot_svg(self) -> None:
        folder = self._pictures or locations.find().pictures
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = self.save_screenshot(f"cockpit-{self.clock.now_ns() // NS_PER_S}.svg", path=str(folder))
        except OSError as error:
            self.say(f"no picture: {error}", "error")
            return
        self.say(f"saved {path}")

    async def action_detach(self) -> None:
        """Leave; the desk goes on."""
        await self.link.close()
        desk = self.link.store.desk
        who = f"The desk (pid {desk.pid})" if desk else "The desk"
        loops = sum(row.state in ("running", "starting") for row in self.link.store.loops.values())
        self.exit(
            f"Detached. {who} goes on with {loops} running loop{'' if loops == 1 else 's'}.\n"
            f"  {self._program}            comes back\n"
            f"  {self._program} desk stop  stops the desk: entries end, owed hedges are worked off"
        )
