"""Which screen and which panel is shown, and what works on the overview and every view alike."""

from __future__ import annotations

from cockpit.actions.action import Action, Level
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("overview", "0", "app.overview", N_("overview"), N_("The overview"), "view", command="overview"),
    Action("orders", "o", "app.open('orders')", N_("orders"), N_("Orders"), "view", command="orders", args="[FILTER]"),
    Action("spreads", "v", "app.open('spreads')", N_("spreads"), N_("Spreads between venues"), "view",
        command="spreads", args="[COIN]"),
    Action("funding", "f", "app.open('funding')", N_("funding"), N_("Funding of all venues"), "view",
        command="funding", args="[COIN]"),
    Action("history", "w", "app.open('history')", N_("history"), N_("Volume and wear by day"), "view",
        command="history"),
    Action("alarms", "exclamation_mark", "app.open('alarms')", N_("alarms"), N_("Alarms, now and before"), "view",
        command="alarms"),
    Action("log", "L", "app.open('log')", N_("log"), N_("The whole log"), "view", command="log", args="[FILTER]"),
    Action("audit", "at", "app.open('audit')", N_("audit"), N_("Who changed what"), "view", command="audit",
        args="[FILTER]"),
    Action("settings", "comma", "app.open('settings')", N_("settings"), N_("Settings and keys"), "view",
        command="settings"),
    Action("account", "", "app.open('account')", N_("account"), N_("One account"), "view", command="acct",
        args="[ACCOUNT]"),
    Action("loop", "", "app.open('loop')", N_("loop"), N_("One loop"), "view", command="loop", args="[LOOP]"),
    Action("stop.entries", "X", "app.stop_entries", N_("stop entries"), N_("Pause every loop: nothing new is opened"),
        "view"),
    Action("resume.all", "R", "app.resume_all", N_("resume all"), N_("Resume every loop, allow entries (asks)"),
        "view", level=Level.ASKS),
    Action("flatten.cancel", "C", "app.cancel_flatten", N_("call off"), N_("Call off the flatten at work (asks)"),
        "view", level=Level.ASKS),
    Action("live", "M", "app.go_live", N_("live"), N_("Real money: let an account trade, or not"), "view",
        level=Level.TYPED),
)  # fmt: skip
