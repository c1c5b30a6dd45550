"""One line that is typed into: what the command line, the palette and the filter of the help are made of."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.paint import Painted, Span, fit, width_of


class Entry(Painted, can_focus=True):
    """Printable keys are text here, never bindings of the screen below. What is pasted is text up to its first line's
    end, and runs nothing."""

    DEFAULT_CSS = "Entry { height: 1; }"

    class Changed(Message):
        """The text is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Message):
        """Enter was pressed, as a key."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Special(Message):
        """A key that edits nothing: escape, up, down, tab, pageup, pagedown."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Cut(Message):
        """More than one line was pasted; the first one was taken."""

    SPECIAL = frozenset(("escape", "up", "down", "tab", "shift+tab", "pageup", "pagedown"))

    def __init__(self, prompt: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.prompt = prompt
        self.text = ""
        self._caret = 0
        self.hint = ""
        """Faint words behind the text."""

    def put(self, text: str, caret: int | None = None) -> None:
        """Have this text, the caret at its end or where it is told to be."""
        changed = text != self.text
        self.text = text
        self._caret = len(text) if caret is None else max(0, min(len(text), caret))
        self.refresh()
        if changed:
            self.post_message(self.Changed(text))

    @property
    def caret(self) -> int:
        return self._caret

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        key = event.key
        if key == "enter":
            self.post_message(self.Submitted(self.text))
        elif key in self.SPECIAL:
            self.post_message(self.Special(key))
        elif not self._edit(event):
            return
        event.stop()
        event.prevent_default()

    def _edit(self, event: events.Key) -> bool:
        text, at, key = self.text, self._caret, event.key
        if key == "left":
            self.put(text, max(0, at - 1))
        elif key == "right":
            self.put(text, at + 1)
        elif key in ("home", "ctrl+a"):
            self.put(text, 0)
        elif key in ("end", "ctrl+e"):
            self.put(text)
        elif key == "backspace":
            if at:
                self.put(text[: at - 1] + text[at:], at - 1)
        elif key == "delete":
            self.put(text[:at] + text[at + 1 :], at)
        elif key == "ctrl+u":
            self.put(text[at:], 0)
        elif key == "ctrl+w":
            keep = text[:at].rstrip().rpartition(" ")
            head = keep[0] + keep[1]
            self.put(head + text[at:], len(head))
        elif event.is_printable and event.character:
            self.put(text[:at] + event.character + text[at:], at + len(event.character))
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        lines = event.text.strip("\r\n").splitlines()
        if not lines:
            return
        clean = "".join(char for char in lines[0] if char.isprintable())
        self.put(self.text[: self._caret] + clean + self.text[self._caret :], self._caret + len(clean))
        if len(event.text.splitlines()) > 1 or event.text != lines[0]:
            self.post_message(self.Cut())

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        self.lines_painted += 1
        return self.entry_line(self.size.width) if y == 0 else self.strip_of((), self.size.width)

    def entry_line(self, width: int) -> Strip:
        """Prompt, text with its caret, hint; a text longer than the line is shown around the caret."""
        room = max(4, width - width_of(((self.prompt, "text"),)) - 1)
        start = 0
        while width_of(((self.text[start : self._caret], "text"),)) >= room:
            start += 1
        at = self._caret - start
        shown = self.text[start:]
        under = shown[at : at + 1] or " "
        spans: list[Span] = [(self.prompt, "accent"), (shown[:at], "bright")]
        spans.append((under, "badge-paper" if self.has_focus else "bright"))
        spans.append((shown[at + 1 :], "bright"))
        if self.hint:
            spans.append((f"  {self.hint}", "dim"))
        return self.strip_of(fit(tuple(spans), width), width)
