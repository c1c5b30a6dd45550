"""A session of a real desk on the paper exchange, in virtual time, and the journal it left."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from host_kit import Host
from paper_rig import PaperRig

from cockpit.link.messages import Flatten, SetParams
from cockpit.link.rows import Tables
from cockpit.replay.link import ReplayLink
from cockpit.replay.player import Player
from venues.model import NS_PER_S, ManualClock


class Moment(NamedTuple):
    """What a desk showed, and when."""

    ts: int
    tables: Tables


class Session(NamedTuple):
    path: Path
    began: int
    """When the loop was launched, ns."""
    busy: Moment
    """In mid-cycle: positions on both accounts."""
    changed: Moment
    """After a live change took effect."""
    flat: Moment
    """After a flatten."""
    restarted: Moment
    """The desk was killed and came back."""


def look(rig: PaperRig, host: Host) -> Moment:
    rig.desk.journal.flush()
    return Moment(rig.clock.now_ns(), host.tables())


def record(path: Path) -> Session:
    """Some cycles, a change of size, an alarm, a flatten, a kill and a restart."""
    with PaperRig(journal=path) as rig:
        host = Host(rig)
        began = rig.clock.now_ns()
        loop = rig.hedge(iterations=0)
        rig.swing_until(lambda: loop.iterations_done >= 2)
        rig.swing_until(lambda: rig.truth("mk"))
        rig.pass_time(2.0)
        busy = look(rig, host)
        rig.pass_time(0.5)
        host.ok(SetParams("L1", {"size": "0.06"}))
        rig.desk.alarms.sound("trial/1", "critical", "something to see")
        rig.swing_until(lambda: loop.iterations_done >= 5)
        rig.pass_time(2.0)
        changed = look(rig, host)
        host.ok(Flatten(), seconds=5.0)
        flat = look(rig, host)
        rig.pass_time(1.0)
        host.restarted()
        rig.pass_time(2.0)
        return Session(path, began, busy, changed, flat, look(rig, host))


class Watched:
    """A replay in the test's hand: its time is moved by `pass_time`, or by a jump."""

    def __init__(self, path: Path, *, speed: int = 1, start: int | None = None) -> None:
        self.clock = ManualClock(5 * NS_PER_S)
        begins = None if start is None else (lambda _last: start)
        self.player = Player(path, self.clock, speed=speed, start=begins)
        self.link = ReplayLink(self.player, self.clock, rate_hz=0)

    async def open(self) -> None:
        await self.link.start()
        await self.player.settled()
        self.link.tick()

    async def at(self, ts: int) -> Watched:
        self.player.seek(ts)
        await self.player.settled()
        self.player.pause(on=True)
        self.link.tick()
        return self

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.link.tick()
