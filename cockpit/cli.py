"""The command line: finds the verb, loads only what it needs, turns failures into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

VERBS: dict[str, tuple[str, str]] = {
    "desk": ("desk", "the headless desk in the foreground; `desk stop` stops one that runs"),
    "watchdog": ("watchdog", "acts when the desk is not heard any more: cancels, and flattens if so configured"),
    "status": ("read", "everything at a glance"),
    "accounts": ("read", "accounts, their state, their positions"),
    "orders": ("orders", "orders at work and the newest that ended; with --filter and the like, those of the journal"),
    "order": ("sheets", "the whole life of an order: order ID"),
    "account": ("sheets", "one account in full: balances, fees, funding, fills"),
    "loop": ("sheets", "one loop in full: hedge latency, obligations, who changed what"),
    "spreads": ("tables", "every pair of venues on one coin, both directions, after fees"),
    "funding": ("tables", "funding rates of all venues, annualised"),
    "log": ("tables", "the newest lines of the desk's log"),
    "history": ("sheets", "volume, wear, equity and unit value by day"),
    "audit": ("sheets", "who changed what"),
    "fills": ("read", "fills from the journal"),
    "wear": ("read", "what was lost per volume, by loop, account and day"),
    "alarms": ("alarms", "what wants your attention; --all: what did"),
    "ack": ("alarms", "acknowledge an alarm: ack ID, or --all"),
    "launch": ("launch", "start a loop: launch hedge --maker A --taker B --ticker BTC --size 0.01 --iter 20"),
    "set": ("steer", "change a running loop: set LOOP size=0.02 iterations=40"),
    "pause": ("steer", "hold a loop, or all"),
    "resume": ("steer", "let a loop go on, or all"),
    "stop": ("steer", "stop a loop: --mode cycle, now or flatten"),
    "resume-account": ("steer", "take an account out of halted or suspect"),
    "live": ("live", "let a live account trade real money: live ACCOUNT; --off: read-only again"),
    "flatten": ("emergency", "close everything: --all, or --account A"),
    "reduce": ("emergency", "close a part of every position: --all --fraction 0.5"),
    "export": ("export", "fills, funding or transfers as CSV"),
    "report": ("report", "a day in a page"),
    "replay": ("replay", "a past session in the same screens: pause, speed, seek; out of a journal"),
    "chaos": ("delegate", "the desk under seeded faults in virtual time, with its invariants checked"),
    "simulate": ("delegate", "the same strategy on recorded or synthetic markets in virtual time"),
    "record": ("record", "write what a venue's public streams send into captures that simulate replays"),
    "bench": ("delegate", "measure the hot path, the desk and the terminal"),
    "paper": ("paper", "the embedded paper exchange: fault, stop; serve: a server of it for real clients"),
    "keys": ("keys", "credentials of venues, in the OS keyring: add, list, test, rotate, remove, import"),
    "doctor": ("doctor", "what is missing on this machine, and how to mend it"),
}
"""Verb to its module in `cockpit.commands` and its line in the help."""


def help_text() -> str:
    width = max(map(len, VERBS))
    lines = [f"  {verb:<{width}}  {text}" for verb, (_module, text) in VERBS.items()]
    return "\n".join(
        [
            "usage: cockpit [--embedded] [--config FILE]    the cockpit; starts the desk where none runs",
            "       cockpit --watch                         looks at the desk that runs, and cannot touch it",
            "       cockpit VERB ...                        see cockpit VERB --help; verbs take --json",
            "",
            *lines,
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 it did not work out, 2 the command line is wrong, 3 no desk is running."""
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatch(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); Python must not complain about it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _dispatch(args: list[str]) -> int:
    from cockpit.commands.failure import USAGE, CommandFailed

    if args and args[0] in ("-h", "--help", "help"):
        sys.stdout.write(help_text() + "\n")
        return 0
    if args and args[0] in ("-V", "--version"):
        sys.stdout.write(f"cockpit {version('cockpit')}\n")
        return 0
    try:
        if not args or args[0].startswith("-"):
            return int(import_module("cockpit.commands.tui").main("", args))
        verb, *rest = args
        if verb not in VERBS:
            raise CommandFailed(f"cockpit: {verb!r} is no verb{_nearest(verb)} (see cockpit --help)", USAGE)
        return int(import_module(f"cockpit.commands.{VERBS[verb][0]}").main(verb, rest))
    except CommandFailed as failed:
        text = str(failed)
        sys.stderr.write((text if text.startswith("cockpit") else f"cockpit: {text}") + "\n")
        return failed.code


def _nearest(verb: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(verb, VERBS, n=1)
    return f"; did you mean {close[0]}?" if close else ""
