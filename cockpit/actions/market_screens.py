"""Keys of the screens about markets: spreads and funding."""

from __future__ import annotations

from cockpit.actions.action import Action
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("coin.previous", "left_square_bracket", "coin(-1)", N_("coin"), N_("The coin before it alone"),
        "coins", "["),
    Action("coin.next", "right_square_bracket", "coin(1)", N_("coin"), N_("The next coin alone"), "coins", "]"),
    Action("spread.launch", "enter", "propose", N_("launch"), N_("The launch form, filled in with this pair"),
        "spreads"),
    Action("funding.spreads", "enter", "open_spreads", N_("spreads"), N_("The spreads of this coin"), "funding"),
    Action("leverage.down", "less_than_sign", "leverage(-1)", N_("leverage"), N_("Reckon with less leverage"),
        "funding", "<"),
    Action("leverage.up", "greater_than_sign", "leverage(1)", N_("leverage"), N_("Reckon with more leverage"),
        "funding", ">"),
    Action("hold.down", "left_curly_bracket", "hold(-1)", N_("held"), N_("Reckon with fewer days held"), "funding",
        "{"),
    Action("hold.up", "right_curly_bracket", "hold(1)", N_("held"), N_("Reckon with more days held"), "funding",
        "}"),
)  # fmt: skip
