"""Who changed what, out of the journal: every command of an operator, taken or refused."""

from __future__ import annotations

import msgspec

from cockpit.desk import journal_pages as pages
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_rows import JournaledCommand
from cockpit.host.asked import ALWAYS, Args, stamp, whole
from cockpit.host.words import words_of
from cockpit.link.answers import ChangeLine
from cockpit.link.messages import Launch, Pause, Resume, SetParams, Stop, Verb
from cockpit.link.origin import printable

LINES, MOST_LINES = 200, 1_000


class _Launched(msgspec.Struct):
    """What the desk answered to a launch, as far as it matters here."""

    loop: str = ""


def audit(reader: JournalReader, args: Args) -> list[ChangeLine]:
    """See `ChangeLine`. Raises `LaunchError`."""
    limit = whole(args, "limit", LINES, MOST_LINES)
    return changes(reader, before=stamp(args, "before", ALWAYS), limit=limit, loop=args.get("loop", ""))


def changes(reader: JournalReader, *, before: int = ALWAYS, limit: int, loop: str = "") -> list[ChangeLine]:
    """Newest first."""
    return [_line(reader, row) for row in pages.commands(reader, before=before, limit=limit, loop=loop)]


def _line(reader: JournalReader, row: JournaledCommand) -> ChangeLine:
    changed = {change.field: (change.old, change.new) for change in pages.changes_of_command(reader, row.id)}
    try:
        verb: Verb | None = msgspec.json.decode(row.verb, type=Verb)
    except msgspec.ValidationError:
        # Of another version of the cockpit, which knew a verb that this one does not.
        verb = None
    return ChangeLine(
        ts=row.ts,
        origin=printable(row.origin),
        loop=_loop_of(verb, row.result),
        text=row.verb if verb is None else words_of(verb, changed),
        changes=changed,
        answer=row.error,
    )


def _loop_of(verb: Verb | None, result: str) -> str:
    match verb:
        case SetParams(loop=loop) | Pause(loop=loop) | Resume(loop=loop) | Stop(loop=loop):
            return loop
        case Launch() if result != "null":
            return msgspec.json.decode(result, type=_Launched).loop
        case _:
            return ""
