"""The last look at a run, when everything answers and nothing is under way: books against books."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cockpit.chaos.invariants import Invariant
from cockpit.chaos.operator import Operator
from cockpit.chaos.referee import Referee
from cockpit.chaos.truth import Truth
from cockpit.chaos.world import World
from cockpit.desk.desk import Desk
from cockpit.host.commands import EMERGENCIES
from cockpit.link import messages as m
from venues.paper.account import Position

ZERO = Decimal(0)
CENT = Decimal("0.000001")
"""Cash may differ by what division rounds, settle asset."""
EQUITY_CENT = Decimal("0.001")
"""USD."""
LARGEST = 20_000
"""Entries that any one container of a desk may hold after a short run."""


def audit(world: World, truth: Truth, referee: Referee, operator: Operator) -> None:
    """Tell the referee whatever does not agree. Needs a desk that is alive and quiet, and its journal saved."""
    desk = world.desk
    assert desk is not None
    referee.look()
    _exposures(world, truth, referee)
    _fills(desk, truth, referee)
    _books(world, desk, truth, referee)
    _intents(desk, truth, referee)
    _acknowledged(desk, operator, referee)
    _sizes(desk, referee)


def _exposures(world: World, truth: Truth, referee: Referee) -> None:
    for name, loop in truth.loops.items():
        if abs(loop.exposure) > referee.tolerance(name) and not referee.named(name):
            assert world.desk is not None
            known = world.desk.loops.all.get(name)
            state = "ended in an earlier run" if known is None else f"{known.state} ({known.halt_reason})"
            referee.broke(
                Invariant.EXPOSURE_AFTER_QUIET,
                f"{name} is {state} with {loop.exposure:+.8f} open, tolerance {referee.tolerance(name):.8f}, "
                f"and no alarm names it",
            )


def _fills(desk: Desk, truth: Truth, referee: Referee) -> None:
    booked: dict[str, Counter[str]] = {account: Counter() for account in desk.accounts}
    quantity: dict[tuple[str, str], Decimal] = {}
    for row in desk.journal.reader().fills():
        trade = row.trade_id.partition("#")[0]
        booked[row.account][row.trade_id] += 1
        quantity[(row.account, trade)] = quantity.get((row.account, trade), ZERO) + row.qty
    for account, fills in truth.fills.items():
        twice = [trade for trade, count in booked[account].items() if count > 1]
        if twice:
            referee.broke(Invariant.FILL_ONCE, f"{account}: {', '.join(twice)} stand more than once in the journal")
        for fill in fills:
            stands = quantity.pop((account, fill.trade_id), ZERO)
            if stands != fill.qty:
                referee.broke(
                    Invariant.FILL_ONCE,
                    f"{account}: {fill.trade_id} of {fill.client_order_id or 'nobody'} is {fill.qty} at the venue, "
                    f"{stands} in the journal",
                )
    if quantity:
        extra = ", ".join(f"{account} {trade}" for account, trade in quantity)
        referee.broke(Invariant.FILL_ONCE, f"the journal has fills that no venue did: {extra}")


def _books(world: World, desk: Desk, truth: Truth, referee: Referee) -> None:
    for account in desk.accounts:
        state = world.exchange.account_state(account)
        for (name, symbol), instrument in world.instruments.items():
            if name == account:
                held, ours = instrument.lots_to_qty(state.lots(symbol)), desk.ledger.position(account, symbol)
                if held != ours:
                    text = f"{account} {symbol}: the exchange holds {held}, the ledger {ours}"
                    referee.broke(Invariant.BOOKS_DIFFER, text)
        _money(world, desk, account, referee)
        fees = sum((fill.fee for fill in truth.fills[account]), ZERO)
        booked = sum((row.fee for row in desk.journal.reader().fills(account=account)), ZERO)
        if abs(fees - booked) > CENT:
            referee.broke(
                Invariant.BOOKS_DIFFER, f"{account}: fees are {fees} at the exchange, {booked} in the journal"
            )


def _money(world: World, desk: Desk, account: str, referee: Referee) -> None:
    """Cash to the asset where the account is flat. Else equity, for fills that came in another order have realised
    another part of the same profit."""
    state = world.exchange.account_state(account)
    if not state.positions:
        cash = desk.ledger.cash(account)
        for asset in sorted({*state.cash, *cash}):
            there, ours = state.cash.get(asset, ZERO), cash.get(asset, ZERO)
            if abs(there - ours) > CENT:
                text = f"{account}: {asset} is {there} at the exchange, {ours} in the ledger"
                referee.broke(Invariant.BOOKS_DIFFER, text)
        return
    equity = ZERO
    for asset, amount in state.cash.items():
        equity += amount * (desk.markets.usd_rate(account, asset) or ZERO)
    for position in state.positions:
        instrument = world.instruments[(account, position.symbol)]
        mark = desk.markets.value(account, position.symbol)
        rate = desk.markets.usd_rate(account, instrument.settle)
        if mark is None or rate is None:
            return
        held = Position(instrument, position.lots, position.cost)
        equity += held.unrealised(mark) * rate
    unexplained = desk.booking.unexplained(account, equity)
    if unexplained is not None and abs(unexplained) > EQUITY_CENT:
        text = f"{account}: equity of {equity:.6f} USD at the exchange, {unexplained:+.6f} of it no booking explains"
        referee.broke(Invariant.BOOKS_DIFFER, text)


def _intents(desk: Desk, truth: Truth, referee: Referee) -> None:
    reader = desk.journal.reader()
    for client_order_id, sent in truth.sent.items():
        if (sent.filled or not sent.ended) and reader.order(client_order_id) is None:
            text = f"{client_order_id} on {sent.account} traded, and the journal does not know it"
            referee.broke(Invariant.INTENT_MISSING, text)


def _acknowledged(desk: Desk, operator: Operator, referee: Referee) -> None:
    reader = desk.journal.reader()
    last: dict[str, m.SetParams] = {}
    for acked in operator.acked:
        verb = acked.command.verb
        if acked.urgent and isinstance(verb, EMERGENCIES):
            continue
        row = reader.command(acked.command.id)
        if row is None or row.ok != acked.ok:
            text = f"{acked.command.id} ({type(verb).__name__}) was acknowledged, and the journal does not know it"
            referee.broke(Invariant.ACKNOWLEDGED_LOST, text)
        if acked.ok and isinstance(verb, m.SetParams):
            last[verb.loop] = verb
    for loop_id, verb in last.items():
        loop = desk.loops.all.get(loop_id)
        if loop is None or loop.state.ended:
            continue
        newest = loop.staged if loop.staged is not None else loop.params
        for field, value in verb.changes.items():
            if Decimal(str(getattr(newest, field))) != Decimal(value):
                text = f"{loop_id}: {field} was acknowledged as {value} and is {getattr(newest, field)}"
                referee.broke(Invariant.ACKNOWLEDGED_LOST, text)


def _sizes(desk: Desk, referee: Referee) -> None:
    for path, size in containers(desk):
        if size > LARGEST:
            referee.broke(Invariant.UNBOUNDED, f"{path} holds {size} entries")


def containers(root: object, depth: int = 4) -> Iterator[tuple[str, int]]:
    """(path, length) of every container that can be reached from `root` through attributes of our own objects."""
    seen: set[int] = set()
    queue: deque[tuple[str, Any, int]] = deque([("desk", root, 0)])
    while queue:
        path, thing, level = queue.popleft()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, (dict, list, set, deque)):
            yield path, len(thing)
            if level < depth and isinstance(thing, dict) and len(thing) < 64:
                queue.extend((f"{path}[{key!r}]", value, level + 1) for key, value in thing.items())
        elif type(thing).__module__.startswith(("cockpit", "strategies")) and level < depth:
            names = [*getattr(thing, "__dict__", ()), *getattr(type(thing), "__slots__", ())]
            queue.extend((f"{path}.{name}", getattr(thing, name, None), level + 1) for name in names)
