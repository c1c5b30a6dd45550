"""Defects on purpose, one for each known way to lose money: proof that the referee would see them.

Each alters one desk object of a simulated run. Nothing of the desk itself knows of them, they are reached by tests and
by `cockpit chaos --mutant` alone, and what `find` returns refuses any desk that holds a live account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from cockpit.chaos.mutant_parts import (
    Trusting,
    alter_books,
    alter_fills,
    alter_orders,
    making,
    others_position,
    reopening,
    swap,
)
from cockpit.desk.desk import Desk
from cockpit.desk.flatten_job import Job, Look, State
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.orders import Order
from cockpit.desk.uncertain import Patience
from strategies.protocol import Role
from venues.model import FillReport, Mode, OrderStatus, Side, TimeInForce

ZERO = Decimal(0)


class MutantRefused(ValueError):
    """A mutant was asked for where it must not run, or there is none of that name."""


def hedge_complete_fills_only(desk: Desk) -> None:
    """A maker's partial fills wait for the rest, which may never come (hummingbot's XEMM executor; W9)."""

    def alter(book: HedgeBook) -> None:
        account_for = book.account_for
        held: dict[str, list[FillReport]] = {}

        def wait(order: Order, fill: FillReport, *rest: Any) -> None:
            if making(order):
                held.setdefault(order.id, []).append(fill)
                if order.filled_qty + fill.qty < order.qty:
                    return
                for one in held.pop(order.id):
                    account_for(order, one, *rest)
                return
            account_for(order, fill, *rest)

        swap(book, "account_for", wait)

    alter_books(desk, alter)


def forget_on_cancel(desk: Desk) -> None:
    """The order's id is forgotten when its cancel is sent: a fill that races it is not hedged (hummingbot 2501)."""

    def alter(book: HedgeBook) -> None:
        account_for = book.account_for

        def forget(order: Order, fill: FillReport, *rest: Any) -> None:
            if not (making(order) and order.cancel_at):
                account_for(order, fill, *rest)

        swap(book, "account_for", forget)

    alter_books(desk, alter)


def resubmit_on_timeout(desk: Desk) -> None:
    """No answer is taken for failure: the hedge is sent again while the first may live (hummingbot 493, 3374)."""

    def alter(book: HedgeBook) -> None:
        on_order = book.on_order

        def resubmit(order: Order) -> None:
            if order.status is OrderStatus.UNKNOWN and book._live.pop(order.id, None) is not None:
                book.attempt += 1
                book.work()
            else:
                on_order(order)

        swap(book, "on_order", resubmit)

    alter_books(desk, alter)


def not_found_is_dead(desk: Desk) -> None:
    """One "not found" ends an order, whatever lists and positions say (freqtrade 12681)."""

    async def absent(*_: Any) -> bool:
        return True

    desk.uncertain._patience = Patience(ack_s=0.5, absent_s=0.0, absent_times=1)
    swap(desk.uncertain, "_truly_absent", absent)


def failed_query_is_flat(desk: Desk) -> None:
    """A flatten that gets no answer takes it for "nothing there" (W4, W16)."""
    look = desk.flattener._look

    async def hopeful(job: Job, name: str) -> Look:
        seen = await look(job, name)
        return Look({}) if "did not answer" in seen.refused else seen

    swap(desk.flattener, "_look", hopeful)


def no_trade_id_dedupe(desk: Desk) -> None:
    """A fill that is told twice counts twice (nautilus 3046)."""
    ids = desk.ledger._fill_ids
    swap(ids, "has", lambda *_: False)
    swap(ids, "first", lambda *_: True)


def terminal_order_reopens(desk: Desk) -> None:
    """The newest report is believed, however stale: an ended order opens again (ccxt's own cache)."""
    reopening(desk)


def obligation_in_memory_only(desk: Desk) -> None:
    """A restart forgets what was owed (W5, hummingbot 4193)."""
    work_off = desk.loops.work_off

    def forget(*, look_first: bool = False) -> None:
        for loop in desk.loops.all.values():
            for book in loop.books.values():
                book.owed = ZERO
        work_off(look_first=look_first)

    swap(desk.loops, "work_off", forget)


