"""How the cockpit looks on this terminal: which theme is on, the next one, and the user's own as they are edited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cockpit.ui_config import UiConfig
from cockpit.ui_state import UiState
from cockpit.user_themes import Themes
from themes.loader import DARK_BASE, VARIABLES
from widgets.i18n import _
from widgets.terminal import TerminalApp

DEFAULT_THEME = DARK_BASE
CHOSEN, CONFIGURED = "theme", "theme.configured"
"""Words under which the screen remembers the theme, and what the configuration said when it was chosen."""


class LooksApp(TerminalApp):
    def __init__(self) -> None:
        # Textual asks for the variables of a theme while it starts.
        self.themes = Themes(None)
        self.ui = UiState()
        """What is remembered from one session to the next."""
        self._configured = ""
        super().__init__()
        self._offer_themes()
        self.theme = DEFAULT_THEME

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours of our own, for Textual's themes, which do not know them."""
        return dict.fromkeys(VARIABLES, "#808080") | self.themes.get(DEFAULT_THEME).variables

    def use_themes(self, folder: Path | None, chosen: str = DEFAULT_THEME) -> None:
        """Take the user's own themes in, and put one on. Raises `ValueError` for one that does not exist."""
        self.themes = Themes(folder)
        self._offer_themes()
        self.use_theme(chosen)

    def dress(self, folder: Path, asked: str, ui: UiConfig, memory: UiState) -> None:
        """As an operator wants it: `asked` on the command line, else as he left it, else as configured; a configuration
        that has changed since he left it counts more.

        Raises `ValueError` for an `asked` theme that does not exist; anything else that is not there is told, and the
        default is put on until it is."""
        self.ui = memory
        self.use_glyphs(ui.glyphs)
        self.themes = Themes(folder)
        self._offer_themes()
        self._configured = ui.theme
        left = memory.word(CHOSEN) if memory.word(CONFIGURED) == ui.theme else ""
        wanted = left or ui.theme or DEFAULT_THEME
        if asked:
            self.use_theme(asked)
        elif wanted in self.themes.by_name:
            self.theme = wanted
        self.themes.wanted = asked or wanted

    @property
    def theme_names(self) -> Sequence[str]:
        """In the order in which `T` walks through them."""
        return tuple(self.themes.by_name)

    def use_theme(self, name: str) -> None:
        """Put a theme on. Raises `ValueError` for one that does not exist."""
        if name not in self.themes.by_name:
            known = ", ".join(self.themes.by_name)
            raise ValueError(
                _("theme: {name} does not exist; expected one of {known}").format(name=repr(name), known=known)
            )
        self.theme = self.themes.wanted = name

    def action_next_theme(self) -> None:
        names = list(self.themes.by_name)
        now = names.index(self.theme) if self.theme in names else -1
        self.use_theme(names[(now + 1) % len(names)])
        problem = self.ui.keep_word(CHOSEN, self.theme) or self.ui.keep_word(CONFIGURED, self._configured)
        if problem:
            self.say(problem, "warning")
        else:
            self.say(_("theme {name}").format(name=self.theme))

    def look_at_themes(self) -> None:
        """See whether the user has edited a theme, and show it at once. Cheap: a look at a folder."""
        if not self.themes.look():
            return
        self._offer_themes()
        name = self.themes.wanted if self.themes.wanted in self.themes.by_name else DEFAULT_THEME
        if name != self.theme:
            self.theme = name
        else:
            self.refresh_css(animate=False)
        self.tell_troubles()

    def tell_troubles(self) -> None:
        """Say what is wrong with the user's files: the first of it, and how much more there is."""
        troubles = self.themes.troubles
        if troubles:
            more = _(" (and {count} more)").format(count=len(troubles) - 1) if len(troubles) > 1 else ""
            self.say(troubles[0] + more, "error")

    def say(self, text: str, level: str = "info") -> None:
        """A word to the operator; the layer above knows where."""

    def _offer_themes(self) -> None:
        for theme in self.themes.by_name.values():
            self.register_theme(theme)
