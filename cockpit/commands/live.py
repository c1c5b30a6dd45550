"""`live`: let a live account trade real money, make it read-only again, lift the limits of its first session."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, talk
from cockpit.link.messages import GoLive

_ABOUT = """Let a live account trade real money. It is read-only until then, and may stay so for ever. Its name must be
typed; where nobody can type, --live NAME says it."""


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, _ABOUT)
    parser.add_argument("account", metavar="ACCOUNT")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--off", action="store_true", help="make it read-only again")
    ways.add_argument("--lift", action="store_true", help="lift the limits of its first session")
    ways.add_argument("--live", metavar="NAME", help="the account's name once more, instead of the question")
    parser.add_argument("--skip-rehearsal", action="store_true", help="although nothing was rehearsed on its venue")
    parser.add_json()
    options = parser.parse_args(argv)
    if options.off or options.lift:
        command = GoLive(options.account, "off" if options.off else "lift")
    else:
        typed = _typed(options.account) if options.live is None else str(options.live)
        command = GoLive(options.account, "on", typed, bool(options.skip_rehearsal))

    async def ask(desk: Talk) -> object:
        return await desk.ask(command, timeout=60)

    result = talk(ask)
    if options.json:
        put_json({"ok": True, "result": result})
    else:
        said = {
            "on": "trades real money from now on",
            "off": "is read-only from now on",
            "lift": "has no first-session limits any more",
        }
        text = str(result.get("text", "")) if isinstance(result, dict) and command.what == "on" else ""
        put(f"{options.account} {said[command.what]}" + (f"; {text}" if text else ""))
    return 0


def _typed(account: str) -> str:
    """What the operator types. Raises `CommandFailed` where nobody can be asked."""
    if not sys.stdin.isatty():
        text = f"this is no terminal to type the name at; expected --live {account}"
        raise CommandFailed(f"cockpit live: {text}", USAGE)
    sys.stderr.write(f"{account} will trade REAL MONEY. Type its name to let it: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()
