"""Faults that begin at a moment: each waits until it would hurt, then strikes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

from cockpit.chaos.gate import earlier_position
from cockpit.chaos.kinds import LONG, Fault
from cockpit.chaos.operator import Operator
from cockpit.chaos.plan import Moment
from cockpit.chaos.session import Tripwire
from cockpit.chaos.truth import Truth
from cockpit.chaos.world import World
from cockpit.desk.loops import Loop, LoopState
from cockpit.link import messages as m
from venues.model import NS_PER_S, Side

MOST_LOOKS = 150
WAIT_S, SPARSE_WAIT_S = 15.0, 1200.0
"""How long a fault waits for something that it would hurt."""
ZERO = Decimal(0)

LASTING = frozenset(
    {
        Fault.WS_SILENT,
        Fault.REST_SILENT,
        Fault.DOWN,
        Fault.DOWN_HOURS,
        Fault.BACK_CHANGED,
        Fault.BOOK_GAP,
        Fault.BOOK_CROSSED,
        Fault.BOOK_EMPTY,
        Fault.BOOK_FROZEN,
    }
)
"""States of a connection: on, and off again."""
HOLDING = frozenset(
    {Fault.OPERATOR_FLATTEN, Fault.LIQUIDATION, Fault.ADL, Fault.FUNDING_LATE, Fault.POSITION_WRONG, Fault.ROLLBACK}
)
"""Kinds that wait for a position."""
UNREACHABLE = frozenset({Fault.DOWN, Fault.DOWN_HOURS, Fault.BACK_CHANGED})
MARKET = frozenset({Fault.BOOK_GAP, Fault.BOOK_CROSSED, Fault.BOOK_EMPTY, Fault.BOOK_FROZEN})


class Trouble:
    """Carries out the moments of a plan."""

    def __init__(self, world: World, truth: Truth, operator: Operator, wire: Tripwire) -> None:
        self._world = world
        self._truth = truth
        self._operator = operator
        self._wire = wire
        self.lying: dict[str, int] = {}
        """Accounts whose venue misreports positions now, and since when, ns."""
        self.meddled: dict[str, int] = {}
        """When somebody from outside last moved an account's position, ns."""
        self.calm = False
        """Dust settles: nothing begins any more."""

    async def run(self, moment: Moment) -> None:
        """One moment, from its time on until it is over."""
        world = self._world
        await asyncio.sleep(moment.at_s)
        worth = self._worth(moment.kind)
        until = world.loop.time() + (WAIT_S if not world.plan.sparse else SPARSE_WAIT_S)
        for _ in range(MOST_LOOKS):
            if self.calm or worth(moment.account) or world.loop.time() >= until:
                break
            await asyncio.sleep(0.1 if not world.plan.sparse else 8.0)
        if self.calm or world.elapsed_s < 1.0:
            return
        counts = worth(moment.account)
        if moment.kind in LASTING:
            await self._state(moment, counts)
        elif counts:
            await self._deeds()[moment.kind](moment)

    def _deeds(self) -> dict[Fault, Callable[[Moment], Awaitable[None]]]:
        return {
            Fault.DUST_FILLS: self._dust,
            Fault.POSITION_LAGS: self._lie,
            Fault.POSITION_WRONG: self._lie,
            Fault.ROLLBACK: self._lie,
            Fault.FUNDING_LATE: self._late_funding,
            Fault.LIQUIDATION: self._force,
            Fault.ADL: self._force,
            Fault.MANUAL_TRADE: self._manual,
            Fault.CLOCK_SKEW: self._skew,
            Fault.CLOCK_BACK: self._step_back,
            Fault.DISK_FULL: self._disk,
            Fault.DISK_SLOW: self._disk,
            Fault.KILL: self._kill,
            Fault.OPERATOR_SIZE: self._resize,
            Fault.OPERATOR_PAUSE: self._pause,
            Fault.OPERATOR_STOP: self._stop,
            Fault.OPERATOR_FLATTEN: self._flatten,
        }

    @staticmethod
    def _ours() -> frozenset[Fault]:
        return frozenset({Fault.CLOCK_SKEW, Fault.CLOCK_BACK, Fault.DISK_SLOW, Fault.DISK_FULL, Fault.OPERATOR_SIZE})

    # -- what there is to hurt

    def _worth(self, kind: Fault) -> Callable[[str], bool]:
        """What a kind waits for."""
        if kind in MARKET or kind in LONG or kind in self._ours():
            return self._in_use
        return self._holding if kind in HOLDING else self._at_stake

    def _holding(self, account: str) -> bool:
        """A position there is to be lost, lied about or closed."""
        names = [account] if account else list(self._world.gates)
        return any(self._world.exchange.account_state(name).positions for name in names)

    def _loops(self, account: str) -> list[Loop]:
        desk = self._world.desk
        if desk is None:
            return []
        return [
            loop
            for loop in desk.loops.all.values()
            if not loop.state.ended and (not account or any(leg.account == account for leg in loop.legs.values()))
        ]

    def _in_use(self, account: str) -> bool:
        return any(loop.state is LoopState.RUNNING for loop in self._loops(account))

    def _at_stake(self, account: str) -> bool:
        """A live order, or an open obligation, of a loop that trades there."""
        for sent in self._truth.sent.values():
            if not sent.ended and (sent.account == account or not account):
                return True
        names = {loop.id for loop in self._loops(account)}
        return any(truth.beyond_since for name, truth in self._truth.loops.items() if name in names)

    # -- connections

    async def _state(self, moment: Moment, counts: bool) -> None:
        world, kind, name = self._world, moment.kind, moment.account
        gate = world.gates[name]
        if kind in gate.on:
            return
        gate.on[kind] = moment.size
        world.note("trouble", f"{kind} {name} begins")
        if counts:
            world.struck(name, kind, "begins")
        if kind in UNREACHABLE:
            world.exchange.connection(name, False, "unreachable")
        else:
            world.exchange.set_gate(name, gate)
        if kind is Fault.BOOK_GAP:
            world.exchange.drop_books(name)
        if kind is Fault.BACK_CHANGED:
            await asyncio.sleep(moment.lasts_s / 2)
            world.exchange.cancel_by_venue(name)
            world.reference.jump(1 + (moment.size - 0.5) * 0.03)
            await asyncio.sleep(moment.lasts_s / 2)
        else:
            await asyncio.sleep(moment.lasts_s)
        self.end_state(kind, name)

    def end_state(self, kind: Fault, name: str) -> None:
        gate = self._world.gates[name]
        if gate.on.pop(kind, None) is None:
            return
        gate.disturbed_ts = self._world.now()
        self._world.note("trouble", f"{kind} {name} ends")
        if kind in UNREACHABLE and gate.up:
            self._world.exchange.connection(name, True, "reachable again")

    # -- orders, positions, money

    async def _dust(self, moment: Moment) -> None:
        """Whatever rests is filled by small pieces, and what remains last is less than anybody can trade."""
        world = self._world
        for _ in range(4):
            for order in world.exchange.account_state(moment.account).open_orders:
                left = order.lots - order.filled
                lots = max(1, int(left * (0.2 + 0.8 * moment.size))) if left > 3 else 1
                if world.exchange.trade_against(moment.account, order.client_order_id, min(lots, max(1, left - 1))):
                    world.struck(moment.account, moment.kind, order.client_order_id)
            await asyncio.sleep(0.05 + moment.size)

    async def _lie(self, moment: Moment) -> None:
        """Positions as they stood a while ago, or as they never were; the last word is the truth again."""
        world, name = self._world, moment.account
        gate = world.gates[name]
        if gate.reported is not None:
            return
        instrument = next(i for (account, _), i in world.instruments.items() if account == name)
        state = world.exchange.account_state(name)
        held = instrument.lots_to_qty(state.lots(instrument.symbol))
        price = {instrument.symbol: instrument.ticks_to_price(world.markets[name].book.bids[0][0])}
        unit = max(abs(held), instrument.min_qty * 7)
        false = {
            Fault.POSITION_LAGS: [held],
            Fault.POSITION_WRONG: [held + unit if moment.size < 0.5 else -held - unit],
            Fault.ROLLBACK: [ZERO if held else unit, held - 2 * unit, held + 5 * unit],
        }[moment.kind]
        world.struck(name, moment.kind, "begins")
        self.lying[name] = world.now()
        for value in false:
            gate.reported = earlier_position(price, {instrument.symbol: instrument.round_qty(value)})
            await asyncio.sleep(moment.lasts_s / len(false))
        gate.reported = None
        gate.disturbed_ts = world.now()
        self.lying.pop(name, None)

    async def _late_funding(self, moment: Moment) -> None:
        world, name = self._world, moment.account
        market, gate = world.markets[name], world.gates[name]
        sink = market.sink
        assert sink is not None
        now = world.now()
        held = any(position.lots for position in world.exchange.account_state(name).positions)
        if held:
            world.struck(name, moment.kind, "a settlement is not told")
        gate.hidden_funding = now
        sink.on_funding_rate(market, now, Decimal("0.0007"), 28_800, now + 2 * NS_PER_S)
        await asyncio.sleep(2.0 + moment.lasts_s)
        gate.hidden_funding = 0

    async def _force(self, moment: Moment) -> None:
        """The venue takes a part of a position, or all of it."""
        world, name = self._world, moment.account
        for position in world.exchange.account_state(name).positions:
            instrument = world.instruments[(name, position.symbol)]
            lots = abs(position.lots)
            part = lots if moment.kind is Fault.LIQUIDATION else max(1, int(lots * moment.size))
            self.meddled[name] = world.now()
            if world.exchange.force_close(name, position.symbol, instrument.lots_to_qty(part)):
                world.struck(name, moment.kind, position.symbol)

    async def _manual(self, moment: Moment) -> None:
        world, name = self._world, moment.account
        instrument = next(i for (account, _), i in world.instruments.items() if account == name)
        qty = instrument.round_qty(instrument.min_qty * Decimal(round(1 + moment.size * 20)))
        self.meddled[name] = world.now()
        if qty and world.exchange.foreign_trade(
            name, instrument.symbol, Side.BUY if moment.size < 0.5 else Side.SELL, qty
        ):
            world.struck(name, moment.kind, instrument.symbol)

    # -- ourselves

    async def _skew(self, moment: Moment) -> None:
        world = self._world
        by = int((moment.size - 0.5) * 40 * NS_PER_S)
        world.struck("", moment.kind, f"{by / NS_PER_S:+.3f} s")
        world.wall.offset_ns += by
        await asyncio.sleep(moment.lasts_s)
        world.wall.offset_ns -= by

    async def _step_back(self, moment: Moment) -> None:
        world = self._world
        by = int((0.01 + moment.size * 60) * NS_PER_S)
        world.struck("", moment.kind, f"-{by / NS_PER_S:.3f} s")
        world.wall.offset_ns -= by

    async def _disk(self, moment: Moment) -> None:
        disk, world = self._world.disk, self._world
        world.struck("", moment.kind, "begins")
        if moment.kind is Fault.DISK_FULL:
            disk.full = True
        else:
            disk.slow = 20 + 400 * moment.size
        await asyncio.sleep(moment.lasts_s)
        if moment.kind is Fault.DISK_FULL:
            disk.full = False
        else:
            disk.slow = 1.0

    async def _kill(self, moment: Moment) -> None:
        """At the next event of a sort that the size picks, or after ten seconds wherever the desk is then."""
        world = self._world
        if world.desk is None:
            return
        world.restart_s = moment.lasts_s
        life = world.life
        self._wire.arm(Tripwire.POINTS[int(moment.size * len(Tripwire.POINTS))])
        await asyncio.sleep(10.0)
        if self._wire.armed and world.life == life and not self.calm:
            self._wire.arm("now")
            self._wire.touch("now")

    # -- the operator's hand

    async def _resize(self, moment: Moment) -> None:
        for loop in self._loops(moment.account)[:1]:
            factor = Decimal(round(50 + moment.size * 150)) / 100
            size = Decimal(loop.strategy.size_base(loop.params)) * factor
            step = min(i.lot * i.contract_size for i in self._world.instruments.values() if not i.inverse)
            self._world.struck("", moment.kind, loop.id)
            changes = {"size": f"{size.quantize(step):f}", "iterations": str(2 + int(moment.size * 4))}
            if moment.size < 0.2:
                changes = {"sleep": "0", "slippage_max": "80"}
            await self._operator.send(m.SetParams(loop.id, changes))

    async def _pause(self, moment: Moment) -> None:
        for loop in self._loops(moment.account)[:1]:
            self._world.struck("", moment.kind, loop.id)
            await self._operator.send(m.Pause(loop.id))
            await asyncio.sleep(moment.lasts_s)
            await self._operator.send(m.Resume(loop.id))

    async def _stop(self, moment: Moment) -> None:
        for loop in self._loops(moment.account)[:1]:
            self._world.struck("", moment.kind, loop.id)
            await self._operator.send(m.Stop(loop.id, ("cycle", "now", "flatten")[int(moment.size * 3)]))

    async def _flatten(self, moment: Moment) -> None:
        self._world.struck("", moment.kind, moment.account)
        accounts = (moment.account,) if moment.size < 0.2 else ()
        await self._operator.send(m.Flatten(accounts, "pairs" if moment.size < 0.8 else "all"))
