"""The cockpit in a pseudo terminal: keys go in, a screen as a person would see it comes out."""

from __future__ import annotations

import asyncio
import codecs
import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Callable

import pyte
from process_kit import WAIT_S, Home

PRIVATE = re.compile(r"\x1b\[[<>=?][0-9;]*\$?[a-zA-Z]")
"""Private modes and keyboard protocols: nothing to see, and more than the emulator knows."""
LEAST_READING_S = 0.4
"""A chord's second stroke counts once its dialog has been seen for 0.3 s."""
MOST_STROKES = 20
UNFINISHED = re.compile(r"\x1b(\[[<>=?0-9;]*\$?)?$")


class Emulator:
    """What a person would see of the bytes that a program writes, however they are cut into pieces."""

    def __init__(self, columns: int, lines: int) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> str:
        """Take bytes in. Returns the characters that reached the screen."""
        # a private sequence that is cut in two waits for its other half, or it could not be told apart
        text = self._rest + self._decoder.decode(data)
        cut = UNFINISHED.search(text)
        self._rest = cut.group() if cut else ""
        shown = PRIVATE.sub("", text[: len(text) - len(self._rest)])
        self._stream.feed(shown)
        return shown

    @property
    def text(self) -> str:
        """A wide character fills a cell and leaves the next one empty, also while only half of one is overwritten."""
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return "\n".join("".join(row[x].data for x in range(self.screen.columns)).rstrip() for row in rows)


class Terminal:
    """A process on a pty of its own, and its screen."""

    def __init__(self, columns: int, lines: int) -> None:
        self.emulator = Emulator(columns, lines)
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._moved = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, home: Home, *argv: str) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._master, self._read)
        self.process = await asyncio.create_subprocess_exec(
            *home.command(*argv),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=home.environ,
            start_new_session=True,
        )
        os.close(self._slave)

    def _read(self) -> None:
        try:
            chunk = os.read(self._master, 65_536)
        except OSError:
            # Linux says EIO once the last process on the other end has gone
            chunk = b""
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._master)
            self._moved.set()
            return
        self._show(chunk)
        self._moved.set()

    def _show(self, chunk: bytes) -> None:
        self.emulator.feed(chunk)

    @property
    def screen(self) -> pyte.Screen:
        return self.emulator.screen

    @property
    def text(self) -> str:
        return self.emulator.text

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    async def until(self, true: Callable[[str], object], timeout: float = WAIT_S) -> str:
        """The screen's text once `true` holds of it. Fails with the screen as it is."""
        try:
            async with asyncio.timeout(timeout):
                while not true(self.text):
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise AssertionError(f"did not come on the screen in {timeout:g} s:\n{self.text}") from None
        return self.text

    async def shows(self, *words: str) -> str:
        """The screen's text once all the words are on it."""
        return await self.until(lambda text: all(word in text for word in words))

    async def passes(self, seconds: float) -> None:
        """Let the operator look at the screen for so long: here time is what is tested."""
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        loop.call_later(seconds, over.set_result, None)
        await over

    async def confirm(self, key: str, dialog: str) -> None:
        """Press a chord's second stroke, and on a busy machine once more for as long as the dialog asks for it: what it
        would close changed, the stroke came before the dialog was seen, or its time was over."""
        for _again in range(MOST_STROKES):
            await self.passes(LEAST_READING_S)
            if dialog not in self.text:
                return
            if "Too late" in self.text:
                self.press("\x1b")
                await self.until(lambda text: dialog not in text)
                self.press(key)
                await self.shows(dialog)
            else:
                self.press(key)
        raise AssertionError(f"{MOST_STROKES} strokes did not confirm:\n{self.text}")

    async def ended(self) -> int:
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), WAIT_S)

    def hang_up(self) -> None:
        """The connection is gone: the window was closed, and nobody sends a signal."""
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        self._master = -1

    async def close(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if self._master >= 0:
            self.hang_up()
