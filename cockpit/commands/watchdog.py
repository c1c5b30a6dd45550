"""`watchdog`: the process that acts when the desk is not heard any more."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cockpit import locations
from cockpit.commands.failure import CommandFailed, Parser
from cockpit.commands.passphrase import add_passphrase, hold


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(
        verb,
        "Hear the desk's heartbeat until SIGTERM; when it stops, cancel every open order and, with `flatten = true` in "
        "[watchdog], close every position. It opens nothing.",
    )
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help="another config.toml")
    parser.add_argument("--check", action="store_true", help="look whether it could do its work, and end")
    parser.add_argument("--json", action="store_true", help="print each event as a line of JSON")
    add_passphrase(parser)
    options = parser.parse_args(argv)
    if options.config is not None and not options.config.is_file():
        raise CommandFailed(
            f"cockpit watchdog: --config: {str(options.config)!r} is not a file; expected a config.toml"
        )
    from cockpit.config import ConfigError, load_config
    from cockpit.watchdog.process import Setting
    from cockpit.watchdog.process import main as run
    from venues.model import Mode

    places = locations.find()
    try:
        config = load_config(options.config or places.config_file, places.profiles_file)
    except ConfigError as error:
        raise CommandFailed(f"cockpit watchdog: {error}") from None
    watched = {account.name: account for account in config.accounts if account.mode is not Mode.REHEARSAL}
    wanted = config.watchdog.accounts or tuple(account.name for account in config.accounts)
    mine = tuple(name for name in wanted if name in watched)
    if not mine:
        raise CommandFailed("cockpit watchdog: there is no account to watch: rehearsals end with the desk")
    if len(mine) < len(wanted):
        left = ", ".join(name for name in wanted if name not in watched)
        sys.stderr.write(f"cockpit watchdog: not watched, for a rehearsal ends with the desk: {left}\n")
    hold(verb, options.passphrase_fd)
    setting = Setting(
        rules=msgspec.structs.replace(config.watchdog, accounts=mine),
        accounts=tuple(account.name for account in config.accounts),
        live=tuple(watched[name] for name in mine if watched[name].mode is Mode.LIVE),
        bases=config.live.bases,
        desk_socket=places.desk_socket,
        paper_socket=places.paper_socket,
        journal=places.journal,
    )
    return run(setting, as_json=options.json, check=options.check)
