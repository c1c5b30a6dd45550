"""No verb: the cockpit itself. Attaches to the desk, starts one where none runs, and leaves it running."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import locations
from cockpit.commands.failure import NO_DESK, USAGE, CommandFailed, Parser
from cockpit.commands.output import put
from cockpit.hangup import die_with_terminal

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.link.client import Link
    from cockpit.setup import DeskSetup
    from venues.model import Clock
    from venues.model.secret import Secret

NO_TERMINAL = "cockpit needs a terminal; without one use `cockpit status`, `cockpit launch`, `cockpit flatten`"


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, "The cockpit: a client of the desk. `q` detaches, the desk goes on.")
    parser.add_argument("--embedded", action="store_true", help="with a desk of its own inside, gone when it closes")
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help="config.toml of a desk it starts")
    parser.add_argument("--theme", default="", help="colours")
    text = "look and never touch: the desk refuses this client every command; starts no desk"
    parser.add_argument("--watch", action="store_true", help=text)
    parser.add_argument("--paper", action="store_true", help="straight to the paper desk, without the first welcome")
    options = parser.parse_args(argv)
    if options.watch and (options.embedded or options.config is not None):
        text = "--watch looks at a desk that runs; it goes with neither --embedded nor --config"
        raise CommandFailed(f"cockpit: {text}", USAGE)
    if not on_terminal():
        raise CommandFailed(NO_TERMINAL, USAGE)
    if options.config is not None and not options.config.is_file():
        raise CommandFailed(f"cockpit: --config: {str(options.config)!r} is not a file; expected a config.toml", USAGE)
    run = (
        _embedded(options.config, options.theme)
        if options.embedded
        else _attached(options.config, options.theme, watch=options.watch, paper=options.paper)
    )
    last_word = asyncio.run(run)
    if last_word and not options.embedded:
        put(last_word)
    return 0


def on_terminal() -> bool:
    """Whether somebody can see us and type."""
    return sys.stdin.isatty() and sys.stdout.isatty()


async def _attached(config: Path | None, theme: str, *, watch: bool, paper: bool) -> str | None:
    """The face on the desk's socket; starts a desk first where none answers, unless it is only to `watch`. On the very
    first run the welcome does, unless it is to be the `paper` desk anyway."""
    from cockpit.commands.spawn import ensure_desk
    from cockpit.commands.talk import command_ids, desk_answers, origin
    from cockpit.link.client import SocketLink
    from venues.model import SystemClock

    places = locations.find()
    clock = SystemClock()
    runs = desk_answers(places)
    first = config is None and not (watch or paper or runs or places.config_file.exists())
    if watch and not runs:
        raise CommandFailed("no desk is running: there is nothing to watch", NO_DESK)
    if not (watch or first):
        await asyncio.to_thread(ensure_desk, config)
    rate = _rate()
    link = SocketLink(
        places.desk_socket, clock, ids=command_ids(clock), origin=origin("tui"), rate_hz=rate, watch=watch
    )
    try:
        return await face(link, clock, rate, theme, config, first=first)
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
            return await face(link, clock, rate, theme, config)
        finally:
            await link.close()


GC_AFTER = 20_000
"""Objects more than before, after which Python looks for garbage that holds itself."""


async def face(
    link: Link,
    clock: Clock,
    rate: float,
    theme: str,
    config: Path | None = None,
    *,
    first: bool = False,
    kind: type[CockpitApp] | None = None,
) -> str | None:
    """Run the screen as this user has it: language, keys, theme. `first`: there is no configuration yet. `kind`:
    another app than the cockpit itself."""
    from cockpit.app import CockpitApp
    from cockpit.keymap import load as load_keymap
    from cockpit.setup_later import SetupLater
    from cockpit.ui_config import read_ui
    from cockpit.ui_state import UiState
    from widgets import i18n

    die_with_terminal()
    ui, wrong = read_ui(config or locations.find().config_file)
    i18n.use(i18n.choose(ui.language, os.environ))
    try:
        app = (kind or CockpitApp)(
            link,
            clock,
            rate_hz=rate,
            pictures=locations.find().pictures,
            program=_program(),
            keymap=load_keymap(locations.find().config),
            history=locations.find().command_history,
            mistakes=wrong,
        )
        app.dress(locations.find().config / "themes", theme, ui, UiState.load(locations.find().state))
    except ValueError as error:
        raise CommandFailed(f"cockpit: {error}", USAGE) from None
    app.mistakes = (*app.mistakes, *app.ui.mistakes)
    if kind is None:
        app.setup = SetupLater(lambda: _setup(app, config, clock), first=first)
    # What was imported stays, and a paint makes thousands of short-lived objects: looked at as often as Python does by
    # itself, they cost as much as the painting of a panel.
    gc.freeze()
    gc.set_threshold(GC_AFTER, 20, 20)
    return await app.run_async()


def _setup(app: CockpitApp, config: Path | None, clock: Clock) -> DeskSetup:
    """What the welcome and the settings ask and do."""
    from cockpit.commands.spawn import ensure_desk
    from cockpit.secrets.live_probe import probe
    from cockpit.setup import DeskSetup
    from cockpit.setup_port import SetupError

    def start(config: Path | None, passphrase: Secret | None) -> None:
        try:
            ensure_desk(config, passphrase)
        except CommandFailed as failed:
            raise SetupError(str(failed)) from None

    setup = DeskSetup(locations.find(), clock, probe=probe, start=start, config=config)
    setup.themes = lambda: app.theme_names
    setup.mistakes = lambda: (*app.mistakes, *app.themes.troubles)
    return setup


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
