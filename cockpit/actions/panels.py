"""Which panel of a screen has the keys, and how much room it has."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

NUMBERS = range(1, 10)

ACTIONS: tuple[Action, ...] = (
    Action("zoom", "z", "zoom", N_("zoom"), N_("Panel over the whole screen, and back"), "panels"),
    Action("panel.larger", "plus", "resize(1)", N_("larger"), N_("Panel larger: half of the screen, all of it"),
        "panels", "+"),
    Action("panel.smaller", "underscore", "resize(-1)", N_("smaller"), N_("Panel smaller again"), "panels", "_"),
    Action("display", "space", "toggle_display", N_("hold"), N_("Hold the display still; the desk goes on"), "panels"),
    Action("panel.next", "tab,l,right", "panel(1)", N_("next panel"), N_("Next panel"), "panels", "tab l →"),
    Action("panel.previous", "shift+tab,h,left", "panel(-1)", N_("previous panel"), N_("Previous panel"), "panels",
        "⇧tab h ←"),
    *(
        Action(f"panel.{n}", str(n), f"show_panel({n})", N_("panel"), N_("Panel by its number"), "panels")
        for n in NUMBERS
    ),
)  # fmt: skip
