"""The cockpit's face: a client of the desk that paints its replica and sends the operator's commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions import keys
from cockpit.actions.registry import bindings
from cockpit.command_history import CommandHistory
from cockpit.keymap import Keymap
from cockpit.link.client import Link
from cockpit.looks import DEFAULT_THEME
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.tools import ToolsApp
from cockpit.screens.welcome import WelcomeDialog
from venues.model import Clock
from widgets.i18n import _, plural


def paint_rate(environ: Mapping[str, str]) -> float:
    """Paints a second where nobody asked for another rate: fewer over SSH, where bytes cost."""
    return 4.0 if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY") else 10.0


class CockpitApp(ToolsApp):
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
        themes: Path | None = None,
        glyphs: str = "unicode",
        pictures: Path | None = None,
        program: str = "cockpit",
        keymap: Keymap | None = None,
        history: Path | None = None,
        mistakes: Sequence[str] = (),
    ) -> None:
        """`rate_hz` 0: nothing is painted but by `flush`. `pictures` is where screenshots go, `program` is how one
        types the command again. `themes` is the folder of the user's own, `keymap` his keys, `history` the file that
        keeps what was typed on the command line, `mistakes` what was wrong with other files of his.

        Raises `ValueError` for a theme or a set of glyphs that does not exist."""
        super().__init__(link, clock)
        self.rate_hz = rate_hz
        self.pictures = pictures
        self._program = program
        self.keymap_in_use = keymap or Keymap()
        keys.use(self.keymap_in_use.keys)
        self.mistakes = (*self.keymap_in_use.problems, *mistakes)
        self.history = CommandHistory(history)
        self.use_glyphs(glyphs)
        self.use_themes(themes, theme)

    def get_default_screen(self) -> OverviewScreen:
        return OverviewScreen()

    async def on_mount(self) -> None:
        self.set_keymap(self.keymap_in_use.for_textual())
        await self.link.start()
        self.call_after_refresh(self.tell_mistakes)
        if self.setup is not None and self.setup.first:
            self.push_screen(WelcomeDialog(self.setup))
        if self.rate_hz > 0:
            self.set_interval(1 / self.rate_hz, self.flush)

    async def action_detach(self) -> None:
        """Leave; the desk goes on."""
        await self.link.close()
        desk = self.link.store.desk
        pid = desk.pid if desk else "?"
        loops = sum(row.state in ("running", "starting") for row in self.link.store.loops.values())
        self.exit(
            plural(
                "Detached. The desk (pid {pid}) goes on with {loops} running loop.",
                "Detached. The desk (pid {pid}) goes on with {loops} running loops.",
                loops,
            ).format(pid=pid, loops=loops)
            + f"\n  {self._program}            {_('comes back')}\n  {self._program} desk stop  "
            + _("stops the desk: entries end, owed hedges are worked off")
        )
