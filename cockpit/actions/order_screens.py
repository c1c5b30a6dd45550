"""Keys of the screens that list what happened: orders, alarms, log, audit."""

from __future__ import annotations

from cockpit.actions.action import Action, Level
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("order.life", "enter", "life", N_("its life"), N_("The order from intent to end, step by step"), "orders"),
    Action("alarms.ack", "a", "ack", N_("ack"), N_("Acknowledge this alarm"), "alarms"),
    Action("alarms.ack.all", "A", "ack_all", N_("ack all"), N_("Acknowledge every alarm"), "alarms"),
    Action("alarms.drop", "D", "drop_alarm", N_("drop"), N_("Drop this alarm whatever its cause (asks)"), "alarms",
        level=Level.ASKS),
    Action("log.follow", "F", "follow", N_("follow"), N_("Follow the end of the log, or hold it"), "log"),
    Action("log.level", "m", "level", N_("level"), N_("All lines, warnings and errors, errors"), "log"),
    Action("source.previous", "left_square_bracket", "source(-1)", N_("source"), N_("Lines of the source before it"),
        "log", "["),
    Action("source.next", "right_square_bracket", "source(1)", N_("source"), N_("Lines of the next source alone"),
        "log", "]"),
    Action("log.times", "t", "times", N_("times"), N_("Time of day, to the millisecond, or age"), "log"),
    Action("audit.loop.previous", "left_square_bracket", "loop(-1)", N_("loop"), N_("The loop before it alone"),
        "audit", "["),
    Action("audit.loop.next", "right_square_bracket", "loop(1)", N_("loop"), N_("The next loop alone"),
        "audit", "]"),
)  # fmt: skip
