"""Faults that begin at a moment, where the adapter is real: they strike sockets, sessions and the venue's front."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cockpit.chaos.adapter_plan import dialect_of
from cockpit.chaos.adapter_world import AdapterWorld
from cockpit.chaos.kinds import Fault
from cockpit.chaos.operator import Operator
from cockpit.chaos.plan import Moment
from cockpit.chaos.session import Tripwire
from cockpit.chaos.trouble import LASTING, Trouble
from cockpit.chaos.truth import Truth
from venues.served.faults import Fault as ServedFault
from venues.served.faults import FaultKind

FRONT = {
    Fault.WS_SILENT: FaultKind.SILENT,
    Fault.DOWN: FaultKind.REFUSE,
    Fault.BACK_CHANGED: FaultKind.REFUSE,
}
"""States of the front that last as long as the moment."""
assert FRONT.keys() <= LASTING


class AdapterTrouble(Trouble):
    """Carries out the moments of a plan."""

    def __init__(self, world: AdapterWorld, truth: Truth, operator: Operator, wire: Tripwire) -> None:
        super().__init__(world, truth, operator, wire)
        self._venues = world

    def _deeds(self) -> dict[Fault, Callable[[Moment], Awaitable[None]]]:
        return {**super()._deeds(), Fault.WS_CLOSED: self._close_sockets, Fault.TOKEN_EXPIRED: self._expire}

    async def _state(self, moment: Moment, counts: bool) -> None:
        world, kind, name = self._venues, moment.kind, moment.account
        gate, front = world.gates[name], world.fronts[name]
        if kind in gate.on:
            return
        gate.on[kind] = moment.size
        world.note("trouble", f"{kind} {name} begins")
        if counts:
            world.struck(name, kind, "begins")
        if kind in FRONT:
            front.switch_on(ServedFault(FRONT[kind], seconds=moment.lasts_s))
        elif kind is Fault.BOOK_GAP:
            front.switch_on(ServedFault(FaultKind.GAP))
        if kind is Fault.BACK_CHANGED:
            await asyncio.sleep(moment.lasts_s / 2)
            world.exchange.cancel_by_venue(name)
            world.reference.jump(1 + (moment.size - 0.5) * 0.03)
            await asyncio.sleep(moment.lasts_s / 2)
        else:
            await asyncio.sleep(moment.lasts_s)
        self.end_state(kind, name)

    def end_state(self, kind: Fault, name: str) -> None:
        world = self._venues
        gate = world.gates[name]
        if gate.on.pop(kind, None) is None:
            return
        gate.disturbed_ts = world.now()
        world.note("trouble", f"{kind} {name} ends")
        if kind in FRONT:
            world.fronts[name].board.end(FRONT[kind])

    async def _close_sockets(self, moment: Moment) -> None:
        self._at_once(moment, FaultKind.CLOSE, 0.0)

    async def _expire(self, moment: Moment) -> None:
        cast = next(cast for cast in self._venues.plan.accounts if cast.name == moment.account)
        if dialect_of(cast) != "hyperliquid":  # nothing expires there but a key for good
            self._at_once(moment, FaultKind.EXPIRED_TOKEN, 0.0)

    def _at_once(self, moment: Moment, kind: FaultKind, seconds: float) -> None:
        name = moment.account
        self._venues.struck(name, moment.kind, "now")
        self._venues.gates[name].disturb()
        self._venues.fronts[name].switch_on(ServedFault(kind, seconds=seconds))
