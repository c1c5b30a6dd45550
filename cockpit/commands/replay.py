"""`replay`: a past session in the same screens, out of a journal, which is only read; its desk may be at work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from cockpit import locations
from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.tui import face, on_terminal

NO_TERMINAL = "cockpit replay needs a terminal; without one use `cockpit report`, `cockpit export`"


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(
        verb,
        "A past session in the cockpit's screens: space holds the time, < > change its speed, ← → go a minute, pgup "
        "and pgdn an hour, `:seek 01:39` to a time.",
    )
    parser.add_argument(
        "journal", nargs="?", type=Path, default=None, metavar="JOURNAL", help="default: your desk's own"
    )
    parser.add_argument("--speed", type=int, default=1, metavar="N", help="1, 5, 20 or 100 times as fast as it was")
    text = "where the session begins, UTC: 01:39, 2026-11-21 or 2026-11-21T01:39 (default: the desk's last start)"
    parser.add_argument("--from", dest="start", default="", metavar="TIME", help=text)
    parser.add_argument("--theme", default="", help="colours")
    options = parser.parse_args(argv)
    if not 1 <= options.speed <= 1000:
        raise CommandFailed(f"cockpit replay: --speed {options.speed}: expected a whole number from 1 to 1000", USAGE)
    if not on_terminal():
        raise CommandFailed(NO_TERMINAL, USAGE)
    journal: Path = options.journal or locations.find().journal
    asyncio.run(_show(journal, options.speed, options.start, options.theme))
    return 0


async def _show(journal: Path, speed: int, start: str, theme: str) -> None:
    from cockpit.app import paint_rate
    from cockpit.desk.journal_file import JournalError
    from cockpit.replay.link import ReplayClock, ReplayLink
    from cockpit.replay.player import Player
    from cockpit.replay_app import ReplayApp, time_of
    from venues.model import SystemClock

    clock = SystemClock()
    rate = paint_rate(os.environ)
    try:
        player = Player(journal, clock, speed=speed, start=(lambda last: time_of(start, last)) if start else None)
    except (JournalError, ValueError) as error:
        raise CommandFailed(f"cockpit replay: {error}") from None
    link = ReplayLink(player, clock, rate_hz=rate)
    try:
        await face(link, ReplayClock(player, clock), rate, theme, kind=ReplayApp)
    finally:
        await link.close()