def intent_after_sending(desk: Desk) -> None:
    """The order leaves before its intent is on disk, on a venue that cannot find it by our id."""

    async def at_once(order: Order, to: Any, named: bool) -> None:
        desk.tracker.sent(order, desk.clock.now_ns())
        to.venue.submit(order.request)

    swap(desk.executor, "_send_after_disk", at_once)


def rollback_repaired_by_trading(desk: Desk) -> None:
    """A report that contradicts the fills is "repaired" with an order: the night of 11 October 2025."""

    def repair(account: Any, differing: Mapping[str, tuple[Decimal, Decimal]]) -> None:
        for symbol, (reported, ours) in differing.items():
            market = desk.markets.of(account.name, symbol)
            touch = market.touch(Side.of(ours - reported))
            if touch is None:
                continue
            desk.executor.send(
                desk.loops.desk_owner.next_id(Role.REDUCE),
                loop="",
                leg="",
                account=account.name,
                symbol=symbol,
                side=Side.of(ours - reported),
                qty=abs(ours - reported),
                price=touch,
                tif=TimeInForce.IOC,
            )

    swap(desk.reconciler, "disagree", repair)


def suspect_never(desk: Desk) -> None:
    """Nobody minds that reports contradict the fills: trading goes on."""
    swap(desk.reconciler, "disagree", lambda *_: None)


def flatten_claims_on_acknowledgement(desk: Desk) -> None:
    """ "Flat" once the closing orders are sent (nautilus closes its market exit after a hundred looks)."""
    round_ = desk.flattener._round

    async def claim(job: Job) -> None:
        await round_(job)
        if not job.state.ended:
            desk.flattener._end(job, State.FLAT, "every closing order was accepted")

    swap(desk.flattener, "_round", claim)


def hedge_size_from_the_order(desk: Desk) -> None:
    """The first partial fill is hedged with the order's whole size (W8's cousin; hummingbot 855)."""

    def alter(book: HedgeBook) -> None:
        account_for = book.account_for
        seen: set[str] = set()

        def whole(order: Order, fill: FillReport, *rest: Any) -> None:
            before = book.owed
            account_for(order, fill, *rest)
            if making(order):
                base = book.owed - before
                book.owed = before if order.id in seen else before + base * order.qty / fill.qty
                seen.add(order.id)

        swap(book, "account_for", whole)

    alter_books(desk, alter)


def dust_dropped(desk: Desk) -> None:
    """What is too little to trade is forgotten instead of carried on (hummingbot's old market making)."""

    def alter(book: HedgeBook) -> None:
        on_order = book.on_order

        def drop(order: Order) -> None:
            on_order(order)
            if not book._live and abs(book.owed) <= book.tolerance():
                book.owed = ZERO

        swap(book, "on_order", drop)

    alter_books(desk, alter)


def stale_book_trusted(desk: Desk) -> None:
    """Any book will do: old, crossed, with holes (W3)."""
    know = desk.connecting.know

    def blind(account: Any) -> None:
        know(account)
        for market in desk.markets.all():
            if not isinstance(market, Trusting):
                market.__class__ = Trusting

    swap(desk.connecting, "know", blind)


def hedges_other_peoples_trades(desk: Desk) -> None:
    """Fills are read off the position: whatever moves it is hedged, by whomever it was traded (W8)."""

    def foreign(account: str, fill: FillReport) -> None:
        for loop in desk.loops.all.values():
            for book in loop.books.values():
                for leg in book.hedged:
                    if (leg.account, leg.symbol) == (account, fill.symbol):
                        instrument = desk.markets.of(account, fill.symbol).instrument
                        book.owed -= fill.side.sign * instrument.base_qty(fill.qty, fill.price)
                        book.work()

    alter_fills(desk, foreign)


def trading_state_ignored(desk: Desk) -> None:
    """HALTED and REDUCING are shown and not kept to."""
    for account in desk.accounts.values():
        swap(account, "refusal", lambda *_, **__: "")


