"""`paper`: the embedded paper exchange: faults to try things out, its own process, and itself as a server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cockpit import locations
from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, desk_answers, talk
from cockpit.link.messages import Fault

FAULTS = ("unreachable", "slow", "gap", "reject", "mute", "deaf", "rollback", "clear")

_HELP = """\
usage: cockpit paper fault ACCOUNT {unreachable,slow,gap,reject,mute,deaf,rollback,clear} [--json]
       cockpit paper stop [--force] [--json]
       cockpit paper run ...     (the exchange's own process; desks start it by themselves)
       cockpit paper serve --dialect NAME --port N ...      (a server for real exchange clients)
       cockpit paper fault URL KIND [--seconds S] ...       (a fault of such a server)"""


def main(verb: str, argv: Sequence[str]) -> int:
    what, rest = (argv[0], argv[1:]) if argv else ("", argv)
    if what == "fault":
        if rest and "://" in rest[0]:
            from cockpit.commands.paper_serve import fault

            return fault(rest)
        return _fault(rest)
    if what == "serve":
        from cockpit.commands.paper_serve import serve

        return serve(rest)
    if what == "stop":
        return _stop(rest)
    if what == "run":
        from venues.paper.process import main as run

        return run(rest)
    if what in ("-h", "--help"):
        put(_HELP)
        return 0
    raise CommandFailed(f"cockpit paper: {what!r} is not valid; expected fault, stop or run, or serve", USAGE)


def _fault(argv: Sequence[str]) -> int:
    parser = Parser("paper fault", "Switch a fault of a paper account on, or all of them off.")
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_argument("kind", choices=FAULTS)
    parser.add_json()
    options = parser.parse_args(argv)

    async def ask(desk: Talk) -> object:
        return await desk.ask(Fault(options.account, options.kind))

    result = talk(ask)
    if options.json:
        put_json({"ok": True, "result": result})
    else:
        put(f"{options.account}: {'no faults' if options.kind == 'clear' else options.kind}")
    return 0


def _stop(argv: Sequence[str]) -> int:
    parser = Parser("paper stop", "Stop the paper exchange's process; its accounts are kept for the next start.")
    parser.add_argument("--force", action="store_true", help="although a desk trades on it")
    parser.add_json()
    options = parser.parse_args(argv)
    places = locations.find()
    if desk_answers(places) and not options.force:
        raise CommandFailed("a desk trades on the paper exchange; stop it first (cockpit desk stop), or use --force")
    from venues.paper.launcher import LaunchError, shutdown

    try:
        was_running = asyncio.run(shutdown(places.paper_socket))
    except LaunchError as error:
        raise CommandFailed(str(error)) from None
    if options.json:
        put_json({"ok": True, "was_running": was_running})
    else:
        put("the paper exchange has stopped" if was_running else "no paper exchange was running")
    return 0
