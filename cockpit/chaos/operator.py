"""The operator: launches, changes his mind at the worst moments, and looks after a desk that came back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from cockpit.chaos.world import World
from cockpit.desk.launch import RESTARTED
from cockpit.desk.loops import LoopState
from cockpit.link import messages as m

PATIENCE_S = 240.0
LOOK_S = 1.0


class Acked(msgspec.Struct, frozen=True):
    """A command that the desk acknowledged."""

    command: m.Command
    ok: bool
    urgent: bool
    """Acknowledged although the disk was not taking anything."""


class Operator:
    """Sends commands as clients do: with an id, again under the same id until there is an answer."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._count = 0
        self.acked: list[Acked] = []
        self.launched: list[str] = []
        self.helped = False
        """Whether a loop got help beyond the resume after a restart of the desk."""

    async def send(self, verb: m.Verb) -> m.Ack | None:
        """The desk's answer, or None where no desk gave one for a long time."""
        world = self._world
        self._count += 1
        command = m.Command(f"op-{self._count}", "operator", verb)
        until = world.loop.time() + PATIENCE_S
        while world.loop.time() < until and not world.over:
            host = world.host
            if host is None or world.desk is None or not world.desk.running:
                await asyncio.sleep(0.25)
                continue
            world.note("operator", f"{command.id} {type(verb).__name__} {verb}")
            answering = world.loop.create_task(host.execute(command))
            dying = world.loop.create_task(world.death.wait())
            await asyncio.wait((answering, dying), timeout=60.0, return_when=asyncio.FIRST_COMPLETED)
            dying.cancel()
            if answering.done() and not answering.cancelled():
                ack = answering.result()
                world.note("operator", f"{command.id} answered {ack.ok} {ack.error}")
                self.acked.append(Acked(command, ack.ok, world.disk.full or world.disk.slow > 1))
                return ack
            answering.cancel()
            await asyncio.wait((answering,))
        return None

    async def launch(self, params: dict[str, str], at_s: float) -> None:
        """Try on, as venues that are not there yet refuse a launch."""
        await asyncio.sleep(at_s)
        for _ in range(90):
            ack = await self.send(m.Launch("hedge", params))
            if ack is not None and ack.ok:
                self.launched.append(str(msgspec.json.decode(ack.result)["loop"]))
                return
            if self._world.over:
                return
            await asyncio.sleep(LOOK_S)

    async def look_after(self) -> None:
        """Resume what a restart left paused, for as long as the run lasts."""
        world = self._world
        while True:
            await asyncio.sleep(LOOK_S * (4 if world.plan.sparse else 1))
            for loop_id in self._waiting_for_resume():
                await self.send(m.Resume(loop_id))

    def _waiting_for_resume(self) -> Iterable[str]:
        desk = self._world.desk
        if desk is None or not desk.running:
            return []
        return [
            loop.id
            for loop in desk.loops.all.values()
            if loop.paused.startswith(RESTARTED) and loop.state is LoopState.PAUSED and not loop.asked
        ]
