"""The command line at the bottom: it lies over the key bar while the screen goes on above it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from cockpit.actions.commands import WORDS, CommandError, Spoken, Vocabulary, candidates, complete, parse, usage
from cockpit.command_history import CommandHistory
from widgets.entry import Entry
from widgets.i18n import _
from widgets.lines import Lines
from widgets.paint import Cell, cell, fit, wrapped

Speak = Callable[[Spoken, Callable[[], None]], Awaitable[None]]
"""Does what was said; calls back once it is sure to be done, before it opens or changes anything. Raises
`CommandError`."""

TOLD = 4
"""Lines that a mistake may take."""


class CommandLine(Vertical):
    """Enter, pressed as a key, runs what stands there; a line with a mistake stays, with what would be right."""

    DEFAULT_CSS = """
    CommandLine { layer: above; dock: bottom; height: auto; }
    CommandLine Entry, CommandLine Lines { background: $panel; width: 1fr; }
    """

    def __init__(self, speak: Speak, vocabulary: Vocabulary, history: CommandHistory, text: str = "") -> None:
        super().__init__()
        self._speak = speak
        self._vocabulary = vocabulary
        self._history = history
        self._at: int | None = None
        """Place in the history; None: what is typed now."""
        self._draft = ""
        self.before: Widget | None = None
        """What had the keys, and gets them back."""
        self.closed = False
        self.words = Lines(((),))
        self.entry = Entry(":")
        self._start = text

    def compose(self) -> ComposeResult:
        yield self.words
        yield self.entry

    def on_mount(self) -> None:
        self.before = self.screen.focused
        self.entry.put(self._start)
        self.entry.focus()
        self._suggest()

    def close(self) -> None:
        """Give the keys back to where they were."""
        if self.closed or not self.is_attached:
            return
        self.closed = True
        before, screen = self.before, self.screen
        if before is not None and before.is_attached and before.focusable:
            screen.set_focus(before, scroll_visible=False)
        else:
            screen.set_focus(None)
        self.remove()

    # -- words

    def tell(self, text: str, ink: str) -> None:
        """The lines above: what would be right, what there is to choose from."""
        self.words.show([cell(f" {line}", ink) for line in wrapped(text, self.app.size.width - 2, TOLD)])

    def _show(self, line: Cell) -> None:
        self.words.show((fit(line, self.app.size.width),))

    def _suggest(self) -> None:
        typed, near = candidates(self.entry.text, self._vocabulary)
        if near and (len(near) > 1 or near[0] != typed):
            self._show(((" " + "  ".join(near), "dim"),))
            return
        said = self.entry.text.split()
        idle = cell(_(" tab completes, ↑ what was typed before, esc closes"), "dim")
        self._show(self._explain(said[0]) if said else idle)

    def _explain(self, word: str) -> Cell:
        action = WORDS.get(word)
        if action is None:
            return ()
        return ((f" {usage(action)}", "accent"), (f"  {_(action.help)}", "dim"))

    def on_entry_changed(self) -> None:
        self._suggest()

    def on_entry_cut(self) -> None:
        self.tell(_("only the first line was taken from what was pasted; enter runs it"), "warn")

    # -- keys

    def on_entry_special(self, event: Entry.Special) -> None:
        if event.key == "escape":
            self.close()
        elif event.key == "tab":
            self.entry.put(complete(self.entry.text, self._vocabulary))
            self._suggest()
        elif event.key in ("up", "down"):
            self._recall(-1 if event.key == "up" else 1)

    def _recall(self, steps: int) -> None:
        lines = self._history.lines
        if self._at is None:
            self._draft = self.entry.text
        at = (len(lines) if self._at is None else self._at) + steps
        if at >= len(lines):
            self._at = None
            self.entry.put(self._draft)
        elif at >= 0:
            self._at = at
            self.entry.put(lines[at])

    def on_entry_submitted(self, event: Entry.Submitted) -> None:
        try:
            spoken = parse(event.text)
        except CommandError as error:
            self.tell(f"✗ {error}", "crit")
            return
        if spoken is None:
            self.close()
        else:
            # the app's worker: one of this widget would end with it
            self.app.run_worker(self._run(spoken, event.text), group="command line", exclusive=True)

    async def _run(self, spoken: Spoken, text: str) -> None:
        def sure() -> None:
            self._history.add(text)
            self.close()

        try:
            await self._speak(spoken, sure)
        except CommandError as error:
            self.tell(f"✗ {error}", "crit")
