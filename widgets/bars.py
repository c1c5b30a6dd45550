"""Bars of a row, to the half column, and charts of blocks, to an eighth of a line."""

from __future__ import annotations

from collections.abc import Sequence

WHOLE, HALF = "━", "╸"
"""Of a bar: thin, so that bars of neighbouring rows stay apart."""
UPWARD = " ▁▂▃▄▅▆▇█"
STEPS = 8


def bar(value: float, full: float, width: int) -> str:
    """A bar from left to right, `width` columns with its blanks; `full` fills it. Something is never shown as nothing,
    and what is beyond `full` is cut."""
    if value <= 0 or full <= 0 or width <= 0:
        return " " * max(0, width)
    whole, half = divmod(min(width * 2, max(1, round(value / full * width * 2))), 2)
    return (WHOLE * whole + HALF * half).ljust(width)


def buckets(values: Sequence[float], count: int) -> list[float]:
    """At the most `count` values: means of neighbours where there are more."""
    count = min(count, len(values))
    parts = [values[i * len(values) // count : (i + 1) * len(values) // count] for i in range(count)]
    return [sum(part) / len(part) for part in parts]


def stretched(values: Sequence[float], width: int) -> list[float]:
    """`width` values: each one as often as it takes to fill the line."""
    return [values[i * len(values) // width] for i in range(width)]


def columns(values: Sequence[float], low: float, high: float, height: int) -> list[str]:
    """Columns of blocks from the bottom up, `height` lines from the top one down, one column a value.

    `low` is the bottom line's first block, so that the lowest value is seen, and `high` fills all lines."""
    steps = height * STEPS
    span = high - low
    levels = [steps // 2 if span <= 0 else 1 + round((value - low) / span * (steps - 1)) for value in values]
    return [
        "".join(UPWARD[max(0, min(STEPS, level - line * STEPS))] for level in levels)
        for line in reversed(range(height))
    ]
