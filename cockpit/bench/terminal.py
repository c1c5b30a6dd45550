"""What the cockpit costs on a terminal: memory, bytes, processor time, and how soon the first picture is whole."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios

import msgspec

from cockpit.bench.child import BenchError
from cockpit.bench.figures import Figure, Target, platform
from cockpit.bench.process import cpu_s, rss_mb
from cockpit.bench.scene import ACCOUNTS, LOOPS, scene

COLUMNS, LINES = 120, 40
PAINT_S = 15.0
LOOP_IDS = tuple(f"L{number}" for number, _ in enumerate(LOOPS, start=1))
PANELS = ("1 Loops", "6 Log", "? help")
"""The first panel, the last, and the end of the key bar below."""

TARGETS = (
    Target("rss_mb", 60, "MB"),
    Target("kb_per_s", 20, "kB/s"),
    Target("first_paint_s", 1.0, "s"),
)


class Plan(msgspec.Struct, frozen=True):
    rate: float = 1_000.0
    fills_per_s: float = 2.0
    seconds: float = 15.0
    warm_up_s: float = 5.0


class Screen:
    """The terminal's side of a pty: counts what comes, and knows when everything of a first picture was there."""

    def __init__(self, fd: int, expected: tuple[str, ...]) -> None:
        self.bytes = 0
        self.whole: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._fd = fd
        self._missing = set(expected)
        try:
            import pyte
        except ImportError:
            raise BenchError("bench tui reads the screen with pyte; install it: pip install pyte") from None
        self._shown = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._shown)

    @property
    def missing(self) -> str:
        """What has not been on the screen yet."""
        return ", ".join(sorted(self._missing))

    def readable(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            data = b""
        if not data:
            loop.remove_reader(self._fd)
            if not self.whole.done():
                self.whole.set_exception(BenchError(f"the cockpit ended before it showed {self.missing}"))
            return
        self.bytes += len(data)
        if not self.whole.done():
            # What stands on the screen, not what was sent: a word may be painted in parts.
            self._stream.feed(data)
            picture = "\n".join(self._shown.display)
            self._missing = {word for word in self._missing if word not in picture}
            if not self._missing:
                self.whole.set_result(loop.time())


def run(plan: Plan) -> dict[str, Figure]:
    """Raises `BenchError`."""
    return asyncio.run(_run(plan))


async def _run(plan: Plan) -> dict[str, Figure]:
    loop = asyncio.get_running_loop()
    async with scene(plan.rate, plan.fills_per_s) as on:
        await asyncio.sleep(1.0)
        began = loop.time()
        pid, fd = _start(on.environ)
        screen = Screen(fd, (*ACCOUNTS, *LOOP_IDS, *PANELS))
        loop.add_reader(fd, screen.readable)
        try:
            try:
                async with asyncio.timeout(PAINT_S):
                    first_paint = await screen.whole - began
            except TimeoutError:
                raise BenchError(f"after {PAINT_S:g} s the cockpit had not painted: {screen.missing}") from None
            await asyncio.sleep(plan.warm_up_s)
            start, sent, spent = loop.time(), screen.bytes, cpu_s(pid)
            await asyncio.sleep(plan.seconds)
            wall, used, written = loop.time() - start, cpu_s(pid) - spent, screen.bytes - sent
            memory = rss_mb(pid)
        finally:
            loop.remove_reader(fd)
            _end(pid, fd)
        report = on.exchange.end()
    return {
        "rss_mb": round(memory, 1),
        "kb_per_s": round(written / wall / 1000, 1),
        "first_paint_s": round(first_paint, 2),
        "cpu_percent": round(used / wall * 100, 1),
        "updates_per_s": round(report.updates / report.seconds, 1),
        "terminal": f"{COLUMNS}x{LINES}",
        "seconds": round(wall, 1),
        **platform(),
    }


def _start(environ: dict[str, str]) -> tuple[int, int]:
    """The cockpit on a terminal of its own, as over SSH; its pid and the terminal's side of it."""
    command = [sys.executable, "-m", "cockpit"]
    env = {
        **environ,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
    }
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.execve(command[0], command, env)
    return pid, fd


def _end(pid: int, fd: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(fd)
