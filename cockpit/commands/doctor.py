"""`doctor`: what is missing on this machine, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cockpit import locations
from cockpit.commands.failure import FAILED, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import desk_answers
from cockpit.commands.tui import on_terminal
from cockpit.doctor import Level, examine
from venues.model import SystemClock


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, "Check this machine. Exit code 1 where something must be mended.")
    parser.add_json()
    options = parser.parse_args(argv)
    places = locations.find()
    findings = examine(places, os.environ, SystemClock(), tty=on_terminal(), desk_answers=lambda: desk_answers(places))
    failed = any(finding.level is Level.FAIL for finding in findings)
    if options.json:
        put_json({"ok": not failed, "checks": findings})
    else:
        for finding in findings:
            mend = f"\n      mend: {finding.mend}" if finding.mend else ""
            put(f"{finding.level:<4}  {finding.check}: {finding.found}{mend}")
    return FAILED if failed else 0
