"""Keys of the screen about one account."""

from __future__ import annotations

from cockpit.actions.action import Action, Level
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("account.drill", "enter", "drill", N_("open"), N_("What stands behind the row: order or coin"),
        "account"),
    Action("account.flatten", "F", "flatten_account", N_("flatten it"), N_("Flatten this account: its legs, then ^x"),
        "account", level=Level.CHORD),
    Action("account.resume", "r", "resume_account", N_("resume"), N_("Out of halted or suspect (asks)"), "account",
        level=Level.ASKS),
)  # fmt: skip
