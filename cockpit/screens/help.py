"""The help: the keys of the screen one came from, as the operator has them; and what the key bar has said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll

from cockpit.actions.action import Action, Scope
from cockpit.actions.keys import display
from cockpit.actions.registry import SAFETY, at_place
from cockpit.screens.dialog import Dialog
from widgets import format as fmt
from widgets.entry import Entry
from widgets.i18n import N_, _
from widgets.lines import Lines
from widgets.paint import Cell, cell, fit, width_of, wrapped

BY_WIDTH = [(0, "-narrow"), (118, "-normal")]
"""Classes of the help by width of the window: one column or two."""
TITLES: dict[Scope, str] = {
    "loop": N_("The selected loop"),
    "table": N_("Tables"),
    "move": N_("Moving"),
    "back": N_("Moving"),
    "view": N_("Screens"),
    "app": N_("Everywhere"),
}
"""Groups of the help by scope; a scope that is not named is the screen's own."""
ORDER = (N_("Safety"), N_("This screen"), *dict.fromkeys(TITLES.values()))
KEY_WIDTH = 9


def groups(scopes: Iterable[Scope]) -> list[tuple[str, list[Action]]]:
    """(title, actions that a key reaches) of a screen with these scopes, what is for safety first."""
    found: dict[str, list[Action]] = {title: [] for title in ORDER}
    for action in at_place(scopes):
        if display(action):
            title = ORDER[0] if action.id in SAFETY else TITLES.get(action.scope, ORDER[1])
            found[title].append(action)
    found[ORDER[0]].sort(key=lambda action: SAFETY.index(action.id))
    return [(title, actions) for title, actions in found.items() if actions]


def matches(action: Action, words: str) -> bool:
    """Whether every word occurs in key, label, help, id or command, whatever the case."""
    text = " ".join((display(action), _(action.label), _(action.help), action.help, action.id, action.command))
    return all(word in text.casefold() for word in words.casefold().split())


def two_columns(parts: Sequence[list[Cell]]) -> tuple[list[Cell], list[Cell]]:
    """Groups one after the other in two columns that are as equal as whole groups allow."""
    total = sum(len(part) for part in parts)
    left: list[Cell] = []
    right: list[Cell] = []
    for part in parts:
        target = left if not right and len(left) + len(part) / 2 <= total / 2 else right
        target += part
    return left, right


class HelpDialog(Dialog[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("slash", "filter", "filter")]
    AUTO_FOCUS: ClassVar[str | None] = "VerticalScroll"
    HORIZONTAL_BREAKPOINTS = BY_WIDTH
    TITLE_TEXT: ClassVar[str] = N_("Keys   / filters, esc closes")

    def __init__(self, scopes: Iterable[Scope]) -> None:
        """`scopes` of the screen whose keys are shown."""
        super().__init__()
        self._groups = groups(scopes)
        self.columns = (Lines(classes="helpcolumn"), Lines(classes="helpcolumn"))
        self.entry = Entry("/", id="helpfilter")

    def content(self) -> ComposeResult:
        self.entry.display = False
        yield self.entry
        with VerticalScroll(), Horizontal(id="helpcolumns"):
            yield from self.columns
        self._fill("")

    def _fill(self, words: str) -> None:
        parts = []
        for title, actions in self._groups:
            kept = [action for action in actions if not words or matches(action, words)]
            lines = [self._line(list(alike)) for _help, alike in groupby(kept, key=lambda action: action.help)]
            if lines:
                parts.append([cell(_(title), "head"), *lines, ()])
        if not parts:
            parts = [[cell(_("No key has these words; backspace, or esc and / anew."), "dim"), ()]]
        for column, lines in zip(self.columns, two_columns(parts), strict=True):
            column.show(lines)

    def _line(self, alike: Sequence[Action]) -> Cell:
        """One line for neighbours that do the same to different things: `1…9`."""
        keys = display(alike[0])
        if len(alike) > 1:
            keys = f"{keys}…{display(alike[-1])}"
        shown = fit(((f" {keys}", "accent"),), KEY_WIDTH + 1)
        pad = " " * max(1, KEY_WIDTH + 2 - width_of(shown))
        return (*shown, (pad, "text"), (_(alike[0].help), "text"))

    def action_filter(self) -> None:
        self.entry.display = True
        self.entry.focus()

    def on_entry_changed(self, event: Entry.Changed) -> None:
        self._fill(event.text)

    def on_entry_submitted(self) -> None:
        self.query_one(VerticalScroll).focus()

    def on_entry_special(self, event: Entry.Special) -> None:
        """Escape takes the filter away, and closes once there is none."""
        if event.key != "escape":
            self.query_one(VerticalScroll).focus()
        elif self.entry.text:
            self.entry.put("")
        else:
            self.dismiss(None)


class MessagesDialog(Dialog[None]):
    """What was said in the key bar, whole, the newest first."""

    AUTO_FOCUS: ClassVar[str | None] = "VerticalScroll"
    TITLE_TEXT: ClassVar[str] = N_("Messages")

    def __init__(self, said: Sequence[tuple[int, str, str]]) -> None:
        """`said`: (time in ns, level, text), the oldest first."""
        super().__init__()
        self._said = tuple(said)

    def content(self) -> ComposeResult:
        width = min(self.app.size.width, 92) - 6
        lines: list[Cell] = []
        for ts, level, text in reversed(self._said):
            ink = {"error": "crit", "warning": "warn"}.get(level, "text")
            lines += message_lines(f"{fmt.utc(ts)} ", text, ink, width)
        with VerticalScroll():
            yield Lines(lines or [cell(_("Nothing was said yet."), "dim")])


def message_lines(head: str, text: str, ink: str, width: int) -> list[Cell]:
    """A whole text in lines of `width` columns, `head` before the first; a word longer than that is broken too."""
    room = width - len(head)
    words = (word[at : at + room] for word in text.split() for at in range(0, len(word), room))
    lines = wrapped(" ".join(words), room, len(text))
    return [((head if not at else " " * len(head), "dim"), (line, ink)) for at, line in enumerate(lines)]
