"""Settings and keys: what the configuration says and where, accounts and their keys, places, versions, clients."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.screens.add_account import AddAccountDialog
from cockpit.screens.views import ViewScreen
from cockpit.setup_port import Setting, Setup, SetupError
from widgets.i18n import N_, _, choose
from widgets.settings import KeysPanel, PlacesPanel, SettingsPanel


class SettingsScreen(ViewScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("settings")]
    NAMES = (N_("settings"), N_("keys"), N_("places"))
    HINTS: ClassVar[tuple[str, ...]] = (
        "move", "settings.change", "settings.add", "settings.look", "filter", "copy", "zoom", "help", "back",
    )  # fmt: skip
    ALWAYS = 0
    AUTO_FOCUS: ClassVar[str | None] = "#settings"

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.settings = SettingsPanel()
        self.keys = KeysPanel()
        self.places = PlacesPanel()
        self.order = (self.settings, self.keys, self.places)

    @property
    def setup(self) -> Setup | None:
        """None where this cockpit has no configuration to show: a replay, or a look round."""
        return self.cockpit.setup

    def on_mount(self) -> None:
        self.action_look()

    def action_look(self) -> None:
        """Read everything again."""
        if self.setup is None:
            self.cockpit.say(_("this cockpit has no configuration of its own to show"), "warning")
            return
        self.run_worker(self._look(self.setup), group="settings", exclusive=True)

    async def _look(self, setup: Setup) -> None:
        sheet = await setup.sheet()
        for panel in (self.settings, self.keys, self.places):
            panel.tell(sheet)

    def action_change(self, steps: int) -> None:
        """The next value of the setting under the cursor: seen at once, and written where it will be read again."""
        if self.focused_panel is not self.settings:
            return
        setting = self.settings.chosen()
        if setting is None or self.setup is None:
            return
        if not setting.choices:
            words = _("{key}: change it in {file}; the desk reads it when it starts")
            file = next(iter(self.settings.sheet.places), ("", ""))[1] if self.settings.sheet else ""
            self.cockpit.say(words.format(key=setting.key, file=file), "warning")
            return
        now = setting.choices.index(setting.value) if setting.value in setting.choices else -1
        value = setting.choices[(now + steps) % len(setting.choices)]
        self.run_worker(self._change(self.setup, setting, value), group="settings")

    async def _change(self, setup: Setup, setting: Setting, value: str) -> None:
        try:
            where = await setup.change(setting.section, setting.name, value)
        except SetupError as error:
            self.cockpit.say(str(error), "error")
            return
        self._put_on(setting.name, value)
        self.cockpit.say(_("{key} = {value}, in {where}").format(key=setting.key, value=value, where=where))
        await self._look(setup)

    def _put_on(self, name: str, value: str) -> None:
        """Show it at once."""
        if name == "theme":
            self.cockpit.use_theme(value)
        elif name == "language":
            self.cockpit.use_language(choose(value, os.environ))
        elif name == "glyphs":
            self.cockpit.use_glyphs(value)

    def action_add_account(self) -> None:
        setup = self.setup
        if setup is None:
            self.action_look()
            return

        def added(lines: tuple[str, ...] | None) -> None:
            if lines:
                self.cockpit.say("; ".join((*lines, _("the desk takes it in when it starts next: cockpit desk stop"))))
                self.action_look()

        self.app.push_screen(AddAccountDialog(setup), added)
