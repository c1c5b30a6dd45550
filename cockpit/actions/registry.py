"""The whole list, and what is made from it: bindings, groups of the help, the key bar."""

from __future__ import annotations

from textual.binding import Binding

from cockpit.actions import everywhere, loops, tables, views
from cockpit.actions.action import Action, Scope

ACTIONS: tuple[Action, ...] = (*everywhere.ACTIONS, *loops.ACTIONS, *views.ACTIONS, *tables.ACTIONS)

BY_ID = {key.id: key for key in ACTIONS}

HELP_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Safety", ("flatten", "stop.entries", "resume.all", "live", "flatten.cancel", "alarm.ack", "alarm.ack.all")),
    (
        "Loops",
        (
            "launch",
            "size.down",
            "size.up",
            "cycles.down",
            "cycles.up",
            "apply",
            "drop",
            "edit",
            "pause",
            "resume",
            "stop",
        ),
    ),
    ("Views", ("orders", "log", "zoom", "display", "help", "theme", "screenshot", "detach", "detach.any")),
    ("Moving", ("panel.next", "panel.previous", "up", "down", "page.up", "page.down", "first", "last", "back")),
)
"""Groups of the help, by id; what is named nowhere (numbers, keys of dialogs) explains itself."""


def bindings(*scopes: Scope) -> list[Binding]:
    """Textual's bindings of some scopes, with id and tooltip for keymaps and help."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label,
            show=False,
            key_display=key.display,
            tooltip=key.help,
            id=f"{key.scope}.{key.id}",
            priority=key.priority,
        )
        for key in ACTIONS
        if key.scope in scopes
    ]


HINT_PAIRS = {"size": ("< >", "size"), "cycles": ("{ }", "cycles"), "move": ("↑ ↓", "move"), "fields": ("⇥", "button")}
"""Keys that the bar shows together."""


def hints(*ids: str) -> list[tuple[str, str]]:
    """(key, label) pairs for the key bar."""
    return [HINT_PAIRS[name] if name in HINT_PAIRS else (BY_ID[name].display, BY_ID[name].label) for name in ids]
