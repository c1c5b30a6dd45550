"""Days as they went: volume and wear from the ledger, equity as noted, and the value of one unit of the fund.

The unit value is that of unitised funds, of which a time-weighted return is the growth (CFA Institute, *Global
Investment Performance Standards*, 2020, on external cash flows): money that comes buys units and money that goes gives
units back, at the value that a unit has then, so neither moves it. With U units after the day before, worth v each, an
equity E at the end of the day and a net flow F during it:

    F ≥ 0, bought at the value of the day before:     U' = U + F ÷ v,    v' = E ÷ U'
    F < 0, given back at the value of the day's end:  v' = (E − F) ÷ U,  U' = U + F ÷ v'

The first day's end is 1. Rebates are earned, not paid in. An account that is seen for the first time, or for the last
time while it is no longer configured, came or went with all that it was worth. A day on which an account was not looked
at counts with what it was worth before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from cockpit.desk import journal_pages as pages
from cockpit.desk.desk import Desk
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.ledger_days import day_name, day_number
from cockpit.desk.wear import Scope, Wear
from cockpit.host.asked import Args, whole
from cockpit.host.reading import Reading
from cockpit.host.rows import rounded
from cockpit.link.answers import DayLine, History
from cockpit.link.rows import ZERO
from venues.model import TransferKind

DAYS, MOST_DAYS = 90, 3_660

Flows: TypeAlias = Mapping[tuple[str, str], Decimal]
"""(day, account) to what came in less what went out, USD at the rates of the time."""
Equities: TypeAlias = Mapping[str, Mapping[str, Decimal]]
"""Day to account to USD at its end."""
Worth: TypeAlias = dict[str, tuple[Decimal, float | None]]
"""Day to (equity of all accounts in USD, value of one unit), oldest first."""


async def history(desk: Desk, reading: Reading, args: Args) -> History:
    """See `History`. Raises `LaunchError`."""
    wanted = whole(args, "days", DAYS, MOST_DAYS)
    today = day_name(day_number(desk.clock.now_ns()))
    now, staying = desk.watch.equity_days.now(), frozenset(desk.accounts)
    worth = await reading.ask(partial(_worth, today=today, now=now, staying=staying))
    names = sorted({*desk.ledger.days(), *worth})[-wanted:]
    lines = []
    for name in names:
        lines.append(day_line(name, desk.booking.wear(Scope.DAY, name), worth.get(name)))
        # A year of many markets is some tenths of a second: the desk has its turn after each day.
        await asyncio.sleep(0)
    return History(tuple(lines))


def _worth(reader: JournalReader, *, today: str, now: Mapping[str, Decimal], staying: Collection[str]) -> Worth:
    """From the journal, and from what accounts are worth `now` for the day that has not ended."""
    equities: dict[str, dict[str, Decimal]] = {}
    for row in pages.equities(reader):
        equities.setdefault(row.day, {})[row.account] = row.usd
    flows: dict[tuple[str, str], Decimal] = {}
    for moved in reader.transfers():
        if moved.kind is not TransferKind.REBATE:
            key = (day_name(day_number(moved.ts_event)), moved.account)
            flows[key] = flows.get(key, ZERO) + moved.transfer.signed * moved.rate_usd
    if now:
        equities.setdefault(today, {}).update(now)
    return unit_values(equities, flows, staying)


def day_line(day: str, wear: Wear, worth: tuple[Decimal, float | None] | None) -> DayLine:
    """One day as the screens show it; `worth` is the equity, USD, and what a unit of it was worth."""
    return DayLine(
        day=day,
        volume_usd=rounded(wear.volume_usd, 2),
        wear_usd=rounded(wear.wear_usd, 4),
        wear_bps=None if wear.wear_bps is None else round(float(wear.wear_bps), 4),
        fees_usd=rounded(wear.fees_usd, 4),
        trade_usd=rounded(wear.trade_usd, 4),
        funding_usd=rounded(wear.funding_usd, 4),
        equity_usd=None if worth is None else rounded(worth[0], 2),
        unit_value=None if worth is None or worth[1] is None else round(worth[1], 6),
    )


def unit_values(equities: Equities, flows: Flows, staying: Collection[str]) -> Worth:
    """See the module's formula; `staying` are accounts still configured. A fund that lost everything has no unit value
    any more."""
    days = sorted(equities)
    last_seen = {account: day for day in days for account in equities[day]}
    out: Worth = {}
    held: dict[str, Decimal] = {}
    units, value = 0.0, 1.0
    since = ""
    for day in days:
        gone = {name for name in held if name not in staying and last_seen[name] < day}
        came = {name: usd for name, usd in equities[day].items() if name not in held}
        moved = sum((usd for (on, name), usd in flows.items() if since < on <= day and name in held), ZERO)
        flow = moved + sum(came.values(), ZERO) - sum((held[name] for name in gone), ZERO)
        held = {name: usd for name, usd in {**held, **equities[day]}.items() if name not in gone}
        equity = sum(held.values(), ZERO)
        if not since:
            units = float(equity)
        else:
            units, value = _after(units, value, float(equity), float(flow))
        since = day
        out[day] = (equity, value if units > 0 else None)
    return out


def _after(units: float, value: float, equity: float, flow: float) -> tuple[float, float]:
    """(units, value of one) after a day. See the module's formula."""
    if units <= 0 or value <= 0:
        # Nothing was left, or owed: what is there now begins anew.
        return max(equity, 0.0), 1.0
    if flow >= 0:
        units += flow / value
        return units, equity / units
    value = (equity - flow) / units
    return (units + flow / value if value > 0 else 0.0), value
