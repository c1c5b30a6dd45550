"""What goes wrong with keys, in words that say what to do. No text here ever holds a value of a key."""

from __future__ import annotations


class KeysError(Exception):
    """Something about keys or the keyring; the text ends with what would help."""

    def __init__(self, text: str, mend: str = "") -> None:
        super().__init__(f"{text}; {mend}" if mend else text)
        self.text = text
        self.mend = mend


class NoSuchKey(KeysError):
    """The keyring answered, and has nothing under this name."""
