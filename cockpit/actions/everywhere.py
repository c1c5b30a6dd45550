"""What works on every screen, dialogs too."""

from __future__ import annotations

from cockpit.actions.action import Action, Level
from widgets.i18n import N_

ACTIONS: tuple[Action, ...] = (
    Action("flatten", "ctrl+x", "flatten", N_("flatten"), N_("Flatten all: the list, then once more"), "app", "^x ^x",
        priority=True, level=Level.CHORD),
    Action("detach", "q", "detach", N_("detach"), N_("Leave the screen; the desk goes on"), "app"),
    Action("detach.any", "ctrl+q", "detach", N_("detach"), N_("Leave from anywhere, dialogs too"), "app",
        priority=True),
    Action("help", "question_mark,f1", "help", N_("help"), N_("These keys"), "app", "?"),
    Action("theme", "T", "next_theme", N_("theme"), N_("Next theme"), "app"),
    Action("screenshot", "ctrl+s", "screenshot_svg", N_("picture"), N_("Picture of the screen (SVG, state folder)"),
        "app"),
)  # fmt: skip
