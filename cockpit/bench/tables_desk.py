"""A desk in a process of its own that only has tables: what screens are measured against.

`python -m cockpit.bench.tables_desk SOCKET PLAN` serves until its stdin is closed, and then prints what it did. It
serves by the desk's own server, so that a client is told as a real desk tells it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cockpit.bench.busy_desk import BusyDesk, Plan
from cockpit.link.messages import Ack, Command
from cockpit.link.rows import Tables
from cockpit.link.server import LinkServer
from venues.model import SystemClock

READY = "ready"
"""Its first line on stdout, once it listens."""
BURST = 256
"""Most updates in one turn: what was held up longer is left out and not done in a heap."""
TICK_S = 0.01


class Report(msgspec.Struct, frozen=True):
    updates: int
    seconds: float
    skipped: int
    """How often a client was passed over because it did not read."""
    late_ms_p99: float
    """How late a tick of 10 ms came, milliseconds."""


class TablesDesk:
    """The port by which the server sees it."""

    version = "bench"

    def __init__(self, plan: Plan) -> None:
        self.pid = os.getpid()
        self.updates = 0
        self.late_ms: list[float] = []
        self._desk = BusyDesk(plan, SystemClock(), self.pid)
        self._rate = plan.updates_per_s
        self._rng = random.Random(plan.seed)
        self._next = self._due = 0.0

    async def execute(self, command: Command) -> Ack:
        return Ack(command.id, ok=False, error="this desk belongs to a bench and has tables only")

    def tables(self) -> Tables:
        return self._desk.tables()

    def start(self) -> None:
        self._next = self._due = asyncio.get_running_loop().time()
        self._turn()

    def _turn(self) -> None:
        """Do the updates that are due, and come back for more."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self.late_ms.append((now - self._due) * 1000)
        for _ in range(BURST):
            if self._next > now:
                break
            self._next += self._rng.expovariate(self._rate)
            self._desk.update()
            self.updates += 1
        else:
            self._next = now
        self._due = loop.time() + TICK_S
        loop.call_at(self._due, self._turn)


async def _serve(socket: Path, plan: Plan) -> Report:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    desk = TablesDesk(plan)
    server = LinkServer(desk, socket, SystemClock())
    await server.start()
    desk.start()
    began = loop.time()
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    await stop.wait()
    late = sorted(desk.late_ms)
    report = Report(desk.updates, loop.time() - began, server.skipped, late[int(0.99 * (len(late) - 1))])
    await server.close()
    return report


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cockpit.bench.tables_desk", description=__doc__)
    parser.add_argument("socket", type=Path)
    parser.add_argument("plan", help="as JSON")
    options = parser.parse_args(argv)
    report = asyncio.run(_serve(options.socket, msgspec.json.decode(options.plan, type=Plan)))
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
