"""What is done to a loop, and to alarms."""

from __future__ import annotations

from cockpit.actions.action import Action, Level
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("launch", "n", "app.launch", N_("launch"), N_("Launch a loop"), "overview", command="launch",
        args="[hedge NAME=VALUE…]"),
    Action("size.down", "less_than_sign", "nudge(-1)", N_("less"), N_("Stage a smaller size, or what m has chosen"),
        "loop", "<",
        level=Level.STAGED),
    Action("size.up", "greater_than_sign", "nudge(1)", N_("more"), N_("Stage a larger size, or what m has chosen"),
        "loop", ">",
        level=Level.STAGED),
    Action("cycles.down", "left_curly_bracket", "stage('iterations', -1)", N_("cycles -"), N_("Stage one cycle fewer"),
        "loop", "{", level=Level.STAGED),
    Action("cycles.up", "right_curly_bracket", "stage('iterations', 1)", N_("cycles +"), N_("Stage one cycle more"),
        "loop", "}", level=Level.STAGED),
    Action("apply", "enter", "apply", N_("send"), N_("Send what is staged"), "loop"),
    Action("drop", "escape", "drop", N_("drop"), N_("Drop what is staged"), "overview", "esc"),
    Action("undo", "u", "undo", N_("undo"), N_("Send the old values of your last change"), "loop", command="undo"),
    Action("mix", "m", "mix", N_("mix"), N_("All live parameters side by side"), "loop", command="mix"),
    Action("edit", "e", "edit", N_("edit"), N_("Edit its live parameters exactly"), "loop"),
    Action("pause", "p", "pause", N_("pause"), N_("Pause the selected loop"), "loop", command="pause",
        args="[LOOP|all]"),
    Action("resume", "r", "resume", N_("resume"), N_("Resume the selected loop"), "loop",
        command="resume", args="[LOOP|all]"),
    Action("stop", "x", "stop", N_("stop"), N_("Stop the selected loop (asks how)"), "loop", level=Level.ASKS,
        command="stop", args="[LOOP cycle|now|flatten]"),
    Action("alarm.ack", "a", "app.acknowledge", N_("ack"), N_("Acknowledge the alarm on top"), "overview",
        command="ack", args="[all]"),
    Action("alarm.ack.all", "A", "app.acknowledge_all", N_("ack all"), N_("Acknowledge every alarm"), "overview"),
    Action("size", "", "app.command_line('size ')", N_("size"), N_("Stage exactly this size"), "loop",
        level=Level.STAGED,
        command="size", args="SIZE"),
    Action("cycles", "", "app.command_line('iter ')", N_("cycles"), N_("Stage exactly so many cycles"), "loop",
        level=Level.STAGED,
        command="iter", args="CYCLES"),
    Action("set", "", "app.command_line('set ')", N_("set"), N_("Stage a parameter's value"), "loop",
        level=Level.STAGED,
        command="set", args="PARAM VALUE"),
)  # fmt: skip
