"""What may be closed, given what the venues say and what the books hold. Pure.

The bounds are those of the desk's own flatten: while report and books disagree, a close never exceeds the smaller of
the two and is nothing where their signs differ; with a leg that cannot be reached its partner is kept, unless the scope
is `all`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from cockpit.watchdog.books import Books
from cockpit.watchdog.rules import Scope
from venues.model import Instrument, InstrumentError, OrderStatusReport, PositionStatusReport, Side

ZERO = Decimal(0)
BPS = Decimal(10_000)


class Look(msgspec.Struct):
    """One account as its venue told it in one round."""

    account: str
    positions: dict[str, PositionStatusReport] = {}
    """By symbol; only what is not 0."""
    orders: tuple[OrderStatusReport, ...] = ()
    """Still open."""
    refused: str = ""
    """Why nothing is known, or nothing but cancels may go there; empty where closes may."""
    busy: bool = False
    """Refused only for now: over the venue's limit of questions."""
    notes: list[str] = []


class Close(msgspec.Struct, frozen=True):
    """A reduce-only order to be sent."""

    account: str
    symbol: str
    owner: str
    held: Decimal
    """The whole position as reported, signed, venue units."""
    qty: Decimal
    """Of it to be closed, above 0."""
    price: Decimal
    """Limit: the venue's mark worsened by the slippage."""

    @property
    def side(self) -> Side:
        return Side.of(-self.held)


def left_over(looks: Sequence[Look], books: Books, *, flatten: bool) -> list[str]:
    """Each thing that is not done yet, named; empty only where every venue itself has said that nothing is left."""
    legs: list[str] = []
    for look in looks:
        if look.refused:
            legs.append(f"{look.account}: {look.refused}")
        legs += [f"{look.account}: {note}" for note in look.notes]
        legs += [f"{look.account} {order.symbol} order {order.venue_order_id} still open" for order in look.orders]
        if not flatten:
            continue
        legs += [f"{look.account} {symbol} {report.qty:+f} still open" for symbol, report in look.positions.items()]
        if not look.refused:
            legs += [
                f"{look.account} {symbol} reads flat, the books hold {books.position(look.account, symbol):+f}"
                for symbol in books.symbols(look.account)
                if symbol not in look.positions
            ]
    return legs


def closes(
    looks: Sequence[Look],
    books: Books,
    instruments: Mapping[str, Mapping[str, Instrument]],
    *,
    scope: Scope,
    slippage_bps: Decimal,
    at_work: Mapping[tuple[str, str], Decimal],
) -> tuple[list[Close], list[str]]:
    """What to send now, and words on what is left standing.

    `at_work`: (account, symbol) to what orders of ours may still close there, their ends not known.
    """
    kept = _kept(looks, books, instruments) if scope is Scope.PAIRS else {}
    out: list[Close] = []
    words: list[str] = []
    for look in looks:
        for symbol, report in look.positions.items() if not look.refused else ():
            key = (look.account, symbol)
            ours = books.position(*key)
            instrument = instruments[look.account].get(symbol)
            if instrument is None:
                words.append(f"{look.account} {symbol} is no market that the venue told us of: not touched")
                continue
            keep = kept.get(key, ZERO)
            if not _bound(report.qty, ours):
                words.append(
                    f"{look.account} {symbol}: reported {report.qty:+f}, the books hold {ours:+f}: not touched"
                )
                continue
            if keep:
                words.append(f"{look.account} {symbol} keeps {keep:f} of {abs(report.qty):f} against its partner")
            left = _bound(report.qty, ours) - _resting(look, report) - keep - at_work.get(key, ZERO)
            for owner, qty in books.owners(*key).items():
                part = min(left, abs(qty)) if qty * report.qty > 0 else ZERO
                if part <= 0:
                    continue
                left -= part
                close = _close(look.account, owner, report, part, instrument, slippage_bps)
                if isinstance(close, str):
                    words.append(close)
                else:
                    out.append(close)
    return out, words


def _bound(reported: Decimal, ours: Decimal) -> Decimal:
    """The most that may be closed: the smaller of report and books, and nothing where their signs differ."""
    return min(abs(reported), abs(ours)) if reported * ours > 0 else ZERO


def _resting(look: Look, report: PositionStatusReport) -> Decimal:
    """What orders that are still open may take off the position before ours come in."""
    side = Side.of(-report.qty)
    return sum((o.qty - o.filled_qty for o in look.orders if (o.symbol, o.side) == (report.symbol, side)), ZERO)


def _close(
    account: str,
    owner: str,
    report: PositionStatusReport,
    part: Decimal,
    instrument: Instrument,
    slippage_bps: Decimal,
) -> Close | str:
    side = Side.of(-report.qty)
    if report.mark_price <= 0:
        return f"{account} {report.symbol} has no mark to close at"
    worst = report.mark_price * (1 + side.sign * slippage_bps / BPS)
    price = instrument.round_price(worst, up=side is Side.SELL)
    qty = instrument.round_qty(part)
    try:
        instrument.check_order(qty, price, reduce_only=True)
    except InstrumentError as error:
        return f"{account} {error}"
    return Close(account, report.symbol, owner, report.qty, qty, price)


def _kept(
    looks: Sequence[Look], books: Books, instruments: Mapping[str, Mapping[str, Instrument]]
) -> dict[tuple[str, str], Decimal]:
    """(account, symbol) to the size to be left standing, because its partner cannot be closed: the account is out of
    reach, or its report and the books contradict each other."""
    marks = {
        instruments[look.account][symbol].base: report.mark_price
        for look in looks
        for symbol, report in look.positions.items()
        if symbol in instruments[look.account] and report.mark_price > 0
    }
    stuck: dict[str, Decimal] = {}
    for look in looks:
        for symbol in books.symbols(look.account):
            ours, report = books.position(look.account, symbol), look.positions.get(symbol)
            bound = _bound(report.qty, ours) if report is not None and not look.refused else ZERO
            instrument = instruments[look.account].get(symbol)
            mark = marks.get(instrument.base) if instrument is not None else None
            # Without a mark there is no open partner that could be kept.
            if instrument is not None and mark is not None:
                base = instrument.base_qty(ours - bound if ours > 0 else ours + bound, mark)
                stuck[instrument.base] = stuck.get(instrument.base, ZERO) + base
    kept: dict[tuple[str, str], Decimal] = {}
    for look in looks:
        for symbol, report in look.positions.items() if not look.refused else ():
            instrument = instruments[look.account].get(symbol)
            left = stuck.get(instrument.base, ZERO) if instrument is not None else ZERO
            bound = _bound(report.qty, books.position(look.account, symbol))
            if instrument is None or left * report.qty >= 0 or report.mark_price <= 0 or not bound:
                continue
            whole = instrument.round_qty(instrument.qty_from_base(abs(left), report.mark_price), nearest=True)
            keep = min(bound, whole)
            kept[(look.account, symbol)] = keep
            sign = 1 if report.qty > 0 else -1
            stuck[instrument.base] = left + sign * instrument.base_qty(keep, report.mark_price)
    return kept
