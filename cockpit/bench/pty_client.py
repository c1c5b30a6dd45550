"""A program on a terminal of its own, as over SSH: its bytes counted, its keys timed, its first picture waited for."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import Callable, Mapping, Sequence

from cockpit.bench.child import BenchError

COLUMNS, LINES = 160, 50
PAINT_S = 15.0
KEY_S = 5.0
"""How long a key may take before it counts as lost."""


OVER_SSH: Mapping[str, str] = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LANG": "C.UTF-8",
    "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
}
"""What the programs here are told of their terminal: 4 paints a second, all colours."""
OWN = ("LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR", "TERM", "COLORTERM", "COLUMNS", "LINES")
"""What of this process's own terminal they are not to see."""


class PtyClient:
    """Use as a context inside a running loop; the process is killed at its end."""

    def __init__(
        self, module: str, args: Sequence[str], environ: Mapping[str, str], terminal: Mapping[str, str] = OVER_SSH
    ) -> None:
        self._command = [sys.executable, "-m", module, *args]
        self._environ = {name: value for name, value in environ.items() if name not in OWN} | dict(terminal)
        self.pid = 0
        self.bytes = 0
        self._fd = -1
        self.hear: list[Callable[[bytes], None]] = []
        """Told of everything that is read; nothing (b"") where the program has ended."""
        self._ended = asyncio.Event()

    async def __aenter__(self) -> PtyClient:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.execve(self._command[0], self._command, dict(self._environ))
        self.read_on()
        return self

    def read_on(self) -> None:
        """Take what the program writes; it does so from the start."""
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    def stop_reading(self) -> None:
        """As a terminal behind a line that has stalled: the program can write until the kernel takes no more."""
        asyncio.get_running_loop().remove_reader(self._fd)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    async def __aexit__(self, *_exception: object) -> None:
        self.stop_reading()
        self._end()

    def _end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, 65_536)
        except OSError:
            # Linux says EIO once the last process on the other side has gone
            data = b""
        if not data:
            self.stop_reading()
            self._ended.set()
        self.bytes += len(data)
        for hear in tuple(self.hear):
            hear(data)

    async def first_picture(self, expected: Sequence[str]) -> float:
        """Seconds from now until everything of `expected` stands on the screen. Raises `BenchError`.

        What stands there counts, not what was sent: a word may be painted in parts."""
        try:
            import pyte
        except ImportError:
            raise BenchError("bench tui reads the screen with pyte; install it: pip install pyte") from None
        loop = asyncio.get_running_loop()
        began = loop.time()
        shown = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(shown)
        missing = set(expected)
        whole = asyncio.Event()

        def hear(data: bytes) -> None:
            stream.feed(data)
            picture = "\n".join(shown.display)
            missing.difference_update([word for word in missing if word in picture])
            if not missing or not data:
                whole.set()

        self.hear.append(hear)
        try:
            async with asyncio.timeout(PAINT_S):
                await whole.wait()
        except TimeoutError:
            raise BenchError(f"after {PAINT_S:g} s it had not painted: {', '.join(sorted(missing))}") from None
        finally:
            self.hear.remove(hear)
        if missing:
            raise BenchError(f"it ended before it had painted: {', '.join(sorted(missing))}")
        return loop.time() - began

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    async def answer_ms(self, key: str, sign: bytes) -> float:
        """Milliseconds from a key until bytes with `sign` in them come. Raises `BenchError` where none come."""
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        rest = b""

        def hear(data: bytes) -> None:
            nonlocal rest
            rest = rest[-len(sign) :] + data
            if sign in rest or not data:
                came.set()

        self.hear.append(hear)
        began = loop.time()
        self.press(key)
        try:
            async with asyncio.timeout(KEY_S):
                await came.wait()
        except TimeoutError:
            raise BenchError(f"key {key!r} was not painted within {KEY_S:g} s") from None
        finally:
            self.hear.remove(hear)
        if self._ended.is_set():
            raise BenchError("it ended while keys were pressed")
        return (loop.time() - began) * 1000
