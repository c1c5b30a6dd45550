"""One line that is typed into unseen: for keys and passphrases."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from venues.model.secret import Secret
from widgets.i18n import _
from widgets.paint import Painted, Span, fit

MOST = 8_192
"""Characters taken; a key is shorter."""
DOTS = 24


class HiddenEntry(Painted, can_focus=True):
    """What is typed is in no message, no attribute that prints, and on no screen; `take` hands it over once."""

    DEFAULT_CSS = "HiddenEntry { height: 1; }"

    class Submitted(Message):
        """Enter was pressed, as a key. What was typed is fetched with `take`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._typed = Secret("")

    @property
    def count(self) -> int:
        """Characters typed so far."""
        return len(self._typed.reveal())

    def take(self) -> Secret:
        """What was typed; nothing is left here."""
        typed, self._typed = self._typed, Secret("")
        self.refresh()
        return typed

    def clear(self) -> None:
        self.take()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self.post_message(self.Submitted())
        elif event.key in ("backspace", "delete"):
            self._typed = Secret(self._typed.reveal()[:-1])
        elif event.key == "ctrl+u":
            self._typed = Secret("")
        elif event.is_printable and event.character:
            self._add(event.character)
        else:
            return
        event.stop()
        event.prevent_default()
        self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """A key is pasted more often than typed. A line's end in it is left out, and sends nothing."""
        event.stop()
        self._add("".join(char for char in event.text.strip() if char.isprintable()))
        self.refresh()

    def _add(self, text: str) -> None:
        self._typed = Secret((self._typed.reveal() + text)[:MOST])

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        self.lines_painted += 1
        if y:
            return self.strip_of((), self.size.width)
        spans: list[Span] = [("> ", "accent"), ("•" * min(self.count, DOTS), "bright")]
        spans.append((" ", "badge-paper" if self.has_focus else "text"))
        words = _("{count} characters, not shown").format(count=self.count) if self.count else _("is not shown")
        spans.append((f"  {words}", "dim"))
        return self.strip_of(fit(tuple(spans), self.size.width), self.size.width)
