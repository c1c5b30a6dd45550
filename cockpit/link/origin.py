"""Who is at the other end, by his own word: fit to be shown on the terminals of others."""

from __future__ import annotations

LONGEST = 64
"""Characters of an origin that are kept."""

GLANCES = ("cli",)
"""Faces that look once and are gone."""


def printable(text: str, longest: int = LONGEST) -> str:
    """A client's words without what would move a cursor or change a colour, and no longer than `longest`."""
    return "".join(char if char.isprintable() else "?" for char in text[:longest])


def looker(origin: str, *, watch: bool) -> str:
    """`anna@host` of `tui:anna@host`, with ` (watch)` for one who can only look; empty for who looks but once."""
    face, _, who = printable(origin).rpartition(":")
    if not who or face in GLANCES:
        return ""
    return f"{who} (watch)" if watch else who
