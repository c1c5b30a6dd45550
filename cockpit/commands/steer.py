"""`set`, `pause`, `resume`, `stop`, `resume-account`: steering loops that run."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, talk
from cockpit.link.messages import Pause, Resume, ResumeAccount, SetParams, Stop, Verb

ALIASES = {"iter": "iterations"}
"""Names that users of perp-dex-tools type."""


def param_name(typed: str) -> str:
    """`fill-timeout` as the parameter is called."""
    name = typed.strip().lstrip("-").replace("-", "_")
    return ALIASES.get(name, name)


def main(verb: str, argv: Sequence[str]) -> int:
    command, done, as_json = _parse(verb, argv)

    async def ask(desk: Talk) -> object:
        return await desk.ask(command)

    result = talk(ask)
    if as_json:
        put_json({"ok": True, "result": result})
    else:
        put(done)
    return 0


def _parse(verb: str, argv: Sequence[str]) -> tuple[Verb, str, bool]:
    """The command, what to say when the desk took it, and whether in JSON."""
    if verb == "set":
        parser = Parser(verb, "Change parameters of a running loop; they take effect at its next safe point.")
        parser.add_argument("loop", metavar="LOOP")
        parser.add_argument("changes", metavar="PARAM=VALUE", nargs="+")
        parser.add_json()
        options = parser.parse_args(argv)
        changes = _changes(options.changes)
        listed = ", ".join(f"{name}={value}" for name, value in changes.items())
        return SetParams(options.loop, changes), f"{options.loop}: {listed} from the next safe point on", options.json
    if verb == "resume-account":
        parser = Parser(verb, "Take an account out of halted or suspect, on your word.")
        parser.add_argument("account", metavar="ACCOUNT")
        parser.add_json()
        options = parser.parse_args(argv)
        return ResumeAccount(options.account), f"account {options.account} may trade again", options.json
    if verb == "stop":
        parser = Parser(verb, "Stop a loop. To stop the desk: cockpit desk stop.")
        parser.add_argument("loop", metavar="LOOP|all")
        text = "after this cycle (default); now: cancel, hedge what is owed, keep what is open; flatten: close it too"
        parser.add_argument("--mode", choices=("cycle", "now", "flatten"), default="cycle", help=text)
        parser.add_json()
        options = parser.parse_args(argv)
        said = {"cycle": "stops after this cycle", "now": "stops now", "flatten": "stops and closes what it holds"}
        return Stop(options.loop, options.mode), f"{options.loop} {said[options.mode]}", options.json
    texts = {
        "pause": "Pull the loop's entries and hold it; hedges go on.",
        "resume": "Let a loop go on; `all` also lifts the ban on entries that a flatten left.",
    }
    parser = Parser(verb, texts[verb])
    parser.add_argument("loop", metavar="LOOP|all")
    parser.add_json()
    options = parser.parse_args(argv)
    if verb == "pause":
        return Pause(options.loop), f"{options.loop} pauses", options.json
    return Resume(options.loop), f"{options.loop} goes on", options.json


def _changes(pairs: Sequence[str]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        key = param_name(name)
        if not equals or not key:
            raise CommandFailed(f"cockpit set: {pair!r} is not valid; expected PARAM=VALUE, like size=0.02", USAGE)
        if key in changes:
            raise CommandFailed(f"cockpit set: {key} is given twice; expected one value", USAGE)
        changes[key] = value.strip()
    return changes
