"""Which screen and which panel is shown."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

PANELS = (N_("loops"), N_("positions"), N_("spreads"), N_("wear"), N_("funding"), N_("log"))

ACTIONS: tuple[Action, ...] = (
    Action("orders", "o", "orders", N_("orders"), N_("Orders"), "overview"),
    Action("log", "L", "log", N_("log"), N_("The whole log"), "overview"),
    Action("zoom", "z", "zoom", N_("zoom"), N_("Panel over the whole screen, and back"), "overview"),
    Action("display", "space", "toggle_display", N_("hold"), N_("Hold the display still; the desk goes on"),
        "overview"),
    Action("panel.next", "tab,l,right", "panel(1)", N_("next panel"), N_("Next panel"), "overview", "tab l →"),
    Action("panel.previous", "shift+tab,h,left", "panel(-1)", N_("previous panel"), N_("Previous panel"), "overview",
        "⇧tab h ←"),
    *(
        Action(f"panel.{number}", str(number), f"show_panel({number})", name, name, "overview")
        for number, name in enumerate(PANELS, 1)
    ),
)  # fmt: skip
