"""What a client may ask: every question by name, and where its answer comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from cockpit.desk.desk import Desk
from cockpit.desk.flatten_job import Spec
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.reach import Reach, words_of
from cockpit.desk.refusals import LaunchError
from cockpit.host import exports
from cockpit.host.asked import Args
from cockpit.host.changes import audit
from cockpit.host.history import history
from cockpit.host.order_pages import order_life, orders_page
from cockpit.host.reading import Reading, ReadingHere
from cockpit.host.rows import flatten_row
from cockpit.host.sheets import account_sheet, loop_sheet
from cockpit.link.rows import FlattenRow
from strategies.params import ParamError, specs

Answer = Any
"""Whatever msgspec writes as JSON; its shape is the query's own."""


def encode(answer: Answer) -> msgspec.Raw:
    """As it goes into an acknowledgement."""
    return answer if isinstance(answer, msgspec.Raw) else msgspec.Raw(msgspec.json.encode(answer))


FROM_JOURNAL: dict[str, Callable[[JournalReader, Args], Answer]] = {
    "fills": exports.fills,
    "funding": exports.funding,
    "transfers": exports.transfers,
    "obligations": exports.obligations,
    "alarms": exports.alarms,
    "orders": orders_page,
    "order": order_life,
    "audit": audit,
}
"""Questions that the journal alone answers. They are asked, and their answers encoded, wherever `Reading` reads."""


class Queries:
    """Every query by name. `reading`: see there; the journal's own connection where none is given."""

    def __init__(self, desk: Desk, reading: Reading | None = None) -> None:
        self._desk = desk
        self._reading = reading or ReadingHere(desk.journal)
        self._by_desk: dict[str, Callable[[Args], Answer]] = {
            "flatten": self._flatten,
            "strategies": self._strategies,
            "reach": self._reach,
        }
        self._by_both: dict[str, Callable[[Desk, Reading, Args], Awaitable[Answer]]] = {
            "account": account_sheet,
            "loop": loop_sheet,
            "history": history,
        }

    async def ask(self, what: str, args: Mapping[str, str]) -> Answer:
        """Raises `LaunchError` for a query that does not exist or cannot be answered."""
        known = (*FROM_JOURNAL, *self._by_desk, *self._by_both)
        if what not in known:
            raise LaunchError(f"query: {what!r} is not known; expected one of {', '.join(known)}")
        # What was said before the question is part of the answer.
        await self._desk.journal.barrier()
        if what in FROM_JOURNAL:
            return await self._reading.ask(partial(_encoded, FROM_JOURNAL[what], args))
        if what in self._by_both:
            return await self._by_both[what](self._desk, self._reading, args)
        return self._by_desk[what](args)

    def _flatten(self, args: Args) -> Answer:
        wanted = args.get("id", "")
        job = self._desk.flattener.jobs.get(wanted)
        if job is not None:
            return flatten_row(job)
        for row in self._desk.journal.reader().flattens():
            if row.id == wanted:
                accounts = msgspec.json.decode(row.spec, type=Spec).accounts
                return FlattenRow(row.id, row.kind, row.state, accounts, row.text, (), row.ts)
        raise LaunchError(f"flatten: {wanted!r} is not known; see `cockpit status`")

    def _strategies(self, _args: Args) -> Answer:
        return [
            {"kind": kind, "doc": (strategy.params_type.__doc__ or "").strip(), "params": specs(strategy.params_type)}
            for kind, strategy in self._desk.loops.strategies.items()
        ]

    def _reach(self, args: Args) -> Answer:
        """What a launch with these parameters could come to, before it is asked for."""
        raw = {name: value for name, value in args.items() if name != "strategy"}
        try:
            reaches = self._desk.loops.preview(args.get("strategy", ""), raw)
        except ParamError as error:
            raise LaunchError(str(error)) from None
        return reach_answer(self._desk, reaches)


def _encoded(question: Callable[[JournalReader, Args], Answer], args: Args, reader: JournalReader) -> msgspec.Raw:
    return encode(question(reader, args))


def reach_answer(desk: Desk, reaches: Sequence[Reach]) -> dict[str, Answer]:
    """How far a loop may reach, in figures and words, and what kind of money it moves."""
    accounts = [desk.accounts[reach.account] for reach in reaches]
    limits = [f"{account.name}: {text}" for account in accounts if (text := desk.going_live.words(account))]
    modes = list(dict.fromkeys(account.venue.mode for account in accounts))
    return {"reach": reaches, "text": "; ".join([words_of(reaches), *limits]), "modes": modes}


def fraction_of(text: str) -> Decimal:
    """A share above 0, up to 1. Raises `LaunchError`."""
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal(0)
    if not value.is_finite() or not 0 < value <= 1:
        raise LaunchError(f"fraction: {text!r} is not valid; expected a number > 0, <= 1")
    return value
