"""A client of a desk in a process of its own: one that reads, or one that asks and attaches and never reads.

Run as `python -m cockpit.bench.looker SOCKET reads|stalls`; it says `ready` and ends when its stdin is closed.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from cockpit.link.client import SocketLink
from cockpit.link.codec import encode_to_desk
from cockpit.link.messages import Attach, Command, Query
from venues.model import SystemClock
from venues.wire import frame

READY = "ready"
READS, STALLS = "reads", "stalls"
RATE_HZ = 4.0
ROUNDS, QUESTIONS, PAUSE_S = 10, 30, 0.05
"""Asked and never read, in rounds that a desk takes: their answers fill the socket's buffer, and then the desk's."""


async def read(path: Path) -> None:
    """As the screen does, until stdin ends."""
    numbers = count(1)
    link = SocketLink(path, SystemClock(), ids=lambda: f"l{next(numbers)}", origin="bench:looker", rate_hz=RATE_HZ)
    await link.start()
    if await link.ready(10):
        _say_ready()
        await asyncio.to_thread(sys.stdin.read)
    await link.close()


def stall(path: Path) -> None:
    """Attach, ask, and let everything lie."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as to_desk:
        to_desk.connect(str(path))
        to_desk.sendall(frame(encode_to_desk(Attach(RATE_HZ, origin="bench:stalled"))))
        for number in range(ROUNDS * QUESTIONS):
            question = Command(f"s{number}", "bench:stalled", Query("strategies"))
            to_desk.sendall(frame(encode_to_desk(question)))
            if number % QUESTIONS == 0:
                time.sleep(PAUSE_S)
        _say_ready()
        sys.stdin.read()


def _say_ready() -> None:
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    path, how = sys.argv[1:3] if argv is None else argv
    if how == STALLS:
        stall(Path(path))
    else:
        asyncio.run(read(Path(path)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
