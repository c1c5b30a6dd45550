"""The first screen of a new user, and the settings."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("welcome.start", "enter", "start", N_("paper desk"), N_("Start the paper desk"), "welcome"),
    Action("welcome.add", "a", "add", N_("add account"), N_("Add an account at a venue"), "welcome"),
    Action("welcome.leave", "q", "app.detach", N_("leave"), N_("Leave; nothing has been started"), "welcome"),
    Action("welcome.help", "question_mark,f1", "app.help", N_("keys"), N_("These keys"), "welcome", "?"),
    Action("settings.change", "enter", "change(1)", N_("change"), N_("Its next value, here and in the file"),
        "settings"),
    Action("settings.add", "a", "add_account", N_("add account"), N_("Add an account at a venue"), "settings",
        command="add-account"),
    Action("settings.look", "r", "look", N_("look again"), N_("Read files and keyring again"), "settings"),
)  # fmt: skip
