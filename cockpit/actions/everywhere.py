"""What works on every screen, dialogs too."""

from __future__ import annotations

from cockpit.actions.action import Action, Level
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("flatten", "ctrl+x", "flatten", N_("flatten"), N_("Flatten all: the list, then once more"), "app", "^x ^x",
        priority=True, level=Level.CHORD, command="flatten", args="[ACCOUNT]"),
    Action("reduce", "ctrl+t", "reduce", N_("reduce"), N_("Reduce all by a part: the list, once more"), "app", "^t ^t",
        priority=True, level=Level.CHORD, command="reduce", args="[25|50|75]"),
    Action("detach", "q", "detach", N_("detach"), N_("Leave the screen; the desk goes on"), "app", command="q"),
    Action("detach.any", "ctrl+q", "detach", N_("detach"), N_("Leave from anywhere, dialogs too"), "app",
        priority=True),
    Action("suspend", "ctrl+z", "suspend", N_("suspend"), N_("Back to the shell; fg returns here"), "app", "^z",
        priority=True),
    Action("help", "question_mark,f1", "help", N_("help"), N_("The keys of this screen"), "app", command="help"),
    Action("palette", "ctrl+p", "palette", N_("palette"), N_("Find an action by a few letters"), "app"),
    Action("command", "colon", "command_line", N_("command"), N_("Command line; tab completes"), "app"),
    Action("jump", "ctrl+o", "jump", N_("jump"), N_("A letter for each panel: go there"), "app"),
    Action("theme", "T", "next_theme", N_("theme"), N_("Next theme"), "app", command="theme", args="[THEME]"),
    Action("language", "", "next_language", N_("language"), N_("Next language"), "app", command="lang",
        args="[LANGUAGE]"),
    Action("screenshot", "ctrl+s", "screenshot_svg", N_("picture"), N_("Picture of the screen (SVG, state folder)"),
        "app"),
    Action("messages", "", "messages", N_("messages"), N_("What was said in the key bar, in full"), "app",
        command="messages"),
)  # fmt: skip
