"""Mends the pictures that rich draws of a screen: it gives wide characters the room of narrow ones."""

from __future__ import annotations

import html
import re

from rich.cells import cell_len

TEXT = re.compile(r'(<text [^>]*?textLength=")([\d.]+)("[^>]*>)([^<]*)(?=</text>)')


def widened(svg: str) -> str:
    """The same picture, each text as long as the columns that it takes; without wide characters it stays as it is."""

    def longer(found: re.Match[str]) -> str:
        before, length, between, text = found.groups()
        shown = html.unescape(text)
        if not shown or cell_len(shown) <= len(shown):
            return found.group()
        width = float(length) / len(shown)
        return f"{before}{width * cell_len(shown):g}{between}{text}"

    return TEXT.sub(longer, svg)
