"""Days and times as they are typed, as stamps in ns UTC."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta

from cockpit.commands.failure import USAGE, CommandFailed
from venues.model import NS_PER_S


def add_span(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", default="", metavar="DAY", help="from this UTC day or time on")
    parser.add_argument(
        "--to", dest="end", default="", metavar="DAY", help="up to the end of this UTC day, or this time"
    )


def span_of(start: str, end: str) -> tuple[str, str]:
    """[from, to) as the desk's queries take it: ns since the epoch as text, empty where open."""
    first = stamp("--from", start, end_of_day=False)
    last = stamp("--to", end, end_of_day=True)
    if first is not None and last is not None and first >= last:
        raise CommandFailed(f"--to: {end!r} is not valid; expected a time after --from {start}", USAGE)
    return ("" if first is None else str(first)), ("" if last is None else str(last))


def stamp(option: str, text: str, *, end_of_day: bool) -> int | None:
    """ns since the epoch of a UTC day or time; None for nothing. A day stands for its beginning or its end."""
    if not text:
        return None
    try:
        if len(text) == len("2026-11-21"):
            day = date.fromisoformat(text) + timedelta(days=1 if end_of_day else 0)
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        expected = "a UTC day like 2026-11-21 or a time like 2026-11-21T09:30"
        raise CommandFailed(f"{option}: {text!r} is not valid; expected {expected}", USAGE) from None
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1000
