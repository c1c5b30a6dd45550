"""`desk`: the headless desk in the foreground, and `desk stop`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from cockpit import locations
from cockpit.commands.failure import CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.passphrase import add_passphrase, hold
from cockpit.commands.talk import Talk, desk_answers, talk
from cockpit.link.messages import Shutdown

LOOK_S = 0.05


def main(verb: str, argv: Sequence[str]) -> int:
    if argv and argv[0] == "stop":
        return _stop(argv[1:])
    parser = Parser(verb, "Run the desk in the foreground until SIGTERM. `cockpit desk stop` stops one that runs.")
    parser.add_argument("--config", type=Path, default=None, metavar="FILE", help="another config.toml")
    text = "start although this account, which holds positions, is no longer in the configuration; may be repeated"
    parser.add_argument("--forget", action="append", default=[], metavar="ACCOUNT", help=text)
    add_passphrase(parser)
    options = parser.parse_args(argv)
    if options.config is not None and not options.config.is_file():
        raise CommandFailed(f"cockpit desk: --config: {str(options.config)!r} is not a file; expected a config.toml")
    hold(verb, options.passphrase_fd)
    from cockpit.desk_process import main as run

    return run(options.config, tuple(options.forget))


def _stop(argv: Sequence[str]) -> int:
    parser = Parser("desk stop", "Stop the desk: entries stop, resting makers are cancelled, owed hedges worked off.")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds to wait for it to end")
    parser.add_json()
    options = parser.parse_args(argv)
    places = locations.find()

    async def run(desk: Talk) -> int:
        pid = desk.link.hello.pid if desk.link.hello is not None else 0
        await desk.ask(Shutdown(), timeout=options.timeout)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + options.timeout
        while desk_answers(places):
            if loop.time() > deadline:
                raise CommandFailed(f"the desk (pid {pid}) is still running after {options.timeout:g} s")
            await asyncio.sleep(LOOK_S)
        return pid

    pid = talk(run)
    if options.json:
        put_json({"ok": True, "pid": pid})
    else:
        put(f"the desk (pid {pid}) has stopped; loops stay as they are in the journal")
    return 0
