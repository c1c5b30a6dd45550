"""`flatten` and `reduce`: what is reached for when something is wrong. Success only on the venues' own word."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from cockpit.commands.failure import FAILED, USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, talk
from cockpit.link.messages import Flatten, FlattenCancel, Query, Reduce, Verb
from cockpit.link.rows import FlattenRow

ACCEPTED = 4
"""Exit code of `--no-wait`: the desk has taken it, and nothing is known of the outcome yet."""

LOOK_S = 0.1
"""How often the desk is asked how far it is, seconds."""

BLOCKED_S = 3.0
"""How long it may be blocked, in one piece, before we stop waiting: some blocks clear by themselves."""


def main(verb: str, argv: Sequence[str]) -> int:
    parser = _parser(verb)
    options = parser.parse_args(argv)
    if options.cancel:
        return _cancel(verb, options.cancel, as_json=options.json)
    if options.timeout <= 0:
        raise CommandFailed(f"cockpit {verb}: --timeout: {options.timeout:g} is not valid; expected seconds > 0", USAGE)
    if options.all == bool(options.account):
        raise CommandFailed(f"cockpit {verb}: say which accounts: --all, or --account A (may be repeated)", USAGE)
    accounts = tuple(options.account)
    command: Verb
    if verb == "flatten":
        command = Flatten(accounts, options.scope, tuple(options.name))
    else:
        command = Reduce(_fraction(options.fraction), accounts)

    async def run(desk: Talk) -> FlattenRow:
        started = await desk.ask(command, timeout=options.timeout, resend=True)
        id_ = started.get("id") if isinstance(started, dict) else None
        if not isinstance(id_, str):
            raise CommandFailed(f"the desk took the {verb} and named no id; see cockpit status")
        watcher = Watcher(desk, id_, options.timeout, quiet=options.json)
        return await (watcher.look() if not options.wait else watcher.wait())

    return _report(talk(run), waited=options.wait, as_json=options.json)


def _parser(verb: str) -> Parser:
    texts = {
        "flatten": "Halt every loop, cancel everything, close everything, until each venue itself reads flat. "
        "Exit code 0 only then.",
        "reduce": "Close a part of every position, both legs alike.",
    }
    parser = Parser(verb, texts[verb])
    parser.add_argument("--all", action="store_true", help="every account")
    parser.add_argument("--account", action="append", default=[], metavar="A", help="this account; may be repeated")
    if verb == "flatten":
        text = "where a leg cannot be closed: keep its partner too (pairs, default), or close what can be closed (all)"
        parser.add_argument("--scope", choices=("pairs", "all"), default="pairs", help=text)
        text = "a SUSPECT account on which to close all the same; may be repeated"
        parser.add_argument("--name", action="append", default=[], metavar="SUSPECT", help=text)
    else:
        parser.add_argument("--fraction", default="", metavar="F", help="how much of each position: 0.5 halves it")
    parser.add_argument("--cancel", default="", metavar="ID", help="tell the desk to stop trying")
    wait = parser.add_mutually_exclusive_group()
    wait.add_argument("--wait", action="store_true", default=True, help="wait for the outcome (default)")
    text = f"only hand it over; exit code {ACCEPTED}, for nothing is known yet"
    wait.add_argument("--no-wait", dest="wait", action="store_false", help=text)
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds to wait (default 60)")
    parser.add_json()
    return parser


def _fraction(text: str) -> str:
    try:
        fraction = Decimal(text)
    except InvalidOperation:
        fraction = Decimal("NaN")
    if not fraction.is_finite() or not 0 < fraction <= 1:
        raise CommandFailed(f"cockpit reduce: --fraction: {text!r} is not valid; expected a number > 0, <= 1", USAGE)
    return text


def _cancel(verb: str, id_: str, *, as_json: bool) -> int:
    async def run(desk: Talk) -> object:
        return await desk.ask(FlattenCancel(id_))

    talk(run)
    if as_json:
        put_json({"ok": True, "id": id_})
    else:
        put(f"{verb} {id_} is cancelled; entries stay denied until `cockpit resume all`")
    return 0


class Watcher:
    """Follows one flatten or reduce until it has ended, is blocked for good, or patience is at an end."""

    def __init__(self, desk: Talk, id_: str, timeout: float, *, quiet: bool) -> None:
        self._desk = desk
        self._id = id_
        self._quiet = quiet
        self._said = ""
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + timeout

    async def look(self) -> FlattenRow:
        """How far it is, by the desk's word; a desk that restarts meanwhile is waited for."""
        left = max(self._deadline - self._loop.time(), 1.0)
        result = await self._desk.ask(Query("flatten", {"id": self._id}), timeout=left, resend=True)
        if isinstance(result, list) and len(result) == 1:
            (result,) = result
        try:
            return msgspec.convert(result, FlattenRow)
        except msgspec.ValidationError as error:
            raise CommandFailed(f"the desk does not say how {self._id} is: {error}; see cockpit status") from None

    async def wait(self) -> FlattenRow:
        blocked_since: float | None = None
        while True:
            row = await self.look()
            self._progress(row)
            now = self._loop.time()
            blocked_since = (blocked_since or now) if row.state == "blocked" else None
            given_up = blocked_since is not None and now - blocked_since >= BLOCKED_S
            if row.state in ("flat", "done", "cancelled") or given_up or now >= self._deadline:
                return row
            await asyncio.sleep(LOOK_S)

    def _progress(self, row: FlattenRow) -> None:
        text = f"{row.kind} {row.id}: {row.state}: {row.text}"
        if text != self._said and not self._quiet:
            sys.stderr.write(text + "\n")
        self._said = text


def _report(row: FlattenRow, *, waited: bool, as_json: bool) -> int:
    good = row.state == ("flat" if row.kind == "flatten" else "done")
    code = 0 if good else FAILED if waited else ACCEPTED
    ended = good or row.state == "cancelled"
    if as_json:
        put_json({"ok": good, **msgspec.structs.asdict(row)})
    else:
        put("\n".join([f"{row.kind} {row.id}: {row.state}: {row.text}", *(f"  not closed: {leg}" for leg in row.legs)]))
    if not ended:
        sys.stderr.write(
            f"{row.kind} {row.id} is not done; the desk goes on trying until `cockpit {row.kind} --cancel {row.id}`\n"
        )
    return code
