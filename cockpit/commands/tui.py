"""No verb: the cockpit itself. Attaches to the desk, starts one where none runs, and leaves it running."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import locations
from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put
from cockpit.hangup import die_with_terminal

if TYPE_CHECKING:
    from cockpit.link.client import Link
    from venues.model import Clock

NO_TERMINAL = "cockpit needs a terminal; without one use `cockpit status`, `cockpit launch`, `cockpit flatten`"


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, "The cockpit: a client of the desk. `q` detaches, the desk goes on.")
    parser.add_argument("--embedded", action="store_true", help="with a desk of its own inside, gone when it closes")
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help="config.toml of a desk it starts")
    parser.add_argument("--theme", default="", help="colours")
    options = parser.parse_args(argv)
    if not on_terminal():
        raise CommandFailed(NO_TERMINAL, USAGE)
    if options.config is not None and not options.config.is_file():
        raise CommandFailed(f"cockpit: --config: {str(options.config)!r} is not a file; expected a config.toml", USAGE)
    run = _embedded(options.config, options.theme) if options.embedded else _attached(options.config, options.theme)
    last_word = asyncio.run(run)
    if last_word and not options.embedded:
        put(last_word)
    return 0


def on_terminal() -> bool:
    """Whether somebody can see us and type."""
    return sys.stdin.isatty() and sys.stdout.isatty()


async def _attached(config: Path | None, theme: str) -> str | None:
    """The face on the desk's socket; starts a desk first where none answers."""
    from cockpit.commands.spawn import ensure_desk
    from cockpit.commands.talk import command_ids, origin
    from cockpit.link.client import SocketLink
    from venues.model import SystemClock

    await asyncio.to_thread(ensure_desk, config)
    clock = SystemClock()
    path = locations.find().desk_socket
    rate = _rate()
    link = SocketLink(path, clock, ids=command_ids(clock), origin=origin("tui"), rate_hz=rate)
    try:
        return await _face(link, clock, rate, theme)
    finally:
        await link.close()


async def _embedded(config: Path | None, theme: str) -> str | None:
    """Desk and face in one process, behind the same link."""
    from cockpit.commands.talk import command_ids, origin
    from cockpit.desk_process import embedded_desk
    from cockpit.link.inprocess import InProcessLink
    from venues.model import SystemClock

    clock = SystemClock()
    rate = _rate()
    async with embedded_desk(config) as desk:
        link = InProcessLink(desk, clock, ids=command_ids(clock), origin=origin("tui"), rate_hz=rate)
        try:
            return await _face(link, clock, rate, theme)
        finally:
            await link.close()


async def _face(link: Link, clock: Clock, rate: float, theme: str) -> str | None:
    from cockpit.app import DEFAULT_THEME, CockpitApp

    die_with_terminal()
    try:
        app = CockpitApp(
            link,
            clock,
            rate_hz=rate,
            theme=theme or DEFAULT_THEME,
            pictures=locations.find().pictures,
            program=_program(),
        )
    except ValueError as error:
        raise CommandFailed(f"cockpit: {error}", USAGE) from None
    return await app.run_async()


def _program() -> str:
    """How to type the command again: by name where the shell finds it, else by the path it was called by."""
    if shutil.which("cockpit") is not None:
        return "cockpit"
    path = Path(sys.argv[0])
    if path.name == "__main__.py":
        return "python -m cockpit"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _rate() -> float:
    from cockpit.app import paint_rate

    return paint_rate(os.environ)
