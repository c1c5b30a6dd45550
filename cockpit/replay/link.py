"""A replay in the place of a desk: the screens attach to it and see no difference, but that it takes no commands."""

from __future__ import annotations

import asyncio
from itertools import count

import msgspec

from cockpit.link.messages import Ack, Delta, Query, Snapshot, Verb
from cockpit.link.rows import Tables
from cockpit.link.store import Store
from cockpit.replay.answers import Answers, NoAnswer
from cockpit.replay.player import Player
from cockpit.replay.rows import tables_at
from venues.model import NS_PER_S, Clock

REFUSED = "this is a replay: what is shown has happened, and nothing can be done to it"


class ReplayClock:
    """The wall clock says the time that is shown, so that every age on the screen is as it was then; spans are real."""

    def __init__(self, player: Player, clock: Clock) -> None:
        self._player = player
        self._clock = clock

    def now_ns(self) -> int:
        return self._player.ts

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns()


class ReplayLink:
    """See `cockpit.link.client.Link`."""

    def __init__(self, player: Player, clock: Clock, *, rate_hz: float) -> None:
        """`rate_hz` 0: nothing moves but by `tick`."""
        self.player = player
        self._rate_hz = rate_hz
        self._store = Store(clock)
        self._answers = Answers(player.path, player)
        self._shown: tuple[int, ...] = ()
        self._seq = 0
        self._ids = count(1)
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def store(self) -> Store:
        return self._store

    async def start(self) -> None:
        if self._timer is None:
            self.player.seek(self.player.first)
            self.tick()
            if self._rate_hz > 0:
                self._again()

    def _again(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(1 / self._rate_hz, self._beat)

    def _beat(self) -> None:
        self._again()
        self.tick()

    def tick(self) -> None:
        """Bring the store to the time that it is by now."""
        player = self.player
        player.advance()
        self._store.replay = player.state
        self._seq += 1
        shown = (player.generation, player.past.seq, player.ts // NS_PER_S, player.past.at_end)
        if shown == self._shown:
            self._store.apply(Delta(self._seq, player.ts, Tables()))
            return
        self._shown = shown
        self._store.apply(Snapshot(self._seq, player.ts, tables_at(player.past, player.ts, player.generation)))

    async def close(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if not self._closed:
            self._closed = True
            await self.player.close()
            self._answers.close()

    async def send(
        self, verb: Verb, *, command_id: str | None = None, timeout: float = 10.0, resend: bool = False
    ) -> Ack:
        """Questions are answered as of the time that is shown; every command is refused."""
        id_ = command_id or f"replay-{next(self._ids)}"
        if not isinstance(verb, Query):
            return Ack(id_, ok=False, error=REFUSED)
        try:
            answer = await self._answers.ask(verb)
        except NoAnswer as error:
            return Ack(id_, ok=False, error=str(error))
        return Ack(id_, ok=True, result=msgspec.Raw(msgspec.json.encode(answer)))
