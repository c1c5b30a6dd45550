"""The past as the tables that clients are replicas of.

What a journal does not hold is left empty: order books, spreads, funding rates, liquidation prices. Positions are
marked at the newest fill of their market.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from cockpit.desk.flatten_job import Spec
from cockpit.desk.journal_rows import JournaledAlarm
from cockpit.desk.ledger import FOREIGN
from cockpit.desk.ledger_days import day_name, day_number
from cockpit.desk.wear import Scope, Wear
from cockpit.host.rows import rounded
from cockpit.link.rows import (
    AccountRow,
    AlarmRow,
    DeskRow,
    FlattenRow,
    LoopRow,
    PositionRow,
    Tables,
    WearRow,
)
from cockpit.replay.loops import LoopPast
from cockpit.replay.past import Past
from venues.model import Health, Instrument, Mode

ZERO = Decimal(0)
HEALTH = {"suspect": Health.SUSPECT, "down": Health.DOWN, "connect": Health.DOWN}
"""Beginnings of alarms that stand while an account is not well; the journal has no other word of it."""


def tables_at(past: Past, ts: int, generation: int) -> Tables:
    """Every row as of `ts`. `generation` is another number after each step back: what a client kept is void then."""
    alarms = [alarm_at(row, ts) for row in past.facts.alarms if row.first_ts <= ts < (row.ended_ts or ts + 1)]
    return Tables(
        desk=[_desk(past, ts, generation)],
        accounts=[_account(past, name, alarms) for name in past.facts.accounts],
        positions=list(_positions(past)),
        wear=list(_wear(past, ts)),
        loops=[_loop(past, loop) for loop in past.loops.values() if loop.begun <= ts],
        orders=[*past.orders.values(), *reversed(past.ended.values())],
        alarms=alarms,
        flattens=[
            FlattenRow(
                row.id, row.kind, row.state, msgspec.json.decode(row.spec, type=Spec).accounts, row.text, (), row.ts
            )
            for row in past.facts.flattens
            if row.ts <= ts
        ],
        log=list(past.log),
    )


def _desk(past: Past, ts: int, generation: int) -> DeskRow:
    run = past.run
    return DeskRow(
        pid=generation,
        version=run.version if run else "",
        epoch=run.epoch if run else 0,
        started_ts=run.ts if run else ts,
        entries_denied=past.at_end and bool(past.facts.entries or any(past.facts.trading.values())),
        bell_s=0.0,
    )


def alarm_at(row: JournaledAlarm, ts: int) -> AlarmRow:
    """What was known of an alarm at `ts`; how often it had been raised by then, only the end knows."""
    raised = row.ts <= ts
    acked = 0 < row.acked_ts <= ts
    escalated = 0 < row.escalated_ts <= ts
    return AlarmRow(
        id=row.id,
        level=row.level,
        text=row.text,
        ts=row.ts if raised else row.first_ts,
        count=row.count if raised else 1,
        first_ts=row.first_ts,
        acked_by=row.acked_by if acked else "",
        acked_ts=row.acked_ts if acked else 0,
        escalated_ts=row.escalated_ts if escalated else 0,
        action=row.action if escalated else "",
    )


def _account(past: Past, name: str, alarms: list[AlarmRow]) -> AccountRow:
    mode, _, venue = past.facts.modes.get(name, Mode.PAPER.value).partition(" ")
    trading, _, note = (past.facts.trading.get(name, "") if past.at_end else "").partition(":")
    held = [(symbol, past.ledger.position(name, symbol)) for symbol in past.ledger.markets(name)]
    cash = sum((amount * past.prices.rate(asset, None) for asset, amount in past.ledger.cash(name).items()), ZERO)
    equity = cash + sum((_unrealised(past, name, symbol, qty) for symbol, qty in held), ZERO)
    gross = sum((abs(_notional(past, name, symbol, qty)) for symbol, qty in held), ZERO)
    opened = past.ledger.opened(name)
    return AccountRow(
        name=name,
        venue=venue.split(" ")[0] or name,
        mode=Mode(mode),
        health=_health(name, alarms),
        state=trading or "active",
        note=note,
        equity_usd=rounded(equity, 2) if opened else None,
        free_usd=None,
        margin_ratio=None,
        leverage=round(float(gross / equity), 3) if opened and equity > 0 else None,
        open_orders=sum(1 for order in past.orders.values() if order.account == name),
        data_ts=0,
    )


def _health(name: str, alarms: list[AlarmRow]) -> Health:
    standing = {alarm.id for alarm in alarms}
    return next((health for word, health in HEALTH.items() if f"{word}/{name}" in standing), Health.LIVE)


def _instrument(past: Past, account: str, symbol: str) -> Instrument:
    return past.facts.instruments[(account, symbol)]


def _mark(past: Past, account: str, symbol: str) -> Decimal:
    return past.marks.get((account, symbol), ZERO)


def _notional(past: Past, account: str, symbol: str, qty: Decimal) -> Decimal:
    mark = _mark(past, account, symbol)
    return _instrument(past, account, symbol).notional(qty, mark) if mark else ZERO


def _unrealised(past: Past, account: str, symbol: str, qty: Decimal) -> Decimal:
    instrument, mark = _instrument(past, account, symbol), _mark(past, account, symbol)
    entry = past.ledger.entry(account, symbol)
    if not qty or not mark or not entry:
        return ZERO
    return instrument.pnl(qty, entry, mark) * past.prices.rate(instrument.settle, None)


def _positions(past: Past) -> Iterator[PositionRow]:
    for account in past.facts.accounts:
        for symbol in sorted(past.ledger.markets(account)):
            qty = past.ledger.position(account, symbol)
            if not qty:
                continue
            instrument, mark = _instrument(past, account, symbol), _mark(past, account, symbol)
            yield PositionRow(
                account=account,
                symbol=symbol,
                base=instrument.base,
                qty=qty,
                base_qty=rounded(instrument.base_qty(qty, mark), 8) if mark else ZERO,
                entry=rounded(past.ledger.entry(account, symbol) or ZERO, 8),
                mark=mark,
                liq=None,
                unrealised_usd=rounded(_unrealised(past, account, symbol, qty), 2),
                notional_usd=rounded(_notional(past, account, symbol, qty), 2),
                ledger_qty=qty,
                foreign_qty=past.ledger.position(account, symbol, FOREIGN),
            )


def _nothing(_account: str, _symbol: str) -> Decimal | None:
    """No mark but those that the ledger remembers."""
    return None


def wear_of(past: Past, scope: Scope, name: str) -> Wear:
    """At the marks and rates of the newest bookings."""
    return past.ledger.wear(scope, name, _nothing)


def _wear(past: Past, ts: int) -> Iterator[WearRow]:
    for loop in past.loops.values():
        if loop.begun <= ts:
            yield _wear_row("loop", loop.id, wear_of(past, Scope.LOOP, loop.id))
    for name in past.facts.accounts:
        yield _wear_row("account", name, wear_of(past, Scope.ACCOUNT, name))
    today = day_name(day_number(ts))
    yield _wear_row("day", today, wear_of(past, Scope.DAY, today))
    yield _wear_row("total", "all", wear_of(past, Scope.TOTAL, ""))


def _wear_row(scope: str, name: str, wear: Wear) -> WearRow:
    return WearRow(
        scope=scope,
        name=name,
        wear_bps=_bps(wear),
        wear_usd=rounded(wear.wear_usd, 4),
        fees_usd=rounded(wear.fees_usd, 4),
        trade_usd=rounded(wear.trade_usd, 4),
        funding_usd=rounded(wear.funding_usd, 4),
        volume_usd=rounded(wear.volume_usd, 2),
        open_usd=rounded(wear.open_usd, 4),
    )


def _bps(wear: Wear) -> float | None:
    return None if wear.wear_bps is None else round(float(wear.wear_bps), 4)


def _loop(past: Past, loop: LoopPast) -> LoopRow:
    legs = loop.legs
    known = [(account, symbol) for _leg, account, symbol in legs if (account, symbol) in past.facts.instruments]
    wear = wear_of(past, Scope.LOOP, loop.id)
    p50, p99 = loop.latency_ms()
    modes = {past.facts.modes.get(account, Mode.PAPER.value).split(" ")[0] for _leg, account, _symbol in legs}
    return LoopRow(
        id=loop.id,
        strategy=loop.row.strategy,
        state=loop.state.value,
        phase=loop.phase,
        detail=loop.detail,
        legs=legs,
        base=past.facts.instruments[known[0]].base if known else "",
        iterations_done=loop.cycles,
        iterations=loop.iterations,
        params=dict(loop.params),
        pending=dict(loop.pending),
        exposure_base=rounded(past.ledger.exposure(loop.id), 8),
        owed_base=rounded(loop.owed, 8),
        tolerance_base=rounded(tolerance_of(past, loop), 8),
        wear_bps=_bps(wear),
        wear_usd=rounded(wear.wear_usd, 4),
        volume_usd=rounded(wear.volume_usd, 2),
        hedges=loop.hedges,
        hedge_ms_p50=p50,
        hedge_ms_p99=p99,
        started_ts=loop.begun,
        mode=modes.pop() if len(modes) == 1 else "mixed",
    )


def tolerance_of(past: Past, loop: LoopPast) -> Decimal:
    """Base coin under which its legs cannot be evened out: the largest of them; 0 before any of them had a price."""
    sizes = []
    for _leg, account, symbol in loop.legs:
        mark = past.marks.get((account, symbol))
        if mark:
            sizes.append(past.facts.instruments[(account, symbol)].tolerance_base(mark))
    return max(sizes, default=ZERO)
