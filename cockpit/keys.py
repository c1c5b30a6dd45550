"""Every key of the cockpit in one place: bindings, the key bar and the help are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

Scope = Literal["app", "overview", "move", "back", "dialog"]


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    """Stable name, for keymaps."""
    keys: str
    """As Textual names them, comma-separated."""
    action: str
    label: str
    """A word or two, for the key bar."""
    tooltip: str
    """One line, for the help."""
    scope: Scope
    shown: str = ""
    """The keys as a person reads them; empty: as in `keys`."""
    priority: bool = False

    @property
    def display(self) -> str:
        return self.shown or self.keys.split(",")[0]


KEYS: tuple[Key, ...] = (
    # -- everywhere
    Key("flatten", "ctrl+x", "flatten", "flatten", "Flatten all: the list, then once more", "app",
        "^x ^x", priority=True),
    Key("detach", "q", "detach", "detach", "Leave the screen; the desk goes on", "app"),
    Key("detach.any", "ctrl+q", "detach", "detach", "Leave from anywhere, dialogs too", "app", priority=True),
    Key("help", "question_mark,f1", "help", "help", "These keys", "app", "?"),
    Key("theme", "T", "next_theme", "theme", "Next theme", "app"),
    Key("screenshot", "ctrl+s", "screenshot_svg", "picture", "Picture of the screen (SVG, state folder)", "app"),
    # -- loops
    Key("launch", "n", "launch", "launch", "Launch a loop", "overview"),
    Key("size.down", "less_than_sign", "stage('size', -1)", "size -", "Stage a smaller size", "overview", "<"),
    Key("size.up", "greater_than_sign", "stage('size', 1)", "size +", "Stage a larger size", "overview", ">"),
    Key("cycles.down", "left_curly_bracket", "stage('iterations', -1)", "cycles -", "Stage one cycle fewer", "overview",
        "{"),
    Key("cycles.up", "right_curly_bracket", "stage('iterations', 1)", "cycles +", "Stage one cycle more", "overview",
        "}"),
    Key("apply", "enter", "apply", "send", "Send what is staged", "overview"),
    Key("drop", "escape", "drop", "drop", "Drop what is staged", "overview", "esc"),
    Key("edit", "e", "edit", "edit", "Edit its live parameters exactly", "overview"),
    Key("pause", "p", "pause", "pause", "Pause the selected loop", "overview"),
    Key("resume", "r", "resume", "resume", "Resume the selected loop", "overview"),
    Key("stop", "x", "stop", "stop", "Stop the selected loop (asks how)", "overview"),
    Key("stop.entries", "X", "stop_entries", "stop entries", "Pause every loop: nothing new is opened", "overview"),
    Key("resume.all", "R", "resume_all", "resume all", "Resume every loop, allow entries (asks)",
        "overview"),
    Key("alarm.ack", "a", "acknowledge", "ack", "Acknowledge the alarm on top", "overview"),
    Key("alarm.ack.all", "A", "acknowledge_all", "ack all", "Acknowledge every alarm", "overview"),
    Key("flatten.cancel", "C", "cancel_flatten", "call off", "Call off the flatten at work (asks)", "overview"),
    Key("live", "M", "go_live", "live", "Real money: let an account trade, or not", "overview"),
    # -- views
    Key("orders", "o", "orders", "orders", "Orders", "overview"),
    Key("log", "L", "log", "log", "The whole log", "overview"),
    Key("zoom", "z", "zoom", "zoom", "Panel over the whole screen, and back", "overview"),
    Key("display", "space", "toggle_display", "hold", "Hold the display still; the desk goes on", "overview"),
    Key("panel.next", "tab,l,right", "panel(1)", "next panel", "Next panel", "overview", "tab l →"),
    Key("panel.previous", "shift+tab,h,left", "panel(-1)", "previous panel", "Previous panel", "overview", "⇧tab h ←"),
    *(
        Key(f"panel.{number}", str(number), f"show_panel({number})", name, f"Panel {number}: {name}", "overview")
        for number, name in enumerate(("loops", "positions", "spreads", "wear", "funding", "log"), 1)
    ),
    # -- moving in a table
    Key("up", "up,k", "move(-1)", "up", "One row up", "move", "↑ k"),
    Key("down", "down,j", "move(1)", "down", "One row down", "move", "↓ j"),
    Key("page.up", "pageup", "move_page(-1)", "page up", "One page up", "move"),
    Key("page.down", "pagedown", "move_page(1)", "page down", "One page down", "move"),
    Key("first", "g,home", "move(-100000)", "first", "First row", "move", "g"),
    Key("last", "G,end", "move(100000)", "last", "Last row", "move", "G"),
    # -- leaving a view or a dialog
    Key("back", "escape", "back", "back", "Back to the overview", "back", "esc"),
    Key("cancel", "escape", "cancel", "cancel", "Close without doing anything", "dialog", "esc"),
    Key("submit", "ctrl+enter", "submit", "confirm", "Confirm a form (or tab to its button, then enter)", "dialog"),
)  # fmt: skip

BY_ID = {key.id: key for key in KEYS}

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
            tooltip=key.tooltip,
            id=f"{key.scope}.{key.id}",
            priority=key.priority,
        )
        for key in KEYS
        if key.scope in scopes
    ]


HINT_PAIRS = {"size": ("< >", "size"), "cycles": ("{ }", "cycles"), "move": ("↑ ↓", "move"), "fields": ("⇥", "button")}
"""Keys that the bar shows together."""


def hints(*ids: str) -> list[tuple[str, str]]:
    """(key, label) pairs for the key bar."""
    return [HINT_PAIRS[name] if name in HINT_PAIRS else (BY_ID[name].display, BY_ID[name].label) for name in ids]
