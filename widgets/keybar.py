"""The bottom line: the keys that matter here, or the desk's answer to the last command."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from widgets.lines import Lines
from widgets.paint import Cell, Span, fit, width_of

MESSAGE_INKS = {"info": "up", "warning": "warn", "error": "crit"}
SIGNS = {"info": "✓", "warning": "!", "error": "✗"}

WHOLE: Span = (" :messages", "dim")
"""Behind a message that had to be cut: where it stands whole."""

KEPT = 2
"""Hints at the right end that are always there."""


class KeyBar(Lines):
    def __init__(self) -> None:
        super().__init__(((),), id="keybar")
        self._hints: tuple[tuple[str, str], ...] = ()
        self._message: Cell = ()

    def hints(self, hints: Sequence[tuple[str, str]]) -> None:
        """(key, what it does), the most important first; what does not fit is left to the help. The last two stay."""
        self._hints = tuple(hints)
        self._fill()

    def say(self, text: str, level: str = "info") -> None:
        """Show a message instead of the keys; an empty one brings the keys back."""
        ink = MESSAGE_INKS.get(level, "text")
        self._message = ((f" {SIGNS.get(level, ' ')} {text}", ink),) if text else ()
        self._fill()

    @property
    def message(self) -> str:
        return "".join(text for text, _ink in self._message).strip()

    def on_resize(self, _event: events.Resize) -> None:
        self._fill()

    def _fill(self) -> None:
        width = self.size.width or self.app.size.width
        last = tuple(span for hint in self._hints[-KEPT:] for span in self._hint(*hint))
        room = width - width_of(last) - 1
        if self._message:
            line = list(self._message)
            if width_of(self._message) > room:
                line = [*fit(self._message, room - width_of((WHOLE,))), WHOLE]
        else:
            line = []
            for key, label in self._hints[:-KEPT]:
                spans = self._hint(key, label)
                if width_of(tuple(line)) + width_of(spans) > room:
                    break
                line += spans
        gap: Span = (" " * max(0, width - width_of(tuple(line)) - width_of(last) - 1), "text")
        self.show(((*line, gap, *last),))

    def _hint(self, key: str, label: str) -> tuple[Span, ...]:
        return ((f" {key}", "accent"), (f" {label} ", "dim"))
