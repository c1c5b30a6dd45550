"""What the steps of a story act on and look at: one scripted run, by the names that its file uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.chaos.operator import Operator
from cockpit.chaos.referee import Referee
from cockpit.chaos.scenario_values import AccountName, LoopName
from cockpit.chaos.session import Tripwire
from cockpit.chaos.trouble import Trouble
from cockpit.chaos.truth import Sent, Truth
from cockpit.desk.desk import Desk
from cockpit.link import messages as m
from venues.model import Instrument

if TYPE_CHECKING:
    from cockpit.chaos.scripted_world import ScriptedWorld


class Unmet(Exception):
    """Something the story tells of did not happen."""


class Scene:
    """One run on stage."""

    def __init__(
        self,
        world: ScriptedWorld,
        truth: Truth,
        operator: Operator,
        referee: Referee,
        trouble: Trouble,
        wire: Tripwire,
    ) -> None:
        self.world = world
        self.truth = truth
        self.operator = operator
        self.referee = referee
        self.trouble = trouble
        self.wire = wire
        self.marks: dict[str, int] = {"begin": world.plan.start_ns}
        """Name to true time, ns."""
        self.loop_ids: dict[str, str] = {}
        """Name in the file to the desk's id, once launched."""
        self.aside: list[asyncio.Task[None]] = []
        """What goes on beside the story."""

    # -- who is who

    @property
    def desk(self) -> Desk | None:
        """The desk that is alive and has started."""
        desk = self.world.desk
        return desk if desk is not None and desk.running else None

    def instrument(self, account: AccountName) -> Instrument:
        return next(i for (name, _), i in self.world.instruments.items() if name == account)

    def held(self, account: AccountName) -> Decimal:
        """Signed position by the exchange's own books, venue units."""
        instrument = self.instrument(account)
        return instrument.lots_to_qty(self.world.exchange.account_state(account).lots(instrument.symbol))

    def loop_id(self, loop: LoopName) -> str:
        known = self.loop_ids.get(loop)
        if known is None:
            raise Unmet(f"loop {loop} has not been launched by then")
        return known

    def sent(self, account: str, role: str, since: int) -> list[Sent]:
        """Orders that left for the account, in the order in which they did."""
        return [
            sent
            for sent in self.truth.sent.values()
            if sent.account == account and sent.at >= since and role in ("", sent.role.value)
        ]

    # -- waiting

    async def wait(self, missing: Callable[[], str], seconds: float) -> str:
        """Let time go by until nothing is missing. What still is after `seconds`; empty where nothing is."""
        loop = self.world.loop
        until = loop.time() + seconds
        while True:
            what = missing()
            if not what or loop.time() >= until or self.referee.broken.is_set():
                return what
            await asyncio.sleep(min(0.05 if not self.world.plan.sparse else 1.0, max(until - loop.time(), 0.001)))

    # -- the operator

    async def command(self, verb: m.Verb, *, refused: bool = False) -> m.Ack:
        """As the operator types it. Raises `Unmet` where the desk answers otherwise than the story says."""
        ack = await self.operator.send(verb)
        if ack is None:
            raise Unmet(f"no desk answered {type(verb).__name__}")
        if ack.ok is refused:
            raise Unmet(f"{type(verb).__name__} was {'accepted' if ack.ok else f'refused: {ack.error}'}")
        return ack

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something that the story does not wait for."""
        self.aside.append(self.world.loop.create_task(work))

    async def launch(self, loop: LoopName, params: dict[str, str]) -> None:
        ack = await self.command(m.Launch("hedge", params))
        self.loop_ids[loop] = str(msgspec.json.decode(ack.result)["loop"])
        self.operator.launched.append(self.loop_ids[loop])
