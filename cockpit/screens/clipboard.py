"""Text to the clipboard of the terminal one sits at, by OSC 52, through tmux and screen too."""

from __future__ import annotations

import base64
from collections.abc import Mapping

LIMIT = 100_000
"""Bytes of text; terminals drop longer ones without a word."""
SCREEN_CHUNK = 700
"""Bytes that GNU screen passes on in one piece."""


class TooLong(ValueError):
    """More text than a terminal takes."""


def sequence(text: str, environ: Mapping[str, str]) -> str:
    """What to write to the terminal. Raises `TooLong`.

    tmux takes the plain sequence where `set-clipboard` is on, and hands on the wrapped one where `allow-passthrough`
    is; nobody knows which, so it gets both."""
    data = text.encode()
    if len(data) > LIMIT:
        raise TooLong
    plain = f"\x1b]52;c;{base64.b64encode(data).decode()}\a"
    if environ.get("TMUX"):
        doubled = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{doubled}\x1b\\"
    if environ.get("STY"):
        pieces = [plain[at : at + SCREEN_CHUNK] for at in range(0, len(plain), SCREEN_CHUNK)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain
