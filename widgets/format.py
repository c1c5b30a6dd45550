"""Numbers and times as an operator reads them: full, aligned, with a sign where the sign means something."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from widgets.i18n import language

NONE = "–"
"""Where there is no value; never an empty cell."""
BLOCKS = "▁▂▃▄▅▆▇"
"""Of a sparkline; without the full block, so that one row never touches the row above."""


UNITS = {"en": (("B", 9), ("M", 6), ("k", 3)), "zh": (("亿", 8), ("万", 4))}
"""Language to units of compact figures and the powers of ten behind them, largest first."""
SPAN_UNITS = {"en": ("d", "h", "m", "s"), "zh": ("天", "时", "分", "秒")}
"""Language to the units of a length of time: days, hours, minutes, seconds."""


def _decimals(magnitude: Decimal, significant: int, most: int) -> int:
    """Decimals that show `significant` digits of a number of this magnitude."""
    if not magnitude:
        return 2
    return max(0, min(most, significant - 1 - magnitude.adjusted()))


def price(value: Decimal | None) -> str:
    """Six significant digits or whole cents, whichever shows more."""
    if value is None or not value:
        return NONE
    decimals = _decimals(abs(value), 6, 10)
    return f"{value:,.{max(decimals, 2 if abs(value) < 10_000 else 1)}f}"


def qty(value: Decimal, *, signed: bool = False) -> str:
    """A quantity without trailing zeros, six significant digits of its fraction at the most."""
    whole = abs(value) >= 1_000_000
    text = f"{value:,.{0 if whole else _decimals(abs(value), 6, 8)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"+{text}" if signed and value > 0 else text


def usd(value: Decimal | None, *, signed: bool = False) -> str:
    """To the cent, thousands separated."""
    if value is None:
        return NONE
    text = f"{value:,.2f}"
    if text == "-0.00":
        text = "0.00"
    return f"+{text}" if signed and text != "0.00" and value > 0 else text


def compact(value: Decimal) -> str:
    """Four digits and a unit: 950, 12.35k, 1.240M; in Chinese by ten thousands: 9,500, 12.35万, 1.240亿."""
    size = abs(value)
    for unit, power in UNITS.get(language(), UNITS["en"]):
        scaled = size.scaleb(-power)
        if scaled >= 1:
            digits = 2 if language() == "zh" and scaled < 100 else max(0, 3 - len(str(int(scaled))))
            return f"{'-' if value < 0 else ''}{scaled:.{digits}f}{unit}"
    return f"{value:,.0f}"


def bps(value: float | None, *, signed: bool = True) -> str:
    """Basis points, two decimals."""
    if value is None:
        return NONE
    text = f"{value:+.2f}" if signed else f"{value:.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text


def percent(fraction: float | Decimal | None, decimals: int = 1, *, signed: bool = False) -> str:
    """A fraction of 1 in percent."""
    if fraction is None:
        return NONE
    return f"{fraction * 100:{'+' if signed else ''}.{decimals}f}%"


def millis(value: float | None) -> str:
    """Milliseconds, three digits."""
    if value is None:
        return NONE
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def span(seconds: float) -> str:
    """A length of time in two units; seconds only below an hour: 2h05m, in Chinese 2时05分."""
    left = max(0, int(seconds))
    days, hours, minutes, secs = SPAN_UNITS.get(language(), SPAN_UNITS["en"])
    if left >= 86_400:
        return f"{left // 86_400}{days}{left % 86_400 // 3600:02d}{hours}"
    if left >= 3600:
        return f"{left // 3600}{hours}{left % 3600 // 60:02d}{minutes}"
    return f"{left // 60}{minutes}{left % 60:02d}{secs}"


def hours(seconds: float) -> str:
    """A span in hours alone: 8h, in Chinese 8时."""
    return f"{seconds / 3600:g}{SPAN_UNITS.get(language(), SPAN_UNITS['en'])[1]}"


def day(iso: str) -> str:
    """A day as the screen has room for it, from `2026-11-21`: as it is, in Chinese 11月21日. Anything else stays."""
    parts = iso.split("-")
    if language() != "zh" or len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return iso
    return f"{int(parts[1])}月{int(parts[2])}日"


def utc(ts: int) -> str:
    """Time of day, UTC, of nanoseconds since the epoch."""
    return datetime.fromtimestamp(ts // 1_000_000_000, UTC).strftime("%H:%M:%S")


def utc_day(ts: int) -> str:
    """The day, UTC, of nanoseconds since the epoch, as `2026-11-21`."""
    return datetime.fromtimestamp(ts // 1_000_000_000, UTC).strftime("%Y-%m-%d")


@lru_cache(maxsize=128)
def spark(values: tuple[float, ...], width: int) -> str:
    """One row of blocks, `width` columns: the newest values, or means of neighbours where there are more."""
    if not values or width <= 0:
        return " " * max(0, width)
    count = min(width, len(values))
    buckets = [values[i * len(values) // count : (i + 1) * len(values) // count] for i in range(count)]
    means = [sum(bucket) / len(bucket) for bucket in buckets]
    low, high = min(means), max(means)
    if high - low < 1e-9:
        return (BLOCKS[3] * count).rjust(width)
    scale = (len(BLOCKS) - 1) / (high - low)
    return "".join(BLOCKS[round((mean - low) * scale)] for mean in means).rjust(width)


def tone(value: Decimal | float | None) -> str:
    """Ink of a number whose sign is good (plus) or bad (minus)."""
    if value is None or not value:
        return "dim"
    return "up" if value > 0 else "down"


def cost_tone(value: Decimal | float | None) -> str:
    """Ink of a cost: what is paid is bad, what is received is good. Small costs are the normal case: plain."""
    if value is None or not value:
        return "dim"
    return "text" if value > 0 else "up"
