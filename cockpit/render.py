"""Text for people: tables that line up, figures that read well, times in UTC."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from venues.model import NS_PER_S

NONE = "–"


def cell_width(text: str) -> int:
    """Columns of a terminal: wide characters take two, combining ones none."""
    width = 0
    for char in text:
        if not unicodedata.combining(char):
            width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return width


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Columns two spaces apart. `right` names the headers to be right-aligned, separated by spaces."""
    aligned = set(right.split())
    lines = [list(headers), *(list(row) for row in rows)]
    widths = [max(cell_width(line[at]) for line in lines) for at in range(len(headers))]
    out = []
    for line in lines:
        cells = []
        for header, text, width in zip(headers, line, widths, strict=True):
            pad = " " * (width - cell_width(text))
            cells.append(pad + text if header in aligned else text + pad)
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)


def number(value: Decimal | int | float | None, places: int | None = None) -> str:
    """A figure: all its digits, or `places` of them."""
    if value is None:
        return NONE
    if places is not None:
        return f"{value:,.{places}f}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)


def usd(value: Decimal | None) -> str:
    return number(value, 2)


def when(ts: int) -> str:
    """A stamp in ns as UTC to the millisecond; a dash for 0."""
    if not ts:
        return NONE
    seconds, rest = divmod(ts, NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest // 1_000_000:03d}"


def plain(value: object) -> str:
    """Any value of a JSON row as text."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (Decimal, int, float)):
        return number(value)
    return str(value)
