"""`watchdog`: the process that acts when the desk is not heard any more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cockpit import locations
from cockpit.commands.failure import CommandFailed, Parser


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(
        verb,
        "Hear the desk's heartbeat until SIGTERM; when it stops, cancel every open order and, with `flatten = true` in "
        "[watchdog], close every position. It opens nothing.",
    )
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help="another config.toml")
    parser.add_argument("--check", action="store_true", help="look whether it could do its work, and end")
    parser.add_argument("--json", action="store_true", help="print each event as a line of JSON")
    options = parser.parse_args(argv)
    if options.config is not None and not options.config.is_file():
        raise CommandFailed(
            f"cockpit watchdog: --config: {str(options.config)!r} is not a file; expected a config.toml"
        )
    from cockpit.config import ConfigError, load_config
    from cockpit.watchdog.process import Setting
    from cockpit.watchdog.process import main as run

    places = locations.find()
    try:
        config = load_config(options.config or places.config_file, places.profiles_file)
    except ConfigError as error:
        raise CommandFailed(f"cockpit watchdog: {error}") from None
    setting = Setting(
        rules=config.watchdog,
        accounts=tuple(account.name for account in config.accounts),
        desk_socket=places.desk_socket,
        paper_socket=places.paper_socket,
        journal=places.journal,
    )
    return run(setting, as_json=options.json, check=options.check)
