"""What is done to a loop, to all of them, and to alarms."""

from __future__ import annotations

from cockpit.actions.action import Action, Level
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("launch", "n", "launch", N_("launch"), N_("Launch a loop"), "overview"),
    Action("size.down", "less_than_sign", "stage('size', -1)", N_("size -"), N_("Stage a smaller size"), "loop", "<",
        level=Level.STAGED),
    Action("size.up", "greater_than_sign", "stage('size', 1)", N_("size +"), N_("Stage a larger size"), "loop", ">",
        level=Level.STAGED),
    Action("cycles.down", "left_curly_bracket", "stage('iterations', -1)", N_("cycles -"), N_("Stage one cycle fewer"),
        "loop", "{", level=Level.STAGED),
    Action("cycles.up", "right_curly_bracket", "stage('iterations', 1)", N_("cycles +"), N_("Stage one cycle more"),
        "loop", "}", level=Level.STAGED),
    Action("apply", "enter", "apply", N_("send"), N_("Send what is staged"), "loop"),
    Action("drop", "escape", "drop", N_("drop"), N_("Drop what is staged"), "loop", "esc"),
    Action("edit", "e", "edit", N_("edit"), N_("Edit its live parameters exactly"), "loop"),
    Action("pause", "p", "pause", N_("pause"), N_("Pause the selected loop"), "loop"),
    Action("resume", "r", "resume", N_("resume"), N_("Resume the selected loop"), "loop"),
    Action("stop", "x", "stop", N_("stop"), N_("Stop the selected loop (asks how)"), "loop", level=Level.ASKS),
    Action("stop.entries", "X", "stop_entries", N_("stop entries"), N_("Pause every loop: nothing new is opened"),
        "overview"),
    Action("resume.all", "R", "resume_all", N_("resume all"), N_("Resume every loop, allow entries (asks)"),
        "overview", level=Level.ASKS),
    Action("alarm.ack", "a", "acknowledge", N_("ack"), N_("Acknowledge the alarm on top"), "overview"),
    Action("alarm.ack.all", "A", "acknowledge_all", N_("ack all"), N_("Acknowledge every alarm"), "overview"),
    Action("flatten.cancel", "C", "cancel_flatten", N_("call off"), N_("Call off the flatten at work (asks)"),
        "overview", level=Level.ASKS),
    Action("live", "M", "go_live", N_("live"), N_("Real money: let an account trade, or not"), "overview",
        level=Level.TYPED),
)  # fmt: skip
