"""Reading the desk and its journal: answers of `Query`, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from cockpit.desk.desk import Desk
from cockpit.desk.flatten_job import Spec
from cockpit.desk.reach import Reach, words_of
from cockpit.desk.refusals import LaunchError
from cockpit.host.rows import flatten_row
from cockpit.link.rows import FlattenRow
from strategies.params import ParamError, specs

Answer = Any
"""Whatever msgspec writes as JSON; its shape is the query's own."""

ALWAYS = 1 << 62


def encode(answer: Answer) -> msgspec.Raw:
    """As it goes into an acknowledgement."""
    return msgspec.Raw(msgspec.json.encode(answer))


class Queries:
    """Every query by name."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._by_name: dict[str, Callable[[Mapping[str, str]], Answer]] = {
            "fills": self._fills,
            "funding": self._funding,
            "transfers": self._transfers,
            "audit": self._audit,
            "flatten": self._flatten,
            "strategies": self._strategies,
            "reach": self._reach,
            "obligations": self._obligations,
            "alarms": self._alarms,
        }

    async def ask(self, what: str, args: Mapping[str, str]) -> Answer:
        """Raises `LaunchError` for a query that does not exist or cannot be answered."""
        if what not in self._by_name:
            raise LaunchError(f"query: {what!r} is not known; expected one of {', '.join(self._by_name)}")
        await self._desk.journal.barrier()
        return self._by_name[what](args)

    def _span(self, args: Mapping[str, str]) -> tuple[int, int]:
        stamps = []
        for name, default in (("from", 0), ("to", ALWAYS)):
            text = args.get(name, "")
            if text and not text.lstrip("-").isdigit():
                raise LaunchError(f"{name}: {text!r} is not a time; expected ns since the epoch")
            stamps.append(int(text) if text else default)
        return stamps[0], stamps[1]

    def _fills(self, args: Mapping[str, str]) -> Answer:
        start, end = self._span(args)
        rows = self._desk.journal.reader().fills(
            from_ts=start, to_ts=end, account=args.get("account") or None, loop=args.get("loop") or None
        )
        return [
            {
                "ts_event": row.ts_event,
                "account": row.account,
                "instrument": row.symbol,
                "side": row.side,
                "price": row.price,
                "qty": row.qty,
                "base_qty": row.base_qty,
                "fee": row.fee,
                "fee_asset": row.fee_asset,
                "fee_usd": row.fee_usd,
                "liquidity": row.liquidity,
                "client_order_id": row.client_order_id,
                "trade_id": row.trade_id,
                "loop": row.loop,
                "role": row.role,
            }
            for row in rows
        ]

    def _funding(self, args: Mapping[str, str]) -> Answer:
        start, end = self._span(args)
        return [
            {
                "ts_event": row.ts_event,
                "account": row.account,
                "instrument": row.symbol,
                "cost": row.cost,
                "asset": row.asset,
                "cost_usd": row.cost * row.rate_usd,
                "rate": row.rate,
                "qty": row.qty,
                "price": row.price,
                "payment_id": row.payment_id,
            }
            for row in self._desk.journal.reader().funding(from_ts=start, to_ts=end)
        ]

    def _transfers(self, args: Mapping[str, str]) -> Answer:
        start, end = self._span(args)
        return [
            {
                "ts_event": row.ts_event,
                "account": row.account,
                "kind": row.kind,
                "asset": row.asset,
                "amount": row.amount,
                "amount_usd": row.amount * row.rate_usd,
                "transfer_id": row.transfer_id,
            }
            for row in self._desk.journal.reader().transfers(from_ts=start, to_ts=end)
        ]

    def _audit(self, args: Mapping[str, str]) -> Answer:
        return self._desk.journal.reader().param_changes(args.get("loop") or None)

    def _alarms(self, args: Mapping[str, str]) -> Answer:
        """Those that stood in the span, over or not, oldest first."""
        start, end = self._span(args)
        rows = self._desk.journal.reader().alarms()
        return [row for row in rows if row.first_ts < end and (row.active or row.ended_ts >= start)]

    def _obligations(self, args: Mapping[str, str]) -> Answer:
        loop = args.get("loop", "")
        rows = self._desk.journal.reader().obligations(loop)
        return {"obligations": rows, "owed": self._desk.journal.reader().owed(loop)}

    def _flatten(self, args: Mapping[str, str]) -> Answer:
        wanted = args.get("id", "")
        job = self._desk.flattener.jobs.get(wanted)
        if job is not None:
            return flatten_row(job)
        for row in self._desk.journal.reader().flattens():
            if row.id == wanted:
                accounts = msgspec.json.decode(row.spec, type=Spec).accounts
                return FlattenRow(row.id, row.kind, row.state, accounts, row.text, (), row.ts)
        raise LaunchError(f"flatten: {wanted!r} is not known; see `cockpit status`")

    def _strategies(self, _args: Mapping[str, str]) -> Answer:
        return [
            {"kind": kind, "doc": (strategy.params_type.__doc__ or "").strip(), "params": specs(strategy.params_type)}
            for kind, strategy in self._desk.loops.strategies.items()
        ]

    def _reach(self, args: Mapping[str, str]) -> Answer:
        """What a launch with these parameters could come to, before it is asked for."""
        raw = {name: value for name, value in args.items() if name != "strategy"}
        try:
            reaches = self._desk.loops.preview(args.get("strategy", ""), raw)
        except ParamError as error:
            raise LaunchError(str(error)) from None
        return reach_answer(self._desk, reaches)


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
