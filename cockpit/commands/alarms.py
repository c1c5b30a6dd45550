"""`alarms` and `ack`: what wants the operator's attention, and the word that it has it."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.pages import alarm_history_page, alarms_page
from cockpit.commands.spans import add_span, span_of
from cockpit.commands.talk import Talk, talk
from cockpit.commands.views import alarms_json
from cockpit.link.messages import AckAlarm
from cockpit.link.store import Store


def main(verb: str, argv: Sequence[str]) -> int:
    return _ack(argv) if verb == "ack" else _alarms(argv)


def _alarms(argv: Sequence[str]) -> int:
    parser = Parser("alarms", "Alarms that stand, the worst first; with --all those of the last 30 days too.")
    parser.add_argument("--all", action="store_true", help="those that are over too, from the journal, oldest first")
    add_span(parser)
    parser.add_json()
    options = parser.parse_args(argv)
    start, end = span_of(options.start, options.end)

    async def stand(desk: Talk) -> Store:
        return desk.store

    async def past(desk: Talk) -> list[dict[str, object]]:
        return await desk.rows("alarms", **{"from": start, "to": end})

    if options.all or options.start or options.end:
        rows = talk(past)
        if options.json:
            put_json(rows)
        else:
            put(alarm_history_page(rows))
    else:
        store = talk(stand, tables=True)
        if options.json:
            put_json(alarms_json(store))
        else:
            put(alarms_page(store))
    return 0


def _ack(argv: Sequence[str]) -> int:
    text = "Acknowledge an alarm: it is silent, does not escalate, and leaves now or once its cause is gone."
    parser = Parser("ack", text)
    parser.add_argument("id", metavar="ID", nargs="?", default="", help="as `cockpit alarms` shows it")
    parser.add_argument("--all", action="store_true", help="every alarm that nobody has acknowledged")
    parser.add_argument(
        "--drop", action="store_true", help="take it off the list although its cause may still be there"
    )
    parser.add_json()
    options = parser.parse_args(argv)
    if options.all == bool(options.id):
        raise CommandFailed("cockpit ack: say which: an alarm's ID, or --all", USAGE)

    async def ask(desk: Talk) -> object:
        return await desk.ask(AckAlarm("all" if options.all else options.id, options.drop))

    result = talk(ask)
    done, standing = _ids(result, "acknowledged"), _ids(result, "standing")
    if not done and not options.all:
        raise CommandFailed(f"ID: {options.id!r} is no alarm that stands; see `cockpit alarms`")
    if options.json:
        put_json({"ok": True, "acknowledged": done, "standing": standing})
    else:
        lines = [f"{id_}: " + ("stands until its cause is gone" if id_ in standing else "gone") for id_ in done]
        put("\n".join(lines) or "no alarm waits for you")
    return 0


def _ids(result: object, name: str) -> list[str]:
    found = result.get(name) if isinstance(result, dict) else None
    return [str(id_) for id_ in found] if isinstance(found, list) else []
