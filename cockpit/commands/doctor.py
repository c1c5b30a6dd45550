"""`doctor`: what is missing on this machine, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cockpit import locations
from cockpit.commands.failure import FAILED, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import desk_answers
from cockpit.commands.tui import on_terminal
from cockpit.doctor import Level, examine
from venues.model import SystemClock


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, "Check this machine. Exit code 1 where something must be mended.")
    parser.add_json()
    parser.add_argument(
        "--report",
        nargs="?",
        const="-",
        metavar="FILE",
        help="one text about machine and configuration that may be handed to others; to FILE, which must be new",
    )
    options = parser.parse_args(argv)
    places = locations.find()
    findings = examine(places, os.environ, SystemClock(), tty=on_terminal(), desk_answers=lambda: desk_answers(places))
    if options.report is not None:
        from cockpit.machine_report import report

        _write(options.report, report(places, os.environ, findings, SystemClock().now_ns()))
        return 0
    failed = any(finding.level is Level.FAIL for finding in findings)
    if options.json:
        put_json({"ok": not failed, "checks": findings})
    else:
        for finding in findings:
            mend = f"\n      mend: {finding.mend}" if finding.mend else ""
            put(f"{finding.level:<4}  {finding.check}: {finding.found}{mend}")
    return FAILED if failed else 0


def _write(file: str, text: str) -> None:
    if file == "-":
        put(text.removesuffix("\n"))
        return
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandFailed(f"cockpit doctor: {file} cannot be written: {error.strerror}") from None
    with os.fdopen(number, "w", encoding="utf-8") as out:
        out.write(text)
    put(f"written to {Path(file).absolute()}; read it before you hand it on")
