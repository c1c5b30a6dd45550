"""Moving about, in tables and dialogs."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("up", "up,k", "move(-1)", N_("up"), N_("One row up"), "move", "↑ k"),
    Action("down", "down,j", "move(1)", N_("down"), N_("One row down"), "move", "↓ j"),
    Action("page.up", "pageup", "move_page(-1)", N_("page up"), N_("One page up"), "move"),
    Action("page.down", "pagedown", "move_page(1)", N_("page down"), N_("One page down"), "move"),
    Action("first", "g,home", "move(-100000)", N_("first"), N_("First row"), "move", "g"),
    Action("last", "G,end", "move(100000)", N_("last"), N_("Last row"), "move", "G"),
    Action("back", "escape", "back", N_("back"), N_("Back to the overview"), "back", "esc"),
    Action("cancel", "escape", "cancel", N_("cancel"), N_("Close without doing anything"), "dialog", "esc"),
    Action("submit", "ctrl+enter", "submit", N_("confirm"),
        N_("Confirm a form (or tab to its button, then enter)"), "dialog"),
)  # fmt: skip
