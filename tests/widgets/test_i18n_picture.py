"""Pictures of screens with wide characters: each text has the room of its columns."""

from __future__ import annotations

import io
import re

from rich.console import Console

from widgets.picture import widened

CHAR = 12.2
"""Of one column in rich's pictures."""


def picture(*lines: str) -> str:
    console = Console(record=True, width=20, force_terminal=True, file=io.StringIO())
    for line in lines:
        console.print(line)
    return console.export_svg(title="x")


def lengths(svg: str) -> dict[str, float]:
    found = re.findall(r'textLength="([\d.]+)"[^>]*>([^<]*)</text>', svg)
    return {text.replace("&#160;", " "): float(length) for length, text in found}


def test_wide_characters_have_two_columns() -> None:
    before, after = picture("净敞口 ok"), widened(picture("净敞口 ok"))
    assert before != after
    text, length = next((text, length) for text, length in lengths(after).items() if text.startswith("净"))
    assert abs(length - CHAR * (len(text) + 3)) < 0.05


def test_narrow_text_stays_as_it_is() -> None:
    svg = picture("net 0.00 <&> ok", "▁▂▃ ──")
    assert [text for text in lengths(svg) if "net" in text]
    assert widened(svg) == svg
