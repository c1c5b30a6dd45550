"""The palette: every action that works here, found by a few letters of its name or of what it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from cockpit.actions.action import Action
from cockpit.actions.commands import usage
from cockpit.actions.keys import display
from cockpit.screens.dialog import Dialog
from widgets.columns import Column, Row
from widgets.entry import Entry
from widgets.grid import Grid
from widgets.i18n import N_, _
from widgets.paint import cell

START, APART = 8, 1
"""What a letter is worth at the start of a word, and what a gap before it costs."""
WHOLE, EXACT = 10, 1000
"""What it is worth that the letters stand together, and that they are the id or the command."""


def score(words: str, text: str) -> int | None:
    """How well the letters of `words` are found in `text`, in their order, blanks apart; None where they are not.

    The higher the better: letters that follow each other and those at the start of a word count more."""
    total, at = 0, -1
    folded = text.casefold()
    for letter in words.casefold():
        if letter.isspace():
            continue
        found = _best(folded, letter, at)
        if found < 0:
            return None
        starts = found == 0 or not folded[found - 1].isalnum()
        total += START if starts else 4 if found == at + 1 else 0
        total -= min(6, APART * (found - at - 1))
        at = found
    together = WHOLE if words.strip().casefold() in folded else 0
    return total + together - len(text) // 20


def _best(text: str, letter: str, after: int) -> int:
    """Where a letter is taken from: right behind the one before it, a word's start, else the next; -1: nowhere."""
    first = text.find(letter, after + 1)
    if first < 0 or first == after + 1:
        return first
    at = first
    while at >= 0:
        if not text[at - 1].isalnum():
            return at
        at = text.find(letter, at + 1)
    return first


def ranked(actions: Sequence[Action], words: str) -> list[Action]:
    """Those that fit, the best first; all in their order where nothing is typed."""
    if not words.strip():
        return list(actions)
    found: list[tuple[int, int, Action]] = []
    for order, action in enumerate(actions):
        texts = (_(action.label), _(action.help), action.id, action.command, action.help)
        scores = [s for s in (score(words, text) for text in texts if text) if s is not None]
        if scores:
            exact = EXACT if words.strip().casefold() in (action.id, action.command) else 0
            found.append((-max(scores) - exact, order, action))
    return [action for _score, _order, action in sorted(found, key=lambda each: each[:2])]


class PaletteDialog(Dialog[str]):
    """Returns the id of an action, None for none."""

    AUTO_FOCUS: ClassVar[str | None] = "Entry"
    HINTS: ClassVar[tuple[str, ...]] = ("move", "cancel")
    TITLE_TEXT: ClassVar[str] = N_("What to do: type a few letters, enter does it")

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = list(actions)
        self.entry = Entry("> ", id="paletteentry")
        self.found = Grid(
            (
                Column(N_("key"), 7, left=True),
                Column(N_("what it does"), 44, left=True, flex=True),
                Column(N_("id"), 10, keep=1, left=True),
            ),
            empty=(N_("Nothing has these letters in this order."),),
            id="palette",
        )
        self.found.can_focus = False

    def content(self) -> ComposeResult:
        yield self.entry
        yield self.found

    def on_mount(self) -> None:
        super().on_mount()
        self._fill("")

    def _fill(self, words: str) -> None:
        rows = [self._row(action) for action in ranked(self._actions, words)]
        self.found.show(rows)
        if rows:
            self.found.select(rows[0].key)

    def _row(self, action: Action) -> Row:
        words = cell(_(action.help))
        if action.needs_words:
            words = (*words, (f"  {usage(action)}", "dim"))
        return Row(action.id, (cell(display(action), "accent"), words, cell(action.id, "dim")))

    def on_entry_changed(self, event: Entry.Changed) -> None:
        self._fill(event.text)

    def on_entry_special(self, event: Entry.Special) -> None:
        steps = {"up": -1, "down": 1, "pageup": -self.found.page, "pagedown": self.found.page}.get(event.key)
        if steps is not None:
            self.found.move(steps)
        elif event.key == "escape":
            self.dismiss(None)

    def on_entry_submitted(self) -> None:
        self._choose()

    def _choose(self) -> None:
        chosen = self.found.selected
        if any(row.key == chosen for row in self.found.rows):
            self.dismiss(chosen)

    def on_click(self, event: events.Click) -> None:
        """A second click on the row of the cursor does it."""
        if event.widget is self.found and event.chain > 1:
            self._choose()
