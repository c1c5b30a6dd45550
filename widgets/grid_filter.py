"""The line in a grid's border in which a filter is typed."""

from __future__ import annotations

CARET = "▏"
LONGEST = 60
"""Characters that a filter may have."""


class FilterLine:
    """Text and caret; knows keys by Textual's names, and nothing of rows."""

    def __init__(self) -> None:
        self.text = ""
        self.open = False
        """Whether keys go into it now."""
        self._caret = 0

    def begin(self) -> None:
        """Go on with what stands there."""
        self.open = True
        self._caret = len(self.text)

    def set(self, text: str) -> None:
        """Another text, caret behind it; what stands beyond a line break or is too long is left out."""
        line = text.splitlines()[0] if text.strip() else ""
        self.text = "".join(char for char in line if char.isprintable())[:LONGEST]
        self._caret = len(self.text)

    def paste(self, text: str) -> None:
        """Put the first line of a text where the caret stands."""
        line = text.splitlines()[0] if text.strip() else ""
        for char in line:
            if char.isprintable():
                self._type(char)

    def key(self, key: str, character: str | None) -> bool:
        """Take a key in; False for one that means nothing here. While it is closed that is every key but escape, which
        first brings back the rows that a filter hides."""
        if key == "escape" and (self.open or self.text):
            self.open = False
            self.set("")
        elif not self.open:
            return False
        elif key == "enter":
            self.open = False
        elif key in ("left", "right"):
            self._caret = max(0, min(len(self.text), self._caret + (1 if key == "right" else -1)))
        elif key == "backspace":
            self._cut(max(0, self._caret - 1), self._caret)
        elif key == "delete":
            self._cut(self._caret, self._caret + 1)
        elif key == "ctrl+u":
            self._cut(0, self._caret)
        elif key == "ctrl+w":
            self._cut(self._word_start(), self._caret)
        elif character is not None and character.isprintable():
            self._type(character)
        else:
            return False
        return True

    @property
    def shown(self) -> str:
        """As it stands in the border, with its caret while it is typed."""
        if not self.open:
            return self.text
        return self.text[: self._caret] + CARET + self.text[self._caret :]

    def _type(self, text: str) -> None:
        if len(self.text) < LONGEST:
            self.text = self.text[: self._caret] + text + self.text[self._caret :]
            self._caret += len(text)

    def _cut(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self._caret = start

    def _word_start(self) -> int:
        return len(self.text[: self._caret].rstrip().rpartition(" ")[0].rstrip(" ")) if self._caret else 0
