"""Keys of the screens about one loop or one account, and of the mixing strip."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("subject.previous", "left_square_bracket", "subject(-1)", N_("other"), N_("The loop or account before it"),
        "sheet", "["),
    Action("subject.next", "right_square_bracket", "subject(1)", N_("other"), N_("The next loop or account"), "sheet",
        "]"),
    Action("mix.left", "left,h", "choose(-1)", N_("parameter"), N_("The parameter to the left"), "mix", "← h"),
    Action("mix.right", "right,l", "choose(1)", N_("parameter"), N_("The parameter to the right"), "mix", "→ l"),
    Action("mix.close", "escape", "close", N_("close"), N_("Drop what is staged; then close the strip"), "mix", "esc"),
)  # fmt: skip
