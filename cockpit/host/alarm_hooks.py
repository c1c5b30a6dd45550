"""Alarms handed to the operator's own commands: no shell, no secrets, no waiting, a bound on everything."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO

import msgspec

from cockpit.desk.alarms import Alarm, Alarms

AT_ONCE = 2
"""Hooks that run at the same time."""
QUEUED = 32
"""Alarms that wait for one; the oldest is given up for the newest."""
CLOSE_S = 2.0
"""How long those under way have when the desk stops."""
LAST_WORDS_S = 0.2
"""How long a hook's error output is waited for after its end: a child that it left behind may hold it open."""
TEXT_CHARS = 2_000
"""Of an alarm's text: with the rest it must fit into a pipe, 64 KiB."""
TOLD_BYTES = 500
"""Of a hook's error output, in the log."""
PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ")
"""All that a hook gets of the desk's environment."""
OWN = "alarm-hook"
"""Begins the ids of alarms about hooks, which are not handed to hooks."""


class HookCommands(msgspec.Struct, frozen=True):
    """Program and arguments by loudness; empty for none."""

    warning: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    escalated: tuple[str, ...] = ()
    timeout_s: float = 10.0

    def of(self, level: str) -> tuple[str, ...]:
        return {"critical": self.critical, "escalated": self.escalated}.get(level, self.warning)

    @property
    def programs(self) -> list[str]:
        return sorted({command[0] for command in (self.warning, self.critical, self.escalated) if command})

    def unusable(self) -> list[str]:
        """Programs that are no files that may be executed."""
        return [program for program in self.programs if shutil.which(program) is None]


class _Call(msgspec.Struct, frozen=True):
    command: tuple[str, ...]
    environ: dict[str, str]
    body: bytes


class AlarmHooks:
    """Put into `Alarms.on_ring`. A call returns at once and never raises; a hook that fails is alarmed."""

    def __init__(self, commands: HookCommands, alarms: Alarms, environ: Mapping[str, str]) -> None:
        """`environ`: the desk's own, of which hooks get a small part."""
        self._commands = commands
        self._alarms = alarms
        self._environ = {name: environ[name] for name in PASSED_ON if name in environ}
        self._queue: deque[_Call] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False
        self.dropped = 0
        """Alarms that no hook was told of because too many waited."""

    def check(self) -> None:
        """Alarm what cannot be run, at the start and not when it is needed."""
        for program in self._commands.unusable():
            self._fail(program, "is no file that may be executed; alarms do not leave this machine by it")

    def __call__(self, alarm: Alarm) -> None:
        level = "escalated" if alarm.escalated_ts else alarm.level
        command = self._commands.of(level)
        if not command or alarm.id.startswith(OWN) or self._closed:
            return
        if len(self._queue) >= QUEUED:
            self._queue.popleft()
            self.dropped += 1
            self._fail("queue", f"too many alarms at once: hooks were not told of {self.dropped}, see the log")
        self._queue.append(_Call(command, self._environ | _variables(alarm, level), _body(alarm, level)))
        self._go_on()

    async def close(self) -> None:
        """Let those under way end, for a moment; the rest is given up."""
        self._closed = True
        self._queue.clear()
        if self._running:
            _done, late = await asyncio.wait(self._running, timeout=CLOSE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _go_on(self, ended: asyncio.Task[None] | None = None) -> None:
        if ended is not None:
            self._running.discard(ended)
            if not ended.cancelled() and (error := ended.exception()) is not None:
                self._fail("task", f"{type(error).__name__}: {error}")
        while self._queue and len(self._running) < AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._run(self._queue.popleft()))
            self._running.add(task)
            task.add_done_callback(self._go_on)

    async def _run(self, call: _Call) -> None:
        program = call.command[0]
        try:
            process, errors = await _spawn(call)
        except OSError as error:
            self._fail(program, f"cannot be run: {error.strerror or error}")
            return
        said = asyncio.get_running_loop().create_task(_beginning(errors))
        try:
            async with asyncio.timeout(self._commands.timeout_s):
                await process.wait()
            await asyncio.wait({said}, timeout=LAST_WORDS_S)
        except TimeoutError:
            self._fail(program, f"took longer than {self._commands.timeout_s:g} s and was killed")
            return
        finally:
            said.cancel()
            await _end(process)
        if process.returncode:
            words = said.result().decode(errors="replace").strip() if said.done() else ""
            self._fail(program, f"ended with code {process.returncode}" + (f": {words}" if words else ""))
        else:
            self._alarms.clear(_id(program), f"alarm hook {program} works again")

    def _fail(self, what: str, why: str) -> None:
        self._alarms.sound(_id(what), "warning", f"alarm hook {what}: {why}")


async def _spawn(call: _Call) -> tuple[asyncio.subprocess.Process, FileIO]:
    """The process, and the end of a pipe on which its errors come. Raises `OSError`.

    Pipes of our own: asyncio's `wait` waits for its own ones to be closed too, which a child left behind may never do.
    """
    stdin, feed = os.pipe()
    errors, stderr = os.pipe()
    try:
        # It all goes into the pipe at once, so nobody has to wait for a hook that does not read it.
        os.set_blocking(feed, False)
        os.write(feed, call.body)
        process = await asyncio.create_subprocess_exec(
            *call.command,
            stdin=stdin,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=stderr,
            env=call.environ,
            start_new_session=True,
        )
    except BaseException:
        os.close(errors)
        raise
    finally:
        for end in (stdin, feed, stderr):
            os.close(end)
    return process, FileIO(errors, "rb")


async def _beginning(errors: FileIO) -> bytes:
    """Read to the end, so that nobody who writes has to wait, and keep little."""
    stream = asyncio.StreamReader()
    transport, _protocol = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), errors
    )
    kept = b""
    try:
        while chunk := await stream.read(4_096):
            kept += chunk[: TOLD_BYTES - len(kept)]
    finally:
        transport.close()
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill it with all that it started, where it still runs."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _id(what: str) -> str:
    return f"{OWN}/{what.lstrip('/')}"


def _variables(alarm: Alarm, level: str) -> dict[str, str]:
    text = alarm.text[:TEXT_CHARS].replace("\0", " ")
    return {
        "COCKPIT_ALARM_ID": alarm.id[:TEXT_CHARS].replace("\0", " "),
        "COCKPIT_ALARM_LEVEL": level,
        "COCKPIT_ALARM_TEXT": text,
        "COCKPIT_ALARM_COUNT": str(alarm.count),
    }


def _body(alarm: Alarm, level: str) -> bytes:
    """The alarm as a line of JSON; stamps in ns since the epoch."""
    fields = {
        "id": alarm.id[:TEXT_CHARS],
        "level": level,
        "text": alarm.text[:TEXT_CHARS],
        "count": alarm.count,
        "first_ts": alarm.first_ts,
        "ts": alarm.ts,
        "rings": alarm.rings,
    }
    return msgspec.json.encode(fields) + b"\n"
