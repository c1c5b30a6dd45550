"""Stamps as an operator reads them: the time of day, with the day where it is another one, or to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
LONG_AGO_NS = 300 * 86_400 * NS_PER_S


def _utc(ts: int) -> datetime:
    return datetime.fromtimestamp(ts // NS_PER_S, UTC)


def day(ts: int) -> str:
    """`2026-11-21`, UTC, of ns since the epoch."""
    return _utc(ts).strftime("%Y-%m-%d")


def stamp(ts: int, now_ns: int) -> str:
    """`09:00:00` of today, `11-20 09:00` of another day, `2025-11-20` of a year ago, UTC; a dash for never."""
    if not ts:
        return "–"
    then = _utc(ts)
    if then.date() == _utc(now_ns).date():
        return then.strftime("%H:%M:%S")
    return then.strftime("%m-%d %H:%M" if now_ns - ts < LONG_AGO_NS else "%Y-%m-%d")


def full(ts: int) -> str:
    """`2026-11-21 09:00:00`, UTC; a dash for never."""
    return _utc(ts).strftime("%Y-%m-%d %H:%M:%S") if ts else "–"


def to_the_ms(ts: int) -> str:
    """`09:00:00.123`, UTC; a dash for never."""
    return f"{_utc(ts).strftime('%H:%M:%S')}.{ts // NS_PER_MS % 1000:03d}" if ts else "–"


def between(earlier: int, later: int) -> str:
    """A short length of time: `0.84 ms`, `41.2 ms`, `5.00 s`, `3m20s`; with a minus where it went back."""
    ns = later - earlier
    sign, size = ("-", -ns) if ns < 0 else ("", ns)
    ms = size / NS_PER_MS
    if ms < 10:
        return f"{sign}{ms:.2f} ms"
    if ms < 1000:
        return f"{sign}{ms:.1f} ms" if ms < 100 else f"{sign}{ms:.0f} ms"
    seconds = size / NS_PER_S
    if seconds < 100:
        return f"{sign}{seconds:.2f} s"
    return f"{sign}{int(seconds) // 60}m{int(seconds) % 60:02d}s" if seconds < 3600 else f"{sign}{seconds / 3600:.1f} h"
