"""`export`: the journal as CSV, for accounting."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cockpit.commands.columns import BY_TABLE
from cockpit.commands.failure import CommandFailed, Parser
from cockpit.commands.output import csv_text, json_text
from cockpit.commands.spans import add_span, span_of
from cockpit.commands.talk import Talk, talk


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, "Fills, funding or transfers from the journal, oldest first, as CSV.")
    parser.add_argument("table", choices=tuple(BY_TABLE))
    add_span(parser)
    parser.add_argument("-o", "--output", default="", metavar="FILE", help="write to a file instead of stdout")
    parser.add_json()
    options = parser.parse_args(argv)
    start, end = span_of(options.start, options.end)

    async def look(desk: Talk) -> list[dict[str, object]]:
        return await desk.rows(options.table, **{"from": start, "to": end})

    rows = talk(look)
    text = json_text(rows) + "\n" if options.json else csv_text(rows, BY_TABLE[options.table])
    if not options.output:
        sys.stdout.write(text)
        return 0
    try:
        Path(options.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"cockpit export: --output: {options.output!r}: {error.strerror or error}") from None
    sys.stderr.write(f"{len(rows)} rows in {options.output}\n")
    return 0