def client_ids_repeat(desk: Desk) -> None:
    """A restarted desk counts its order ids from the beginning (edgeX: every 16.7 minutes)."""
    desk.epoch = 1
    desk.loops.desk_owner.epoch = 1


def acknowledged_before_disk(desk: Desk) -> None:
    """Commands are answered before they are saved."""

    async def at_once() -> None:
        return None

    swap(desk.journal, "barrier", at_once)


def refused_cancel_is_cancelled(desk: Desk) -> None:
    """A cancel that comes too late, because the order is filled, is read as "cancelled" (W7)."""
    gone: set[str] = set()

    def alter(book: HedgeBook) -> None:
        account_for = book.account_for

        def ignore(order: Order, fill: FillReport, *rest: Any) -> None:
            if not (making(order) and order.id in gone):
                account_for(order, fill, *rest)

        swap(book, "account_for", ignore)

    alter_books(desk, alter)
    alter_orders(desk, lambda order: gone.add(order.id))


def gives_up_after_one_hedge(desk: Desk) -> None:
    """A hedge that did not fill is not tried again (hummingbot 3849; W2)."""

    def alter(book: HedgeBook) -> None:
        on_order = book.on_order

        def give_up(order: Order) -> None:
            mine = order.id in book._live and order.done and not order.filled_qty
            if mine:
                del book._live[order.id]
                book.hold("gave up")
            else:
                on_order(order)

        swap(book, "on_order", give_up)

    alter_books(desk, alter)


def unanswered_hedge_taken_for_filled(desk: Desk) -> None:
    """After a while without an answer the hedge is "marked as filled to continue trading" (W1)."""

    def alter(book: HedgeBook) -> None:
        on_order = book.on_order

        def fake(order: Order) -> None:
            if order.status is OrderStatus.UNKNOWN and book._live.pop(order.id, None) is not None:
                instrument = desk.markets.of(order.account, order.symbol).instrument
                book.owed -= order.side.sign * instrument.base_qty(order.remaining, order.price)
            else:
                on_order(order)

        swap(book, "on_order", fake)

    alter_books(desk, alter)


def close_by_report_alone(desk: Desk) -> None:
    """A flatten closes what the venue reports, though the ledger knows better."""
    desk.flattener._booking = others_position(desk)


def stop_forgets_hedges(desk: Desk) -> None:
    """Pausing or stopping a loop ends its hedging too (W5: Ctrl-C after a fill)."""
    pause = desk.loops.pause

    def drop(loop: Any, why: str) -> None:
        pause(loop, why)
        for book in loop.books.values():
            swap(book, "work", lambda: None)

    swap(desk.loops, "pause", drop)


MUTANTS: dict[str, Callable[[Desk], None]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        hedge_complete_fills_only,
        forget_on_cancel,
        resubmit_on_timeout,
        not_found_is_dead,
        failed_query_is_flat,
        no_trade_id_dedupe,
        terminal_order_reopens,
        obligation_in_memory_only,
        intent_after_sending,
        rollback_repaired_by_trading,
        suspect_never,
        flatten_claims_on_acknowledgement,
        hedge_size_from_the_order,
        dust_dropped,
        stale_book_trusted,
        hedges_other_peoples_trades,
        trading_state_ignored,
        client_ids_repeat,
        acknowledged_before_disk,
        refused_cancel_is_cancelled,
        gives_up_after_one_hedge,
        unanswered_hedge_taken_for_filled,
        close_by_report_alone,
        stop_forgets_hedges,
    )
}


def find(name: str) -> Callable[[Desk], None]:
    """The defect of that name, to be applied by `World`. Raises `MutantRefused` naming those there are."""
    mutant = MUTANTS.get(name)
    if mutant is None:
        raise MutantRefused(f"mutant: {name!r} is not known; expected one of {', '.join(MUTANTS)}")

    def altered(desk: Desk) -> None:
        live = [account.name for account in desk.accounts.values() if account.venue.mode is not Mode.PAPER]
        if live:
            raise MutantRefused(f"mutant: {name!r} must not run on a live account: {', '.join(live)}")
        mutant(desk)

    return altered
